"""Takes out of the topic what is done: it holds plain text, and nothing else remembers how far the agent came.

`DeleteRecords` moves the log's start. The bytes leave the disk with their segment, and a segment is closed by the
next record only, so a quiet partition gets an empty one of our own once that can close it (`Quiet`).
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any

from kafka import KafkaAdminClient, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from ledger.broker import await_broker, client_options, kafka_away
from ledger.topics import INTAKE
from processors.intake.arrival import MARKER

_CONNECT_MS = 5_000
_DELETE_MS = 10_000
_SLACK_SECONDS = 1.0


class Clearing:
    """Thread-safe; one client, made anew where it was lost. Raises `OutcomeUnknown` where Kafka is away."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._lock = threading.Lock()
        self._admin: Any = None

    def clear(self, partition: int, before: int) -> None:
        """Deletes every record of the partition below an offset; those that are gone already do no harm."""
        with self._lock:
            try:
                if self._admin is None:
                    await_broker(self._bootstrap, wait_seconds=0)
                    self._admin = KafkaAdminClient(
                        **client_options(self._bootstrap),
                        client_id="shanzhi-intake",
                        bootstrap_timeout_ms=_CONNECT_MS,
                        request_timeout_ms=_DELETE_MS,
                    )
                self._admin.delete_records({TopicPartition(INTAKE, partition): before}, timeout_ms=_DELETE_MS)
            except (KafkaError, OSError) as error:
                self._leave()
                raise kafka_away(self._bootstrap, error) from error

    def mark(self, partitions: Collection[int]) -> None:
        """Appends an empty record to each partition, so that segments which are due are closed."""
        try:
            await_broker(self._bootstrap, wait_seconds=0)
            producer = KafkaProducer(
                **client_options(self._bootstrap),
                client_id="shanzhi-intake",
                max_block_ms=_CONNECT_MS,
                request_timeout_ms=_CONNECT_MS,
                delivery_timeout_ms=2 * _CONNECT_MS,
                bootstrap_timeout_ms=_CONNECT_MS,
                allow_auto_create_topics=False,
                metrics_enabled=False,
            )
        except (KafkaError, OSError) as error:
            raise kafka_away(self._bootstrap, error) from error
        try:
            marker = {"value": b"", "headers": [(MARKER, b"")]}
            sent = [producer.send(INTAKE, partition=number, **marker) for number in partitions]
            for one in sent:
                one.get(timeout=2 * _CONNECT_MS / 1000)
        except KafkaError as error:
            raise kafka_away(self._bootstrap, error) from error
        finally:
            producer.close(timeout=1)

    def _leave(self) -> None:
        admin, self._admin = self._admin, None
        if admin is not None:
            with suppress(KafkaError, OSError):
                admin.close()


class Quiet:
    """Since when each partition has had nothing new; one that held nothing since its last marker is not in here.

    A segment's age counts from its first record. Either another record comes once it is old enough, and closes it, or
    the last one lies within `segment_seconds` of the first: then a marker so much later closes it. Hence everything is
    in a closed segment within twice `segment_seconds`. Times are monotonic seconds. Thread-safe.
    """

    def __init__(self, segment_seconds: float) -> None:
        self._wait_seconds = segment_seconds + _SLACK_SECONDS
        self._since: dict[int, float] = {}
        self._lock = threading.Lock()

    def assigned(self, partitions: Collection[int], now: float) -> None:
        """These are ours now; what another agent had deleted of them may still be on the disk."""
        with self._lock:
            self._since = dict.fromkeys(partitions, now)

    def held(self, partition: int, now: float) -> None:
        """The partition had records, and they were deleted."""
        with self._lock:
            self._since[partition] = now

    def due(self, now: float) -> Mapping[int, float]:
        """Where a marker is needed now, and since when nothing came there."""
        with self._lock:
            return {number: since for number, since in self._since.items() if now - since >= self._wait_seconds}

    def marked(self, due: Mapping[int, float]) -> None:
        """A marker stands behind everything that these had held when they were due. What a partition held since may
        lie behind the marker, in a segment that is open: it needs another."""
        with self._lock:
            for number, since in due.items():
                if self._since.get(number) == since:
                    del self._since[number]
