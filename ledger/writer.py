"""The only writer of the ledger: idempotent, acks=all, a receipt once the broker has acknowledged."""

from __future__ import annotations

from typing import Any, NamedTuple

from kafka import KafkaProducer
from kafka.errors import KafkaError

from ledger.errors import OutcomeUnknown
from ledger.partition import partition_of
from ledger.submission import Stored
from ledger.topics import LEDGER, PARTITIONS, kafka_away


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

    def receipt(self, timeout_seconds: float = 30) -> Receipt:
        """The receipt. Raises `OutcomeUnknown` where the broker does not acknowledge in time."""
        try:
            metadata = self.future.get(timeout=timeout_seconds)
        except KafkaError as error:
            raise OutcomeUnknown(
                f"The event {self.stored.id} was not acknowledged ({type(error).__name__})",
                "It may be in the ledger or not: send it again, the same id and source count once.",
            ) from error
        return Receipt(self.stored.id, self.stored.source, metadata.partition, metadata.offset)


class Writer:
    """Writes stored events to the ledger. Thread-safe; close it, or use it as a context manager."""

    def __init__(self, bootstrap: str, delivery_seconds: float = 30) -> None:
        delivery_ms = int(delivery_seconds * 1000)
        try:
            self._producer = KafkaProducer(
                bootstrap_servers=bootstrap,
                client_id="shanzhi-writer",
                enable_idempotence=True,
                acks="all",
                compression_type="lz4",
                linger_ms=5,
                batch_size=256 * 1024,
                max_request_size=4 * 1024 * 1024,
                max_block_ms=min(10_000, delivery_ms),
                request_timeout_ms=min(10_000, delivery_ms * 2 // 3),  # has to be less than the delivery's
                delivery_timeout_ms=delivery_ms,
                bootstrap_timeout_ms=10_000,
                allow_auto_create_topics=False,
                metrics_enabled=False,
            )
        except (KafkaError, OSError) as error:
            raise kafka_away(bootstrap, error) from error

    def send(self, stored: Stored) -> Pending:
        """Hands an event to the producer's buffer. Nothing is promised before `Pending.receipt` returns."""
        return self.send_raw(stored, stored.key, stored.value, partition_of(stored.key, PARTITIONS))

    def send_raw(self, stored: Stored, key: bytes | None, value: bytes | None, partition: int) -> Pending:
        """As `send`, with key, value and partition given: for planting records that no way in would let pass."""
        try:
            future = self._producer.send(LEDGER, key=key, value=value, partition=partition)
        except KafkaError as error:
            raise OutcomeUnknown(
                f"The event {stored.id} could not be sent ({type(error).__name__})",
                "Send it again once Kafka answers.",
            ) from error
        return Pending(stored, future)

    def flush(self, timeout_seconds: float = 30) -> None:
        """Waits until everything sent so far was acknowledged or failed."""
        try:
            self._producer.flush(timeout=timeout_seconds)
        except KafkaError as error:
            raise OutcomeUnknown(f"Kafka did not acknowledge in {timeout_seconds} s", "Send again.") from error

    def close(self) -> None:
        """Flushes for at most 10 s and closes."""
        self._producer.close(timeout=10)

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
