"""The simulation: lives go on in the order of time, and what they tell arrives, late or twice at times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from heapq import heappop, heappush
from itertools import chain, islice
from typing import Any

from producers.simulator.arrival import Arrival, Planted, Submitted
from producers.simulator.assessing import founding_assessing
from producers.simulator.calendar import DAY, HOUR, MINUTE
from producers.simulator.planting import plant
from producers.simulator.registry import SPACING_SECONDS, entries
from producers.simulator.rhythm import rhythm
from producers.simulator.standing import founding_standing
from producers.simulator.window import founding_window
from producers.simulator.world import DESK, Life, World

START = date(2024, 3, 1)
_REGISTRIES = (entries, founding_standing, founding_window, founding_assessing)
_REPEATED = 0.01
_BETWEEN_PLANTED = (400, 1300)  # arrivals: about 0.1 %
_YEAR, _YEAR_DAYS, _EVENTS_A_DAY = date(2024, 1, 1), 366, 600


class Simulation:
    """A county's days, decided by the arguments to the last byte. Iterating it again begins anew.

    `seed`  non-negative; cases, duties, acts, activities and newcomers carry it in their ids
    `days`  simulated days; keep start + days before today, or the ways in refuse the future
    `scale` 1 is about 660 events a day, besides the registry (5,600 once)
    `special`  days that are worked, or not, against their weekday
    `registry`  whether the county is registered first; it is the same for every seed

    While it runs, `published` counts distinct events that arrived, `repeats` exact copies of these,
    `planted` broken records by reason.
    """

    def __init__(
        self,
        seed: int,
        days: int,
        scale: float = 1.0,
        start: date = START,
        special: Mapping[date, bool] | None = None,
        *,
        registry: bool = True,
    ) -> None:
        self.seed, self.days, self.scale, self.start, self.registry = seed, days, scale, start, registry
        self._special = special or {}
        self._begin()

    def _begin(self) -> None:
        self.published = self.repeats = 0
        self.planted: Counter[str] = Counter()
        self._waiting: list[tuple[int, int, Life | Submitted]] = []
        self._order = 0
        self._world = World(self.seed, self.start, self._special, self._later)
        self._until_planted = 300

    def _later(self, at: int, thing: Life | Submitted) -> None:
        self._order += 1  # what is due at the same second goes in the order in which it was put here
        heappush(self._waiting, (at, self._order, thing))

    def __iter__(self) -> Iterator[Arrival]:
        self._begin()
        world, waiting, end = self._world, self._waiting, self.days * DAY
        if self.registry:
            world.begin(self._register())
        world.begin(rhythm(world, self.scale))
        while waiting:
            at, _, thing = heappop(waiting)
            if at >= end:
                return
            world.now = at
            if isinstance(thing, Submitted):
                yield from self._arrive(thing)
                continue
            wait = next(thing, None)
            if wait is not None:
                self._later(at + wait, thing)
            for event in world.told:
                yield from self._arrive(Submitted(event))
            world.told.clear()

    def first(self, arrivals: int) -> Iterator[Arrival]:
        """The first so many arrivals."""
        return islice(self, arrivals)

    def _register(self) -> Life:
        """The registry; its ids name the start and not the seed, so that another seed's is a repeat."""
        prefix, world = f"county-{self.start:%Y%m%d}", self._world
        for number, entry in enumerate(chain.from_iterable(told(world.county) for told in _REGISTRIES)):
            event: dict[str, Any] = {
                "specversion": "1.0",
                "id": f"{prefix}-{number}",
                "source": DESK,
                "type": entry.type,
                "subject": entry.subject,
                "time": world.text(),
                "authid": entry.authid,
                "data": entry.data,
            }
            world.tell_late(event, entry.late_seconds)
            yield SPACING_SECONDS

    def _arrive(self, arrival: Submitted) -> Iterator[Arrival]:
        if arrival.repeat:
            self.repeats += 1
            yield arrival
            return
        self.published += 1
        yield arrival
        world = self._world
        if world.chance() < _REPEATED:
            after = world.between(1, 5 * MINUTE if world.chance() < 0.6 else 3 * 24 * HOUR)
            self._later(world.now + after, Submitted(arrival.event, repeat=True))
        self._until_planted -= 1
        if self._until_planted <= 0 and arrival.event["subject"].startswith("case/"):
            self._until_planted = world.between(*_BETWEEN_PLANTED)
            yield self._plant(arrival.event)

    def _plant(self, event: dict[str, Any]) -> Planted:
        """The next reason in turn, in the stream of a case that has just spoken."""
        number = self.planted.total()
        planted = plant(number, event, f"sim-{self.seed}-planted-{number}")
        self.planted[planted.reason] += 1
        return planted


def first(arrivals: int, seed: int = 1, *, registry: bool = True) -> Iterator[Arrival]:
    """So many arrivals of a year over all families, the scale chosen to hold them: for benches."""
    scale = max(1.0, arrivals / (_YEAR_DAYS * _EVENTS_A_DAY))
    return Simulation(seed, _YEAR_DAYS, scale, _YEAR, registry=registry).first(arrivals)
