"""What can be published for others to look at, by name: a county's month, the two reports, a whole year."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import NamedTuple, Protocol

from producers.simulator import Arrival, Simulation
from producers.simulator.reports import Reports
from producers.simulator.simulation import START
from projections.rules.calendar import shipped
from shanzhi.errors import SettingsRefused

YEAR, YEAR_DAYS = date(2024, 1, 1), 366


class Story(Protocol):
    """Arrivals in their order; iterating begins anew. While it runs it counts what it gave."""

    published: int
    repeats: int
    planted: Counter[str]

    def __iter__(self) -> Iterator[Arrival]: ...


class Asked(NamedTuple):
    """How a scenario is to be played; what is None is the scenario's own. `registry`: whether the county is
    registered first."""

    seed: int = 1
    days: int | None = None
    scale: float | None = None
    start: date | None = None
    registry: bool = True


def _county(asked: Asked) -> Story:
    """左云县 with all its families, repeats, late events and a few broken records."""
    return _simulated(asked, START, 30, 1.0)


def _year(asked: Asked) -> Story:
    """The same county for all of 2024, over 300,000 events: holidays, late units and overloaded grids to find."""
    return _simulated(asked, YEAR, YEAR_DAYS, 1.4)


def _simulated(asked: Asked, start: date, days: int, scale: float) -> Story:
    first, length = asked.start or start, asked.days or days
    last = first + timedelta(days=length)
    if last > date.today():
        raise SettingsRefused(
            f"--start {first} and --days {length} end on {last}, which is to come",
            f"Give fewer days, or --start {date.today() - timedelta(days=length)}.",
        )
    return Simulation(asked.seed, length, asked.scale or scale, first, special_days(), registry=asked.registry)


def special_days() -> dict[date, bool]:
    """The days of the calendars that ship which are worked, or not, against their weekday."""
    days = {day: one.is_working for arrangement in shipped() for day, one in arrangement.days().items()}
    return {day: worked for day, worked in days.items() if worked != (day.weekday() < 5)}


def _reports(asked: Asked) -> Story:
    """浑源 and 左云 in 2024, every figure of their reports by ordinary events, always the same."""
    if (asked.days, asked.scale, asked.start) != (None, None, None):
        raise SettingsRefused(
            "场景 reports 总是同一年 · the scenario reports is always the same year",
            "去掉 --days、--scale、--start · Leave out --days, --scale and --start.",
        )
    return Reports()


SCENARIOS: dict[str, Callable[[Asked], Story]] = {"county": _county, "reports": _reports, "year": _year}


def scenario(name: str) -> Callable[[Asked], Story]:
    """Raises `SettingsRefused` with the list for an unknown name."""
    if name not in SCENARIOS:
        known = ", ".join(sorted(SCENARIOS))
        raise SettingsRefused(f"没有这个场景 · no scenario {name}", f"可选 · choose one of: {known}.")
    return SCENARIOS[name]
