"""Up to when the tables know everything that was recorded: later than that nothing may be said to have run out.

A curtain that was seen open at 08:50 while no worker ran must not be told as missed at 09:10.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime


class Horizon:
    """A moment and where the ledger ended after it; once the tables have come so far, they know all up to then.

    `ends` asks the ledger, by partition. Raises what that raises.
    """

    def __init__(self, ends: Callable[[], Mapping[int, int]]) -> None:
        self._ends = ends
        self._reached: datetime | None = None
        self._asked: tuple[datetime, Mapping[int, int]] | None = None

    def ask(self, now: datetime) -> None:
        """Where the ledger ends, unless the last answer is still waited for."""
        if self._asked is None:
            self._asked = now, self._ends()

    def reached(self, positions: Mapping[int, int]) -> datetime | None:
        """The latest moment that tables with these next offsets have come up to; None before they have for the first
        time."""
        if self._asked is not None:
            now, ends = self._asked
            if all(positions[partition] >= end for partition, end in ends.items()):
                self._reached, self._asked = now, None
        return self._reached
