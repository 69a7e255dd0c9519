"""When lives begin: so many a day of each kind, by hour and weekday (nights are quiet)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from producers.simulator.calendar import HOUR
from producers.simulator.cases import case
from producers.simulator.people import absence, newcomer, transfer
from producers.simulator.places import contact, handover, household, redrawing
from producers.simulator.service import act, activity, duty
from producers.simulator.world import Life, World

_AROUND_THE_CLOCK = (1, 1, 1, 1, 1, 2, 5, 14, 24, 26, 24, 18, 12, 14, 22, 24, 20, 16, 16, 18, 14, 9, 4, 2)
_BY_DAY = (0, 0, 0, 0, 0, 0, 0, 4, 18, 22, 20, 12, 4, 8, 20, 20, 16, 10, 8, 6, 2, 0, 0, 0)
_OFFICE = (0, 0, 0, 0, 0, 0, 0, 0, 8, 20, 20, 14, 2, 4, 18, 20, 18, 4, 0, 0, 0, 0, 0, 0)
_EVEN = (1.05, 1.05, 1.05, 1.05, 1.05, 0.9, 0.85)
_WORKDAYS = (1.4, 1.4, 1.4, 1.4, 1.4, 0, 0)
_WEEKEND = (0.65, 0.65, 0.65, 0.65, 0.8, 1.9, 1.7)


class Kind(NamedTuple):
    """How many lives of a kind begin a day at scale 1, and how they spread over hours and weekdays."""

    begin: Callable[[World], Life]
    a_day: float
    hours: tuple[int, ...]
    weekdays: tuple[float, ...]


KINDS = (
    Kind(case, 28, _AROUND_THE_CLOCK, _EVEN),
    Kind(duty, 19, _BY_DAY, _WEEKEND),
    Kind(act, 16, _BY_DAY, _WEEKEND),
    Kind(activity, 7.5, _OFFICE, _WORKDAYS),
    Kind(contact, 8, _OFFICE, _WORKDAYS),
    Kind(absence, 5, _OFFICE, _WORKDAYS),
    Kind(newcomer, 2.5, _BY_DAY, _EVEN),
    Kind(redrawing, 1.5, _OFFICE, _WORKDAYS),
    Kind(household, 1.2, _OFFICE, _WORKDAYS),
    Kind(transfer, 1.2, _OFFICE, _WORKDAYS),
    Kind(handover, 0.7, _OFFICE, _WORKDAYS),
)
_BEGINS = 7 * HOUR  # the registry is told before


def rhythm(world: World, scale: float) -> Life:
    """Begins the lives of each hour, for ever."""
    shares = [[weight / sum(kind.hours) for weight in kind.hours] for kind in KINDS]
    yield _BEGINS
    while True:
        hour, weekday = world.now // HOUR % 24, world.calendar.weekday(world.now)
        for kind, share in zip(KINDS, shares, strict=True):
            expected = kind.a_day * scale * share[hour] * kind.weekdays[weekday]
            for _ in range(int(expected + world.chance())):
                world.begin(_at_its_time(world, kind.begin), world.between(0, HOUR))
        yield HOUR


def _at_its_time(world: World, begin: Callable[[World], Life]) -> Life:
    """Nothing of a life, not even its number, is drawn before it begins."""
    yield from begin(world)
