"""Hands batches to lanes: order is kept within a partition, different partitions go side by side.

Database work runs in threads, so that Kafka's heartbeats go on while PostgreSQL thinks.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import structlog

from ledger.record import Batch
from processors.backlog import Backlog, Sent, value_bytes
from projections.store.apply import Applied, Rewind, Stopped

DRAIN_SECONDS = 3.0
log = structlog.get_logger("shanzhi.projector")


class Lane(Protocol):
    """What works off one batch after another in a thread; raises `Rewind` or `Stopped` as the store's lanes do."""

    def apply(self, batch: Batch) -> Applied:
        """Works off a batch whole."""
        ...

    def close(self) -> None:
        """Lets go of what it holds."""
        ...


class Projector:
    """One task a lane. `failed` is set with the error that nothing can go on after; the process has to end then.

    `first_at(partition, offset)` asks the log for the first offset that it really has there, `seek(partition,
    offset)` makes the consumer read on from it. `observe(seconds, applied)` is told of each batch in the tables.
    """

    def __init__(
        self,
        lanes: Sequence[Lane],
        first_at: Callable[[int, int], Awaitable[int]],
        seek: Callable[[int, int], Awaitable[None]],
        observe: Callable[[float, Applied], None] = lambda _, __: None,
        size_bytes: Callable[[Any], int] = value_bytes,
    ) -> None:
        self._lanes, self._first_at, self._seek, self._observe = lanes, first_at, seek, observe
        self._threads = ThreadPoolExecutor(len(lanes), thread_name_prefix="lane")
        self._backlog = Backlog(size_bytes)
        self._changed = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []
        self.failed: asyncio.Future[BaseException] | None = None
        self.next_offsets: dict[int, int] = {}
        self.progressed_at: dict[int, float] = {}
        self.folded = 0
        self.is_abandoned = False

    def start(self) -> None:
        """Starts the lanes in the running loop."""
        self.failed = asyncio.get_running_loop().create_future()
        self._tasks = [asyncio.create_task(self._run(lane)) for lane in self._lanes]

    def assigned(self, positions: Mapping[int, int]) -> None:
        """These are our partitions now, with their next offsets."""
        self.next_offsets = dict(positions)
        self.touch()

    def touch(self) -> None:
        """Nobody is late as of now: after an assignment, or a time when nothing could go on."""
        self.progressed_at = dict.fromkeys(self.next_offsets, time.monotonic())

    def fail(self, error: BaseException) -> None:
        """Says that nothing can go on after this error."""
        if self.failed is not None and not self.failed.done():
            self.failed.set_result(error)

    async def put(self, batch: Batch) -> None:
        """Queues a batch; waits while enough is queued. Never raises."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._backlog.is_full)
            self._backlog.add(batch)
            self._changed.notify_all()

    async def revoke(self, partitions: Iterable[int]) -> None:
        """Drops what is queued of these partitions and waits for what is being applied."""
        gone = set(partitions)
        async with self._changed:
            self._backlog.forget(gone)
            self._changed.notify_all()
            await self._changed.wait_for(lambda: not gone & self._backlog.busy)
            self._backlog.forget(gone)  # what arrived, or was sent back, while we waited

    async def stop(self) -> None:
        """Finishes the batches in work, drops the queued ones (they are read again) and closes the lanes.

        `is_abandoned` says that a batch took over `DRAIN_SECONDS` (a lock, a frozen database). Its thread can't be
        ended; its transaction is undone when the process ends, which is the caller's to do.
        """
        try:
            await asyncio.wait_for(self.revoke(self._backlog.partitions), DRAIN_SECONDS)
        except TimeoutError:
            self.is_abandoned = True
            log.warning("gave_up", partitions=sorted(self._backlog.busy))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._threads.shutdown(wait=not self.is_abandoned)
        if not self.is_abandoned:
            for lane in self._lanes:
                lane.close()

    async def _run(self, lane: Lane) -> None:
        while True:
            async with self._changed:
                await self._changed.wait_for(self._may_begin)
                batch = self._backlog.take()
            try:
                await self._apply(lane, batch)
            except asyncio.CancelledError as error:
                if (own := asyncio.current_task()) is None or own.cancelling():
                    raise
                self.fail(RuntimeError(f"what a lane waited for was cancelled: {error!r}"))
            except Exception as error:
                self.fail(error)
            async with self._changed:
                self._backlog.busy.discard(batch.partition)
                self._changed.notify_all()

    async def _apply(self, lane: Lane, batch: Batch) -> None:
        began = time.monotonic()
        try:
            applied = await asyncio.get_running_loop().run_in_executor(self._threads, lane.apply, batch)
        except Rewind as rewind:
            await self._send_back(rewind)
        except Stopped:
            return
        else:
            self.next_offsets[batch.partition] = applied.next
            self.progressed_at[batch.partition] = now = time.monotonic()
            self.folded += applied.folded
            self._observe(now - began, applied)

    async def _send_back(self, rewind: Rewind) -> None:
        """Reads the partition again from its position; what was fetched before that is dropped on arrival."""
        first = await self._first_at(rewind.partition, rewind.offset)
        log.warning("read_again", partition=rewind.partition, position=rewind.offset, first=first)
        self._backlog.send_back(rewind.partition, Sent(rewind.offset, first))
        await self._seek(rewind.partition, first)

    def _may_begin(self) -> bool:
        if self.failed is not None and self.failed.done():
            return False  # nothing more is written once one partition can't go on
        return self._backlog.has_work
