"""The one skeleton of a family: what a module like `projections.case` has to offer, and its tallies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
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

    _places: dict[str, int] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._places.update({name: place for place, name in enumerate(self.measures)})

    @property
    def table(self) -> str:
        """The table of a generation's schema."""
        return f"tally_{self.name}"

    def share(self, *key: str | date, **measures: int) -> Share:
        """One entity's share; measures that are not named are 0."""
        values = [0] * len(self.measures)
        places = self._places
        try:
            for name, value in measures.items():
                values[places[name]] = int(value)
        except KeyError:
            values = []
        if not values or len(key) != len(self.key):
            raise TypeError(f"{self.name} has {self.key} {self.measures}, not {key} {measures}")
        return Share(self, key, tuple(values))


class Deadline(Struct, frozen=True, gc=False, kw_only=True):
    """A clock that runs on an entity until it is met, ends, or has fired.

    `clock` and `key` tell it from the entity's others (a unit of a whistle, an item, a level). `due` is what was
    stamped into an event; without it the rule of the clock computes it from `started_at` and `span_class` (urgency,
    severity, level …). `recorded_at` is the broker's stamp of the event that started it: what was told over a day
    late fires nothing. `holder` is who is late. `pauses` do not count.
    """

    clock: str
    started_at: datetime
    recorded_at: datetime
    key: str = ""
    span_class: str = ""
    due: datetime | None = None
    holder: str | None = None
    pauses: tuple[tuple[datetime, datetime | None], ...] = ()


class Fired(Struct, frozen=True):
    """A clock that has run out, as its event said; states keep these so that it fires once."""

    clock: str
    key: str
    due: datetime


class Request(Struct, frozen=True, gc=False, kw_only=True):
    """Something that a record asks the decider for; `key` tells two of one kind and record apart."""

    kind: str
    key: str = ""
    details: dict[str, Any] = {}


def no_deadlines(state: Any) -> Iterator[Deadline]:
    """Of a family without clocks."""
    return iter(())


def no_requests(before: Any, after: Any, record: Record[Any]) -> Iterator[Request]:
    """Of a family that nothing follows from."""
    return iter(())


def running(deadlines: Iterable[Deadline], fired: Iterable[Fired]) -> Iterator[Deadline]:
    """The clocks that have not fired: one with a stamped due by that due or a later one, else by any after its start.

    Later, because pauses move a stamped due on.
    """
    ran_out = tuple(fired)
    for deadline in deadlines:
        if not any(_is_of(one, deadline) for one in ran_out):
            yield deadline


def _is_of(fired: Fired, deadline: Deadline) -> bool:
    if (fired.clock, fired.key) != (deadline.clock, deadline.key):
        return False
    return fired.due > deadline.started_at if deadline.due is None else fired.due >= deadline.due


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
    deadlines: Callable[[Any], Iterator[Deadline]] = no_deadlines
    react: Callable[[Any, Any, Record[Any]], Iterator[Request]] = no_requests

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
