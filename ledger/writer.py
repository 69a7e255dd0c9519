"""The only writer of the ledger: idempotent, acks=all, a receipt once the broker has acknowledged."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, NamedTuple, Self

from kafka import KafkaProducer
from kafka.errors import KafkaError

from ledger.broker import await_broker, client_options, kafka_away
from ledger.errors import OutcomeUnknown
from ledger.partition import partition_of
from ledger.record import RawRecord
from ledger.submission import Stored
from ledger.topics import LEDGER, PARTITIONS


class Receipt(NamedTuple):
    """Where an acknowledged event stands in the ledger."""

    id: str
    source: str
    partition: int
    offset: int


class Pending(NamedTuple):
    """An event on its way; `receipt` waits for the acknowledgement."""

    stored: Stored
    future: Any
    sending: Sending

    def receipt(self, timeout_seconds: float = 30) -> Receipt:
        """The receipt. Raises `OutcomeUnknown` where the broker does not acknowledge in time."""
        try:
            settled = self._settled(self.future.get(timeout=timeout_seconds))
        except KafkaError as error:
            self.sending.give_up()
            raise self._unknown(type(error).__name__) from error
        if isinstance(settled, OutcomeUnknown):
            raise settled
        return settled

    def then(self, done: Callable[[Receipt | OutcomeUnknown], None]) -> None:
        """Calls `done` once with what became of it, in the producer's thread: it has to be quick and not raise."""

        def failed(error: BaseException) -> None:
            done(self._unknown(type(error).__name__))
            self.sending.give_up_aside()

        self.future.add_callback(lambda metadata: done(self._settled(metadata)))
        self.future.add_errback(failed)

    def _settled(self, metadata: Any) -> Receipt | OutcomeUnknown:
        if metadata.offset < 0:  # the broker has it since an earlier try, and does not say where
            return self._unknown("no position")
        return Receipt(self.stored.id, self.stored.source, metadata.partition, metadata.offset)

    def _unknown(self, why: str) -> OutcomeUnknown:
        return OutcomeUnknown(
            f"The event {self.stored.id} was not acknowledged ({why})",
            "It may be in the ledger or not: send it again, the same id and source count once.",
        )


