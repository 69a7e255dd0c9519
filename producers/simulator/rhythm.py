"""When lives begin: so many a day of each kind, by hour and weekday (nights are quiet)."""

from __future__ import annotations

from collections.abc import Callable

from producers.simulator import (
    assessing,
    caring,
    correcting,
    disputes,
    exchange,
    orders,
    padding,
    safety,
    standing_changes,
    tasks,
    window,
    wishes,
)
from producers.simulator.calendar import HOUR
from producers.simulator.cases import case
from producers.simulator.kind import AROUND_THE_CLOCK, BY_DAY, EVEN, OFFICE, WEEKEND, WORKDAYS, Kind
from producers.simulator.people import absence, newcomer, transfer
from producers.simulator.places import contact, handover, household, redrawing
from producers.simulator.service import act, activity, duty
from producers.simulator.world import Life, World

KINDS = (
    Kind(case, 28, AROUND_THE_CLOCK, EVEN),
    Kind(duty, 19, BY_DAY, WEEKEND),
    Kind(act, 16, BY_DAY, WEEKEND),
    Kind(activity, 7.5, OFFICE, WORKDAYS),
    Kind(contact, 8, OFFICE, WORKDAYS),
    Kind(absence, 5, OFFICE, WORKDAYS),
    Kind(newcomer, 2.5, BY_DAY, EVEN),
    Kind(redrawing, 1.5, OFFICE, WORKDAYS),
    Kind(household, 1.2, OFFICE, WORKDAYS),
    Kind(transfer, 1.2, OFFICE, WORKDAYS),
    Kind(handover, 0.7, OFFICE, WORKDAYS),
    *assessing.KINDS,
    *caring.KINDS,
    *correcting.KINDS,
    *disputes.KINDS,
    *exchange.KINDS,
    *orders.KINDS,
    *padding.KINDS,
    *safety.KINDS,
    *standing_changes.KINDS,
    *tasks.KINDS,
    *window.KINDS,
    *wishes.KINDS,
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
