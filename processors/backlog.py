"""The batches that wait for a lane, by partition: bounded in records and bytes, merged where they follow each other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from ledger.record import Batch, RawRecord

MERGED_RECORDS = 10_000
MERGED_BYTES = 16 * 1024 * 1024
QUEUED_RECORDS = 20_000
QUEUED_BYTES = 48 * 1024 * 1024


class Sent(NamedTuple):
    """A partition that is read again from `position`; the first record that the log has there is `first`."""

    position: int
    first: int


class Waiting(NamedTuple):
    """A batch with the bytes of its records, counted once."""

    batch: Batch
    size_bytes: int


def value_bytes(record: RawRecord) -> int:
    """What counts of a record of the ledger."""
    return len(record.value or b"")


class Backlog:
    """Queues of batches. One lane at a time has a partition; what waited longest comes first."""

    def __init__(self, size_bytes: Callable[[Any], int] = value_bytes) -> None:
        self._size_bytes = size_bytes
        self._queues: dict[int, deque[Waiting]] = {}
        self._sent_back: dict[int, Sent] = {}
        self.busy: set[int] = set()

    @property
    def is_full(self) -> bool:
        """Whether to wait before more is fetched."""
        waiting = [one for queue in self._queues.values() for one in queue]
        records = sum(len(one.batch.records) for one in waiting)
        return records >= QUEUED_RECORDS or sum(one.size_bytes for one in waiting) >= QUEUED_BYTES

    @property
    def partitions(self) -> set[int]:
        """Partitions with work waiting or under way."""
        return {*self._queues, *self.busy}

    def add(self, batch: Batch) -> None:
        """Queues a batch, unless it was fetched before the partition was sent back and is of no use now."""
        sent = self._sent_back.get(batch.partition)
        if sent is not None:
            if batch.records[0].offset > sent.first or batch.records[-1].offset < sent.first:
                return
            del self._sent_back[batch.partition]
            batch = batch._replace(sought=sent.position)
        size_bytes = sum(map(self._size_bytes, batch.records))
        self._queues.setdefault(batch.partition, deque()).append(Waiting(batch, size_bytes))

    def send_back(self, partition: int, sent: Sent) -> None:
        """Forgets what waits of a partition and takes only batches from `first` on. Call it before seeking."""
        self._queues.pop(partition, None)
        self._sent_back[partition] = sent

    def forget(self, partitions: set[int]) -> None:
        """Drops what waits of these partitions."""
        for partition in partitions:
            self._queues.pop(partition, None)
            self._sent_back.pop(partition, None)

    @property
    def has_work(self) -> bool:
        """Whether a lane could begin something."""
        return any(partition not in self.busy for partition in self._queues)

    def take(self) -> Batch:
        """The next batch of the partition that has waited longest, merged with what follows; it is busy then."""
        partition = next(number for number in self._queues if number not in self.busy)
        queue = self._queues.pop(partition)
        batch, size_bytes = queue.popleft()
        records = list(batch.records)
        while queue and _follows(queue[0], records[-1].offset, len(records), size_bytes):
            following = queue.popleft()
            size_bytes += following.size_bytes
            records += following.batch.records
        if queue:
            self._queues[partition] = queue  # at the end: other partitions first
        self.busy.add(partition)
        return batch._replace(records=records)


def _follows(waiting: Waiting, last: int, records: int, size_bytes: int) -> bool:
    batch = waiting.batch
    return (
        batch.sought is None
        and batch.records[0].offset == last + 1
        and records + len(batch.records) <= MERGED_RECORDS
        and size_bytes + waiting.size_bytes <= MERGED_BYTES
    )
