"""The one skeleton of a family: what a module like `projections.case` has to offer, and its tallies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

from msgspec import Struct

from ledger.record import Record

LIST_ITEMS = 100
"""A state keeps at most so many ratings, pauses, obligations …; what comes after is an anomaly."""

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


class State(Struct, frozen=True, gc=False, kw_only=True):
    """What is known of one stream. Every field has a default, because any event may come first."""


class Share(Struct, frozen=True, gc=False):
    """What one entity adds to one row of a tally: `values` in the order of the tally's measures."""

    tally: Tally
    key: tuple[str | date, ...]
    values: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Tally:
    """A table of sums: key columns, and integer measures that entities contribute to."""

    name: str
    key: tuple[str, ...]
    measures: tuple[str, ...]

    @property
    def table(self) -> str:
        """The table of a generation's schema."""
        return f"tally_{self.name}"

    def share(self, *key: str | date, **measures: int) -> Share:
        """One entity's share; measures that are not named are 0."""
        take = measures.pop
        values = tuple([int(take(name, 0)) for name in self.measures])
        if measures or len(key) != len(self.key):
            raise TypeError(f"{self.name} has {self.key} {self.measures}, not {key} {measures}")
        return Share(self, key, values)


@dataclass(frozen=True)
class Family:
    """A family's fold. `evolve` and `contribute` are total: no event, in whatever order, makes them raise."""

    name: str
    version: int
    state: type[State]
    evolve: Callable[[Any, Record[Any]], Any]
    anomaly: Callable[[Any, Record[Any]], str | None]
    contribute: Callable[[Any], Iterator[Share]]
    tallies: tuple[Tally, ...]

    @property
    def table(self) -> str:
        """The table of a generation's schema that holds the states."""
        return f"entity_{self.name}"


def day_of(time: datetime) -> date:
    """The calendar day in Asia/Shanghai, whatever zone the time came in."""
    return time.astimezone(SHANGHAI).date()


def minutes_between(began: datetime, ended: datetime) -> int:
    """Whole minutes, 0 where the end lies before the beginning."""
    return max(0, (ended - began) // timedelta(minutes=1))
