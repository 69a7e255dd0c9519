"""What the agent promises beside its batches: old segments are closed, old originals destroyed.

Nobody waits for these tasks, so one that ends ends the process: an agent that is ready keeps all of its promises.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from typing import Any

import structlog

from ledger.errors import OutcomeUnknown
from processors.intake.clearing import Quiet
from processors.process import TICK_SECONDS

RETRY_SECONDS = 60.0
FORGET_SECONDS = 24 * 60 * 60.0
Wait = Callable[[float], Awaitable[object]]
log = structlog.get_logger("shanzhi.intake")


def watched(
    chores: Iterable[Coroutine[Any, Any, None]], fail: Callable[[BaseException], object]
) -> list[asyncio.Task[None]]:
    """Each as a task of the running loop; `fail` is told the error of one that ends."""

    def ended(task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            fail(error)

    tasks = [asyncio.create_task(one) for one in chores]
    for task in tasks:
        task.add_done_callback(ended)
    return tasks


async def marking(quiet: Quiet, mark: Callable[[Mapping[int, float]], Awaitable[object]]) -> None:
    """Has old segments closed; `mark` appends a marker to each partition, or raises `OutcomeUnknown`."""
    while True:
        await asyncio.sleep(TICK_SECONDS)
        due = quiet.due(time.monotonic())
        if due:
            with suppress(OutcomeUnknown):  # at the next tick, then
                await mark(due)
                quiet.marked(due)


async def forgetting(forget: Callable[[], Awaitable[int]], wait: Wait = asyncio.sleep) -> None:
    """Once a day, and at the start. `forget` says how many rows lost their original, or raises `OutcomeUnknown`."""
    while True:
        try:
            log.info("originals_destroyed", rows=await forget())
        except OutcomeUnknown as error:
            log.warning("originals_not_destroyed", what=error.what)
            await wait(RETRY_SECONDS)
        else:
            await wait(FORGET_SECONDS)
