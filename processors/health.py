"""Can this worker go on? Lanes and a look of its own say whether the servers are there; the watchdog, whether
every partition that has something to read moves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

import structlog

from ledger.errors import OutcomeUnknown
from processors.aside import aside
from processors.projector import Projector

WATCHDOG_SECONDS = 60.0
LOOK_SECONDS = 5.0
_TICK_SECONDS = 0.5
_SERVERS = -1  # beside the numbers of lanes that wait
log = structlog.get_logger("shanzhi.health")


class Health:
    """`look` asks both servers and the ledger: `OutcomeUnknown` where one is away, else what is wrong."""

    def __init__(self, projector: Projector, look: Callable[[], object]) -> None:
        self._projector, self._look = projector, look
        self._away: dict[int, str] = {}
        self._idle_at: dict[int, float] = {}

    @property
    def is_away(self) -> bool:
        """Whether Kafka or PostgreSQL does not answer: a reason to wait and none to end."""
        return bool(self._away)

    @property
    def reason(self) -> str | None:
        """Who does not answer, None where both do. May be asked from another thread."""
        return next(iter(self._away.copy().values()), None)

    def waiting(self, lane: int, is_away: bool) -> None:
        """A lane waits for PostgreSQL, or goes on. Called from its thread."""
        self._say(lane, is_away, "PostgreSQL does not answer" if is_away else "PostgreSQL")

    def is_stuck(self, ends: Mapping[int, int]) -> bool:
        """Whether a partition that has had something to read for `WATCHDOG_SECONDS` has not moved. Asked again and
        again: it remembers when a partition had nothing."""
        if self._away:
            return False
        now, following = time.monotonic(), self._projector.next_offsets
        behind = [partition for partition, end in ends.items() if end > following.get(partition, end)]
        self._idle_at |= dict.fromkeys(ends.keys() - behind, now)  # a record that comes now has its time from now on
        return any(
            now - max(self._projector.progressed_at.get(partition, now), self._idle_at.get(partition, 0.0))
            > WATCHDOG_SECONDS
            for partition in behind
        )

    async def look_around(self) -> None:
        """Without progress for a while: are both servers there, and is the ledger still the one that we read?

        Kafka's client says neither: it waits for a broker for ever, and for a topic that was deleted too.
        """
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            latest = max(self._projector.progressed_at.values(), default=0.0)
            if time.monotonic() - latest < LOOK_SECONDS:
                self._say(_SERVERS, False, "servers")
                continue
            try:
                await aside(self._look)
                self._say(_SERVERS, False, "servers")
            except OutcomeUnknown as error:
                self._say(_SERVERS, True, error.what)
            except Exception as error:
                self._projector.fail(error)
                return
            await asyncio.sleep(LOOK_SECONDS)

    def _say(self, who: int, is_away: bool, what: str) -> None:
        if (who in self._away) == is_away:
            return
        if is_away:
            self._away[who] = what
        else:
            del self._away[who]
        self._projector.touch()
        log.info("not_ready" if self._away else "ready", what=what)
