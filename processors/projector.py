"""Hands batches to lanes: order is kept within a partition, different partitions go side by side.

Database work runs in threads, so that Kafka's heartbeats go on while PostgreSQL thinks.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import structlog

from ledger.record import Batch
from projections.store.apply import Lane, Rewind, Stopped

MERGED_RECORDS = 10000
QUEUED_RECORDS = 20000
DRAIN_SECONDS = 3.0
CANCEL_SECONDS = 1.0
log = structlog.get_logger("shanzhi.projector")


class Projector:
    """Queues of batches by partition and one task a lane.

    `read_again(partition, offset)` makes the consumer seek and gives the offset of the first record that the log
    really has there. `failed` is set with the error that no lane can go on after; the process has to end then.
    """

    def __init__(self, lanes: list[Lane], read_again: Callable[[int, int], Awaitable[int]]) -> None:
        self._lanes, self._read_again = lanes, read_again
        self._awaited: dict[int, tuple[int, int]] = {}
        self._threads = ThreadPoolExecutor(len(lanes), thread_name_prefix="lane")
        self._queues: dict[int, deque[Batch]] = {}
        self._busy: set[int] = set()
        self._changed = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []
        self.failed: asyncio.Future[BaseException] | None = None
        self.next_offsets: dict[int, int] = {}
        self.folded = 0
        self.progressed_at = time.monotonic()
        self.is_abandoned = False

    def start(self) -> None:
        """Starts the lanes in the running loop."""
        self.failed = asyncio.get_running_loop().create_future()
        self._tasks = [asyncio.create_task(self._run(lane)) for lane in self._lanes]

    async def put(self, batch: Batch) -> None:
        """Queues a batch; waits while enough is queued. Never raises."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.queued_records < QUEUED_RECORDS)
            if batch.partition in self._awaited:
                position, first = self._awaited[batch.partition]
                if batch.records[0].offset > first:
                    return  # fetched before the consumer was sent back
                del self._awaited[batch.partition]
                batch = batch._replace(sought=position)
            self._queues.setdefault(batch.partition, deque()).append(batch)
            self._changed.notify_all()

    @property
    def queued_records(self) -> int:
        """Records that wait for a lane."""
        return sum(len(batch.records) for queue in self._queues.values() for batch in queue)

    async def revoke(self, partitions: Iterable[int]) -> None:
        """Drops what is queued of these partitions and waits for what is being applied."""
        gone = set(partitions)
        async with self._changed:
            for partition in gone:
                self._queues.pop(partition, None)
                self._awaited.pop(partition, None)
            self._changed.notify_all()
            await self._changed.wait_for(lambda: not gone & self._busy)

    async def stop(self) -> None:
        """Finishes the batches in work, drops the queued ones (they are read again) and closes the lanes.

        A batch that takes over `DRAIN_SECONDS` (a lock, a frozen database) is given up: its transaction is undone.
        `is_abandoned` says that its thread did not even end after that.
        """
        try:
            await asyncio.wait_for(self.revoke([*self._queues, *self._busy]), DRAIN_SECONDS)
        except TimeoutError:
            log.warning("gave_up", partitions=sorted(self._busy))
            await self._cancel_lanes()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.is_abandoned = bool(self._busy)
        self._threads.shutdown(wait=not self.is_abandoned)
        if not self.is_abandoned:
            for lane in self._lanes:
                lane.close()

    async def _cancel_lanes(self) -> None:
        for lane in self._lanes:
            lane.cancel()
        with suppress(TimeoutError):
            await asyncio.wait_for(self.revoke(list(self._busy)), CANCEL_SECONDS)

    async def _run(self, lane: Lane) -> None:
        loop = asyncio.get_running_loop()
        while True:
            async with self._changed:
                await self._changed.wait_for(self._has_work)
                batch = self._take()
            try:
                applied = await loop.run_in_executor(self._threads, lane.apply, batch)
            except Rewind as rewind:
                await self._send_back(rewind)
            except Stopped:
                pass
            except Exception as error:
                self.fail(error)
            else:
                self.next_offsets[batch.partition] = applied.next
                self.folded += applied.folded
                self.progressed_at = time.monotonic()
            async with self._changed:
                self._busy.discard(batch.partition)
                self._changed.notify_all()

    def fail(self, error: Exception) -> None:
        """Says that nothing can go on after this error."""
        if self.failed is not None and not self.failed.done():
            self.failed.set_result(error)

    async def _send_back(self, rewind: Rewind) -> None:
        """Reads the partition again from its position; what was fetched before that is dropped here or on arrival."""
        first = await self._read_again(rewind.partition, rewind.offset)
        log.warning("read_again", partition=rewind.partition, position=rewind.offset, first=first)
        self._awaited[rewind.partition] = (rewind.offset, first)
        self._queues.pop(rewind.partition, None)

    def _has_work(self) -> bool:
        if self.failed is not None and self.failed.done():
            return False  # nothing more is written once one partition can't go on
        return any(queue and partition not in self._busy for partition, queue in self._queues.items())

    def _take(self) -> Batch:
        """The next batch of the partition that has waited longest, small ones of it merged."""
        partition = next(number for number, queue in self._queues.items() if queue and number not in self._busy)
        queue = self._queues.pop(partition)
        batch = queue.popleft()
        while queue and queue[0].sought is None and _fits(batch, queue[0]):
            batch = Batch(partition, [*batch.records, *queue.popleft().records], batch.sought)
        if queue:
            self._queues[partition] = queue  # at the end: other partitions first
        self._busy.add(partition)
        return batch


def _fits(batch: Batch, following: Batch) -> bool:
    return len(batch.records) + len(following.records) <= MERGED_RECORDS
