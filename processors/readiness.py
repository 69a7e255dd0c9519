"""Is this process ready, and does its loop turn? Said by the process itself, asked by its probes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

STALE_SECONDS = 20.0  # without a turn of the event loop; longer than any pause of a worker that works
BEAT_SECONDS = 0.5
OTHER_FOLDS = "the tables were folded by other folds: a rebuild is running or due"


class Readiness:
    """Begins with "starting" and ends with "stopping", which nothing takes back. May be asked from other threads."""

    def __init__(self) -> None:
        self._why: str | None = "starting"
        self._is_stopping = False
        self._beat_at = time.monotonic()
        self.servers: Callable[[], str | None] = lambda: None  # what is amiss besides, once somebody looks

    def waits(self, why: str) -> None:
        """Not ready for this reason, which must not be personal."""
        if not self._is_stopping:
            self._why = why

    def still_waits(self, why: str) -> None:
        """A better reason, where it is not ready anyway; else `servers` will say it."""
        if self._why is not None:
            self.waits(why)

    def works(self) -> None:
        """Ready, for as long as the servers answer."""
        if not self._is_stopping:
            self._why = None

    def stops(self) -> None:
        """Never ready again."""
        self._is_stopping, self._why = True, "stopping"

    def reason(self) -> str | None:
        """Why it is not ready, None where it is."""
        return self._why or self.servers()

    async def beat(self) -> None:
        """Turns with the loop, until cancelled."""
        while True:
            self._beat_at = time.monotonic()
            await asyncio.sleep(BEAT_SECONDS)

    def stale(self) -> str | None:
        """Why it is not alive, None where its loop turns."""
        seconds = time.monotonic() - self._beat_at
        return f"no turn of the loop for {seconds:.0f} s" if seconds > STALE_SECONDS else None
