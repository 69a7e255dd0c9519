"""Work beside the event loop that is not waited for without end: a server may be frozen, and answer nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from ledger.errors import OutcomeUnknown

ASK_SECONDS = 6.0  # a little more than PostgreSQL's own limit for connecting or for a statement
T = TypeVar("T")


async def aside(work: Callable[[], T], seconds: float = ASK_SECONDS) -> T:
    """What the work returns or raises; its thread goes on alone where that takes too long.

    Raises `OutcomeUnknown` then.
    """
    try:
        return await asyncio.wait_for(asyncio.to_thread(work), seconds)
    except TimeoutError:
        raise OutcomeUnknown(
            f"PostgreSQL did not answer within {seconds:.0f} s", "Send again in a moment: the same id counts once."
        ) from None
