"""How often lives of a kind begin, and when: by hour and weekday (nights are quiet)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from producers.simulator.world import Life, World

AROUND_THE_CLOCK = (1, 1, 1, 1, 1, 2, 5, 14, 24, 26, 24, 18, 12, 14, 22, 24, 20, 16, 16, 18, 14, 9, 4, 2)
BY_DAY = (0, 0, 0, 0, 0, 0, 0, 4, 18, 22, 20, 12, 4, 8, 20, 20, 16, 10, 8, 6, 2, 0, 0, 0)
OFFICE = (0, 0, 0, 0, 0, 0, 0, 0, 8, 20, 20, 14, 2, 4, 18, 20, 18, 4, 0, 0, 0, 0, 0, 0)
EVEN = (1.05, 1.05, 1.05, 1.05, 1.05, 0.9, 0.85)
WORKDAYS = (1.4, 1.4, 1.4, 1.4, 1.4, 0, 0)
WEEKEND = (0.65, 0.65, 0.65, 0.65, 0.8, 1.9, 1.7)


class Kind(NamedTuple):
    """How many lives of a kind begin a day at scale 1, and how they spread over hours and weekdays."""

    begin: Callable[[World], Life]
    a_day: float
    hours: tuple[int, ...]
    weekdays: tuple[float, ...]
