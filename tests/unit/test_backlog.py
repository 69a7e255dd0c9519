"""What waits for a lane: merged only where it follows, bounded in records and bytes, dropped where it is stale."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ledger.record import Batch, StoredRecord
from processors import backlog, projector
from processors.backlog import Backlog, Sent
from projections.store.apply import Rewind


def batch(first: int, last: int, partition: int = 0, value: bytes = b"-") -> Batch:
    return Batch(partition, [StoredRecord(offset, 0, b"", value) for offset in range(first, last + 1)])


def offsets(taken: Batch) -> list[int]:
    return [record.offset for record in taken.records]


def test_batches_that_follow_each_other_are_merged() -> None:
    waiting = Backlog()
    for one in (batch(0, 4), batch(5, 9)):
        waiting.add(one)
    assert offsets(waiting.take()) == list(range(10))


@pytest.mark.parametrize("second", [batch(3, 9), batch(7, 9)], ids=["overlap", "hole"])
def test_batches_that_do_not_follow_are_taken_one_by_one(second: Batch) -> None:
    waiting = Backlog()
    for one in (batch(0, 4), second):
        waiting.add(one)
    assert offsets(waiting.take()) == [0, 1, 2, 3, 4]
    assert not waiting.has_work, "one lane at a time has a partition"
    waiting.busy.clear()
    assert offsets(waiting.take()) == offsets(second)


def test_large_records_are_neither_merged_nor_queued_without_bound() -> None:
    half = b"x" * (backlog.MERGED_BYTES // 8)
    waiting = Backlog()
    added = 0
    while not waiting.is_full:
        waiting.add(batch(added, added + 4, value=half))
        added += 5
    assert added * len(half) < backlog.QUEUED_BYTES + 5 * len(half)
    assert len(offsets(waiting.take())) == 5


def test_after_sending_back_only_batches_from_there_on_are_taken() -> None:
    waiting = Backlog()
    waiting.add(batch(20, 24))
    waiting.send_back(0, Sent(position=10, first=12))
    waiting.add(batch(25, 29))  # fetched before
    assert not waiting.has_work
    waiting.add(batch(12, 19))
    taken = waiting.take()
    assert (offsets(taken)[0], taken.sought) == (12, 10)


def test_a_lane_that_cannot_ask_the_log_ends_the_worker_and_frees_its_partition() -> None:
    class Lost:
        def apply(self, _: Batch) -> Any:
            raise Rewind(0, 5)

        def close(self) -> None: ...

    async def first_at(_: int, __: int) -> int:
        raise ConnectionError("asked in vain")

    async def seek(_: int, __: int) -> None: ...

    assert isinstance(asyncio.run(failure_of(Lost(), first_at, seek, batch(9, 9))), ConnectionError)


def test_a_lane_whose_client_gives_up_ends_the_worker_instead_of_leaving_its_partition_behind() -> None:
    class GivenUp:
        def apply(self, _: Batch) -> Any:
            raise asyncio.CancelledError

        def close(self) -> None: ...

    async def unasked(*_: int) -> Any:
        raise AssertionError("nothing is to be read again")

    assert isinstance(asyncio.run(failure_of(GivenUp(), unasked, unasked, batch(0, 9))), RuntimeError)


async def failure_of(lane: Any, first_at: Any, seek: Any, given: Batch) -> BaseException:
    """Why a projector with this lane can't go on after a batch; its partition is free again then."""
    one = projector.Projector([lane], first_at, seek)
    one.start()
    await one.put(given)
    assert one.failed is not None
    error = await asyncio.wait_for(one.failed, 5)
    await asyncio.wait_for(one.stop(), 5)
    assert not one.is_abandoned
    return error
