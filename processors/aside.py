"""Work in a thread that nobody waits for at the end: asking a server that is away can take long."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from ledger.errors import OutcomeUnknown

T = TypeVar("T")


async def aside(work: Callable[[], T], until: asyncio.Event | None = None) -> T:
    """What the work returns or raises. Raises `OutcomeUnknown` where the event comes first."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except BaseException as raised:
            error = raised
        with suppress(RuntimeError):  # the loop is closed: nobody asks any more
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, name="aside", daemon=True).start()
    if until is None:
        return await done
    waiting = asyncio.ensure_future(until.wait())
    either: list[asyncio.Future[Any]] = [done, waiting]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not done.done():
        raise OutcomeUnknown("The worker stops before the servers answered", "Start it again.")
    return done.result()