class Writer:
    """Writes stored events to the ledger. Thread-safe; close it, or use it as a context manager.

    A producer that failed to deliver is given up, with all it holds, and the next event makes a new one:
    kafka-python 3.0.12 never asks for another producer id once an outage outlasted a delivery, and sends
    nothing from then on. `stamp_ms` gives the stamps where the time is injected; else the broker does.
    """

    def __init__(
        self,
        bootstrap: str,
        delivery_seconds: float = 30,
        linger_ms: int = 5,
        stamp_ms: Callable[[], int] | None = None,
    ) -> None:
        self.stamp_ms = stamp_ms
        self._bootstrap = bootstrap
        self._delivery_ms = int(delivery_seconds * 1000)
        self._linger_ms = linger_ms
        self._lock = threading.Lock()
        self._current: Sending | None = Sending(self, self._connected(wait_seconds=min(10, delivery_seconds)))

    def _connected(self, wait_seconds: float) -> Any:
        try:
            await_broker(self._bootstrap, wait_seconds)
            return KafkaProducer(
                **client_options(self._bootstrap),
                client_id="shanzhi-writer",
                enable_idempotence=True,
                acks="all",
                compression_type="lz4",
                linger_ms=self._linger_ms,
                batch_size=256 * 1024,
                max_request_size=4 * 1024 * 1024,
                max_block_ms=min(10_000, self._delivery_ms),
                request_timeout_ms=min(10_000, self._delivery_ms * 2 // 3),  # less than the delivery's
                delivery_timeout_ms=self._delivery_ms,
                reconnect_backoff_max_ms=1_000,  # its 30 s would outlast a delivery after the broker is back
                bootstrap_timeout_ms=min(10_000, self._delivery_ms),
                allow_auto_create_topics=False,
                metrics_enabled=False,
            )
        except (KafkaError, OSError) as error:
            raise kafka_away(self._bootstrap, error) from error

    def send(self, stored: Stored) -> Pending:
        """Hands an event to the producer's buffer. Nothing is promised before `Pending.receipt` returns."""
        return self.sending().send(stored)

    def send_raw(self, stored: Stored, key: bytes | None, value: bytes | None, partition: int) -> Pending:
        """As `send`, with key, value and partition given: for records that no way in would let pass."""
        return self.sending().send_raw(stored, key, value, partition)

    def sending(self) -> Sending:
        """For events whose order matters: all of them go through one producer, or not at all."""
        with self._lock:
            if self._current is None:
                self._current = Sending(self, self._connected(wait_seconds=0))  # others stand behind this lock
            return self._current

    def is_current(self, sending: Sending) -> bool:
        """Whether this producer has not been given up."""
        return self._current is sending

    def give_up(self, sending: Sending) -> None:
        """Ends a producer with all that it holds; the next event makes a new one."""
        with self._lock:
            if self._current is not sending:
                return
            self._current = None
        _end(sending.producer)

    def flush(self, timeout_seconds: float = 30) -> None:
        """Waits until everything sent so far was acknowledged or failed."""
        current = self._current  # another thread may give it up meanwhile
        try:
            if current is not None:
                current.producer.flush(timeout=timeout_seconds)
        except KafkaError as error:
            raise OutcomeUnknown(f"Kafka did not acknowledge in {timeout_seconds} s", "Send again.") from error

    def close(self) -> None:
        """Flushes for at most 10 s and closes."""
        current = self._current
        if current is not None:
            try:
                current.producer.close(timeout=10)
            except KafkaError:
                _end(current.producer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Sending:
    """One producer of a writer, for as long as it is not given up."""

    def __init__(self, writer: Writer, producer: Any) -> None:
        self._writer, self.producer = writer, producer
        self._is_ending = False

    def send(self, stored: Stored) -> Pending:
        """See `Writer.send`."""
        return self.send_raw(stored, stored.key, stored.value, partition_of(stored.key, PARTITIONS))

    def send_raw(self, stored: Stored, key: bytes | None, value: bytes | None, partition: int) -> Pending:
        """See `Writer.send_raw`. Raises `OutcomeUnknown` once the producer was given up: what came before is lost."""
        stamp_ms = self._writer.stamp_ms() if self._writer.stamp_ms else None
        return self._send(stored, partition, key=key, value=value, timestamp_ms=stamp_ms)

    def copy(self, record: RawRecord, partition: int) -> Pending:
        """Writes an archived record once more, with its stamp and headers, into a ledger that takes stamps."""
        stored = Stored(f"{partition}:{record.offset}", "archive", record.key or b"", record.value or b"")
        said: dict[str, Any] = {"key": record.key, "value": record.value, "headers": list(record.headers)}
        return self._send(stored, partition, **said, timestamp_ms=record.timestamp)

    def _send(self, stored: Stored, partition: int, **said: Any) -> Pending:
        if not self._writer.is_current(self):
            raise _not_sent(stored, "the connection was given up")
        try:
            future = self.producer.send(LEDGER, partition=partition, **said)
        except KafkaError as error:
            self.give_up()
            raise _not_sent(stored, type(error).__name__) from error
        return Pending(stored, future, self)

    def give_up(self) -> None:
        """Ends it with all that it holds; waits for its thread."""
        self._writer.give_up(self)

    def give_up_aside(self) -> None:
        """The same from its own thread, which can't wait for itself; one thread, however many records failed."""
        if not self._is_ending:
            self._is_ending = True
            threading.Thread(target=self.give_up, name="give up", daemon=True).start()


def _not_sent(stored: Stored, why: str) -> OutcomeUnknown:
    return OutcomeUnknown(f"The event {stored.id} could not be sent ({why})", "Send it again once Kafka answers.")


def _end(producer: Any) -> None:
    """Ends a producer at once; what it holds fails. Its own `close` waits, gives up and leaves a thread."""
    producer._sender.force_close()
    producer._sender.join(5)
    producer.close(timeout=0)
