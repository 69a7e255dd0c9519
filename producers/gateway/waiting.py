"""Waiting until the readers' tables have got to a record: one look at the positions for all who wait."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterable, Mapping

from ledger.protocols import Receipts
from producers.gateway.aside import aside

WAIT_AT_MOST_SECONDS = 10.0
_LOOK_SECONDS = 0.02
_duration = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)(ms|s)\Z").match


def seconds_of(text: str) -> float | None:
    """`2s`, `500ms` → seconds, at most `WAIT_AT_MOST_SECONDS`; None for what is no such duration."""
    match = _duration(text)
    if match is None:
        return None
    return min(WAIT_AT_MOST_SECONDS, float(match[1]) / (1000 if match[2] == "ms" else 1))


class Positions:
    """What `Receipts.positions` says, asked at most once at a time however many ask."""

    def __init__(self, receipts: Receipts) -> None:
        self._receipts = receipts
        self._looking: asyncio.Task[Mapping[int, int]] | None = None

    async def now(self) -> Mapping[int, int]:
        """Next offset by partition, as of after the call. Raises `OutcomeUnknown`."""
        if self._looking is not None:
            await asyncio.wait([self._looking])  # that look may have begun before what the caller knows of
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(aside(self._receipts.positions))
        return await asyncio.shield(self._looking)

    async def reach(self, places: Iterable[tuple[int, int]], wait_seconds: float) -> dict[tuple[int, int], bool]:
        """Whether each (partition, offset) is applied, once all are or the time is up."""
        wanted, deadline = list(places), time.monotonic() + wait_seconds
        while True:
            positions = await self.now()
            reached = {place: positions.get(place[0], 0) > place[1] for place in wanted}
            if all(reached.values()) or time.monotonic() > deadline:
                return reached
            await asyncio.sleep(_LOOK_SECONDS)
