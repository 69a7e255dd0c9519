"""The world as lives see it: what time it is, who is where, how long things take, and telling what happened.

A life is a generator: it tells events of the present and yields the seconds until it goes on.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from random import Random
from typing import Any, TypeVar

from producers.simulator.arrival import Submitted
from producers.simulator.calendar import HOUR, MINUTE, Calendar
from producers.simulator.county import COUNTY, County
from producers.simulator.founding import county
from producers.simulator.newest import in_newest

APP, GRID, DESK, HOTLINE = "app.zuoyun", "grid.zuoyun", "desk.zuoyun", "hotline.zuoyun"
HOTLINE_DESK = "unit/zy-020"  # 信访局 answers the hotline and calls back
LATE = 0.02  # of the events arrive hours or days after their time, mostly behind what answers them
_REMEMBERED, _LAST_SAID = 64, 8
Life = Iterator[int]
Later = Callable[[int, Life | Submitted], None]  # when, and what is to go on or to arrive then
T = TypeVar("T")


class World:
    """The state of one simulation. Bounded: people, grids, and a few recent matters of each family."""

    def __init__(self, seed: int, start: date, special: Mapping[date, bool], later: Later) -> None:
        self.seed = seed
        self.now = 0
        self.random = Random(seed)
        self.chance = self.random.random
        self.calendar = Calendar(start, special)
        self.county: County = county()
        self.told: list[dict[str, Any]] = []
        self._later = later
        self._number = 0
        self._subjects: dict[str, int] = {}
        self._people_and_work()

    def _people_and_work(self) -> None:
        county = self.county
        self.units = {unit.id: unit for unit in county.units}
        self.unit_by_name = {unit.name: unit.id for unit in county.units}
        self.responsible = [grid.unit for grid in county.grids]
        self.workers = [list(grid.workers) for grid in county.grids]
        self.members = {unit: list(members) for unit, members in county.members.items()}
        self.load: dict[str, int] = {}
        self.away: dict[str, int] = {}
        self.said: dict[str, deque[dict[str, Any]]] = defaultdict(lambda: deque(maxlen=_LAST_SAID))  # by family
        self.recent: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=_REMEMBERED))  # subjects by family
        self.recent_cases: deque[str] = deque(maxlen=_REMEMBERED)
        self.recent_activities: deque[str] = deque(maxlen=_REMEMBERED)
        self.recent_acts: deque[str] = deque(maxlen=_REMEMBERED)
        self.to_report = [(unit.id, unit.id) for unit in county.units]
        self.to_report += [(member, unit) for unit, members in county.members.items() for member in members]
        self.random.shuffle(self.to_report)

    def tell(self, type_: str, subject: str, authid: str, data: dict[str, Any], source: str = DESK) -> None:
        """An event of this moment; it arrives at once, or late."""
        self._number += 1
        event = {
            "specversion": "1.0",
            "id": f"sim-{self.seed}-{self._number}",
            "source": source,
            "type": type_,
            "subject": subject,
            "time": self.calendar.text(self.now),
            "authid": authid,
            "data": data,
            **in_newest(type_),
        }
        self.said[subject.partition("/")[0]].append(event)
        if self.chance() < LATE:
            hours = 12 if self.chance() < 0.7 else 96
            self._later(self.now + self.between(30 * MINUTE, hours * HOUR), Submitted(event))
        else:
            self.told.append(event)

    def tell_late(self, event: dict[str, Any], late_seconds: int) -> None:
        """An event that was written elsewhere (the registry), at once or as late as is said."""
        if late_seconds:
            self._later(self.now + late_seconds, Submitted(event))
        else:
            self.told.append(event)

    def begin(self, life: Life, after_seconds: int = 0) -> None:
        """A life of its own from then on."""
        self._later(self.now + after_seconds, life)

    def new(self, family: str) -> str:
        """A subject of this seed: `case/7-12`."""
        number = self._subjects[family] = self._subjects.get(family, 0) + 1
        return f"{family}/{self.seed}-{number}"

    def text(self, seconds_on: int = 0) -> str:
        """The time so many seconds from now, as events write it."""
        return self.calendar.text(self.now + seconds_on)

    def between(self, low: int, high: int) -> int:
        """A whole number from low to below high (cheaper than `Random.randrange`)."""
        return low + int(self.chance() * (high - low))

    def pick(self, some: Sequence[T]) -> T:
        """One of them."""
        return some[int(self.chance() * len(some))]

    def some(self, choices: Sequence[T], at_most: int) -> list[T]:
        """One or more different ones."""
        return self.random.sample(choices, min(len(choices), self.between(1, at_most + 1)))

    def by_day(self, low_minutes: int, high_minutes: int) -> int:
        """Seconds to wait for something that people do while they are up."""
        at = self.now + self.between(low_minutes * MINUTE, high_minutes * MINUTE)
        return self.calendar.daytime(at, self.between(0, HOUR)) - self.now

    def in_office(self, low_minutes: int, high_minutes: int) -> int:
        """Seconds to wait for something that an office does."""
        at = self.now + self.between(low_minutes * MINUTE, high_minutes * MINUTE)
        return self.calendar.office(at, self.between(0, HOUR)) - self.now

    def community_of(self, grid: int) -> str:
        """The community that a grid lies in."""
        return self.county.grids[grid].estate.community

    def is_away(self, person: str) -> bool:
        """Whether the person can't be given work now."""
        return self.away.get(person, 0) > self.now

    def pick_units(self, count: int) -> list[str]:
        """So many units, each perhaps more than once."""
        return [self.pick(self.county.units).id for _ in range(count)]

    def resident(self) -> str | None:
        """Who speaks up: somebody registered, or nobody known (None)."""
        return self.pick(self.county.residents) if self.chance() < 0.4 else None


__all__ = ["APP", "COUNTY", "DESK", "GRID", "HOTLINE", "HOTLINE_DESK", "LATE", "Later", "Life", "World"]
