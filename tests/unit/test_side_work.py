"""Work beside the event loop: no sort of it holds up another, and no publisher takes all of one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import closing

import pytest

from ledger.errors import OutcomeUnknown
from producers.gateway.aside import Full, Side

SECONDS = 20.0


def in_loop(work: Callable[[Side, threading.Event], Awaitable[None]], threads: int, most: int, of_one: int) -> None:
    gate = threading.Event()
    try:
        with closing(Side("test", threads, most, of_one)) as side:
            asyncio.run(asyncio.wait_for(work(side, gate), SECONDS))
    finally:
        gate.set()


def test_more_than_the_most_is_refused_until_a_thread_is_done() -> None:
    async def scene(side: Side, gate: threading.Event) -> None:
        slow = [asyncio.create_task(side.run(gate.wait, SECONDS)) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(Full) as full:
            await side.run(gate.wait, SECONDS)
        assert not full.value.is_of_one
        gate.set()
        assert await asyncio.gather(*slow) == [True] * 3
        assert await side.run(lambda: 7, SECONDS) == 7

    in_loop(scene, threads=1, most=3, of_one=1)


def test_work_that_nobody_waits_for_any_more_is_counted_while_its_thread_is_at_it() -> None:
    async def scene(side: Side, gate: threading.Event) -> None:
        with pytest.raises(OutcomeUnknown):
            await side.run(gate.wait, 0.01)
        with pytest.raises(Full):
            await side.run(gate.wait, SECONDS)
        gate.set()
        while True:
            try:
                assert await side.run(lambda: 7, SECONDS) == 7
                return
            except Full:
                await asyncio.sleep(0.001)  # its thread is about to end

    in_loop(scene, threads=1, most=1, of_one=1)


def test_work_that_has_not_begun_in_time_never_does() -> None:
    begun: list[int] = []

    async def scene(side: Side, gate: threading.Event) -> None:
        first = asyncio.create_task(side.run(gate.wait, SECONDS))
        await asyncio.sleep(0)
        with pytest.raises(OutcomeUnknown):
            await side.run(lambda: begun.append(1), 0.01)
        gate.set()
        await first
        await side.run(lambda: begun.append(2), SECONDS)

    in_loop(scene, threads=1, most=2, of_one=1)
    assert begun == [2]


def test_each_publisher_has_its_places_and_gets_them_back() -> None:
    async def scene(side: Side, _: threading.Event) -> None:
        with side.place("a"), side.place("a"):
            with pytest.raises(Full) as full, side.place("a"):
                pass
            assert (full.value.most, full.value.is_of_one) == (2, True)
            with side.place("b"):
                pass
        with pytest.raises(ValueError, match="as it does"), side.place("a"):
            raise ValueError("as it does")
        with side.place("a"), side.place("a"):
            pass

    in_loop(scene, threads=1, most=1, of_one=2)


def test_what_the_work_raises_comes_out() -> None:
    async def scene(side: Side, _: threading.Event) -> None:
        with pytest.raises(ZeroDivisionError):
            await side.run(lambda: 1 // 0, SECONDS)

    in_loop(scene, threads=1, most=1, of_one=1)
