"""Reads the ledger (or another topic) in bulk, without a consumer group: for refolds, replays and verification.

aiokafka reads five times as fast as kafka-python here; its event loop is private to the reader, so that
callers stay ordinary functions.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Coroutine, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from ledger.broker import client_options, kafka_away
from ledger.errors import LedgerUnsound, OutcomeUnknown
from ledger.record import Batch, RawRecord
from ledger.topics import LEDGER, PARTITIONS

T = TypeVar("T")
BATCH_RECORDS = 5_000
STALL_SECONDS = 30
KEPT_SECONDS = 30.0
BULK_BYTES = 1024 * 1024  # of a partition, in one fetch
SINGLE_BYTES = 16 * 1024  # where single records are wanted: the broker then sends little besides
_RECORD_BYTES = 200  # of a small record


def fetch_records(bootstrap: str, partition: int, offsets: Collection[int]) -> Mapping[int, RawRecord]:
    """The ledger's records at these offsets, over a connection of its own."""
    with Reader(bootstrap, fetch_bytes=SINGLE_BYTES) as reader:
        return reader.records(partition, offsets)


class RecordFetcher:
    """As `fetch_records`, for one thread that asks again and again: making a connection takes 100 ms, so it is kept
    until it was idle for `KEPT_SECONDS`."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._reader: Reader | None = None
        self._used_at = 0.0

    def __call__(self, partition: int, offsets: Collection[int]) -> Mapping[int, RawRecord]:
        """The ledger's records at these offsets. Raises `OutcomeUnknown` where Kafka is away."""
        if time.monotonic() - self._used_at > KEPT_SECONDS:
            self.close()
        was_kept = self._reader is not None
        try:
            found = self._records(partition, offsets)
        except OutcomeUnknown:
            if not was_kept:
                raise
            found = self._records(partition, offsets)  # nobody heeded the kept one: it may have been given up
        self._used_at = time.monotonic()
        return found

    def _records(self, partition: int, offsets: Collection[int]) -> Mapping[int, RawRecord]:
        try:
            if self._reader is None:
                self._reader = Reader(self._bootstrap, fetch_bytes=SINGLE_BYTES).__enter__()
            elif max(offsets, default=0) >= self._reader.ends[partition]:
                self._reader.look()
            return self._reader.records(partition, offsets)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Closes the connection; the next call opens another."""
        if self._reader is not None:
            self._reader.__exit__()
            self._reader = None


def _stretches(offsets: Sequence[int], near: int) -> Iterator[tuple[int, int]]:
    """First and last of offsets that are so near that a fetch brings them together."""
    first = last = offsets[0] if offsets else 0
    for offset in offsets:
        if offset > last + near:
            yield first, last
            first = offset
        last = offset
    if offsets:
        yield first, last


class Reader:
    """A context manager over one connection; `ends` are the next offsets by partition at the last look."""

    def __init__(
        self, bootstrap: str, topic: str = LEDGER, partitions: int = PARTITIONS, fetch_bytes: int = BULK_BYTES
    ) -> None:
        self._bootstrap, self._fetch_bytes = bootstrap, fetch_bytes
        self._topic, self._partitions = topic, partitions
        self._loop = asyncio.new_event_loop()
        self._consumer: Any = None
        self.starts: dict[int, int] = {}
        self.ends: dict[int, int] = {}

    def __enter__(self) -> Reader:
        try:
            self._answer(self._open())
        except OutcomeUnknown:
            self.__exit__()
            raise
        return self

    def look(self) -> None:
        """Where the partitions start and end now. Raises `OutcomeUnknown` where Kafka is away."""
        self._answer(self._look())

    def __exit__(self, *_: object) -> None:
        if self._loop.is_running():  # another thread still asks, and nobody waits for it: it ends with the process
            return
        if self._consumer is not None:
            with suppress(OutcomeUnknown):
                self._answer(self._consumer.stop())
        self._loop.close()

    def _answer(self, question: Coroutine[Any, Any, T]) -> T:
        """Raises `OutcomeUnknown` where Kafka is away. Nobody cancels anything here: what is cancelled was given up by
        the client, and would end the caller's task if it went on as it is."""
        try:
            return self._loop.run_until_complete(question)
        except (KafkaError, OSError, TimeoutError, asyncio.CancelledError) as error:
            raise kafka_away(self._bootstrap, error) from error

    async def _open(self) -> None:
        self._consumer = AIOKafkaConsumer(
            **client_options(self._bootstrap),
            client_id="shanzhi-reader",
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_partition_fetch_bytes=self._fetch_bytes,
            fetch_max_wait_ms=10,  # a fetch at the end of a partition would hold up the one after a seek
        )
        await self._consumer.start()
        await self._look()

    async def _look(self) -> None:
        partitions = [TopicPartition(self._topic, number) for number in range(self._partitions)]
        starts = await self._consumer.beginning_offsets(partitions)
        ends = await self._consumer.end_offsets(partitions)
        self.starts = {partition.partition: offset for partition, offset in starts.items()}
        self.ends = {partition.partition: offset for partition, offset in ends.items()}

    def first_at(self, partition: int, offset: int) -> int | None:
        """The offset of the first record at or after `offset`, None where the partition ends before it."""
        if offset >= self.ends[partition]:
            return None
        end = {partition: self.ends[partition]}
        batch = next(self.batches({partition: offset}, end), None)
        return batch.records[0].offset if batch else None

    def batches(self, since: Mapping[int, int], until: Mapping[int, int]) -> Iterator[Batch]:
        """All records from `since[p]` up to before `until[p]`, in batches, each partition in order.

        Raises `LedgerUnsound` where the log does not hold that range.
        """
        left = {number for number in since if since[number] < until[number]}
        for number in left:
            if since[number] < self.starts[number] or until[number] > self.ends[number]:
                raise LedgerUnsound(
                    f"Partition {number} holds offsets {self.starts[number]} to {self.ends[number]}, "
                    f"not {since[number]} to {until[number]}",
                    "Restore the ledger from its archive before reading it as a whole.",
                )
        if not left:
            return
        self._answer(self._seek(left, since))
        following = dict(since)
        while left:
            yield from self._next(left, following, until)

    def records(self, partition: int, offsets: Collection[int]) -> dict[int, RawRecord]:
        """The records at these offsets, as far as the log has them; what lies between near ones is read over."""
        wanted = frozenset(offsets)
        found: dict[int, RawRecord] = {}
        for first, last in _stretches(sorted(wanted), self._fetch_bytes // _RECORD_BYTES):
            for batch in self.batches({partition: first}, {partition: last + 1}):
                found |= {record.offset: record for record in batch.records if record.offset in wanted}
        return found

    async def _seek(self, numbers: set[int], since: Mapping[int, int]) -> None:
        self._consumer.assign([TopicPartition(self._topic, number) for number in sorted(numbers)])
        for number in numbers:
            self._consumer.seek(TopicPartition(self._topic, number), since[number])

    def _next(self, left: set[int], following: dict[int, int], until: Mapping[int, int]) -> Iterator[Batch]:
        fetched = self._answer(self._fetch(left, until))
        for number, records in fetched.items():
            wanted = [record for record in records if record.offset < until[number]]
            if wanted:
                yield Batch(number, wanted, sought=following[number])
                following[number] = wanted[-1].offset + 1

    async def _fetch(self, left: set[int], until: Mapping[int, int]) -> dict[int, list[Any]]:
        fetched = await asyncio.wait_for(self._getmany(left, until), STALL_SECONDS + 5)
        found = {partition.partition: records for partition, records in fetched.items()}
        for number, records in found.items():
            if records[-1].offset + 1 >= until[number]:
                self._finish(left, number)
        return {number: records for number, records in found.items() if records[0].offset < until[number]}

    async def _getmany(self, left: set[int], until: Mapping[int, int]) -> dict[TopicPartition, list[Any]]:
        """The next records, none where what was left turned out to hold none: only the end of a transaction, say."""
        for _ in range(STALL_SECONDS):
            fetched: dict[TopicPartition, list[Any]] = await self._consumer.getmany(
                timeout_ms=1_000, max_records=BATCH_RECORDS
            )
            if fetched:
                return fetched
            for number in sorted(left):
                if await self._consumer.position(TopicPartition(self._topic, number)) >= until[number]:
                    self._finish(left, number)
            if not left:
                return {}
        raise kafka_away(self._bootstrap, TimeoutError())

    def _finish(self, left: set[int], number: int) -> None:
        left.discard(number)
        self._consumer.pause(TopicPartition(self._topic, number))
