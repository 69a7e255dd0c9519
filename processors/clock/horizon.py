"""Up to when the tables know everything that was recorded: later than that nothing may be said to have run out.

A curtain that was seen open at 08:50 while no worker ran must not be told as missed at 09:10.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ledger.reader import Reader


class Horizon:
    """A moment and where the ledger ended after it; once the tables have come so far, they know all up to then."""

    def __init__(self, kafka_bootstrap: str) -> None:
        self._bootstrap = kafka_bootstrap
        self._reached: datetime | None = None
        self._asked: tuple[datetime, Mapping[int, int]] | None = None

    def ask(self, now: datetime) -> None:
        """Where the ledger ends, unless the last answer is still waited for. Raises `OutcomeUnknown`."""
        if self._asked is None:
            with Reader(self._bootstrap) as reader:
                self._asked = now, reader.ends

    def reached(self, cursor: Any, generation: str) -> datetime | None:
        """The latest moment that the tables have come up to; None before they have for the first time."""
        if self._asked is not None:
            now, ends = self._asked
            cursor.execute(f"select partition, next from {generation}.position")
            positions: dict[int, int] = dict(cursor.fetchall())
            if all(positions[partition] >= end for partition, end in ends.items()):
                self._reached, self._asked = now, None
        return self._reached
