"""The two counties' year as arrivals, in the order of time: the same bytes at each telling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from heapq import merge
from itertools import islice

from producers.simulator.arrival import Arrival, Submitted
from producers.simulator.reports.hunyuan import hunyuan
from producers.simulator.reports.zuoyun import zuoyun


class Reports:
    """Told as `Simulation` is: iterating begins anew, and what arrived is counted meanwhile."""

    def __init__(self) -> None:
        self.published = self.repeats = 0
        self.planted: Counter[str] = Counter()

    def __iter__(self) -> Iterator[Arrival]:
        self.published = 0
        for _, event in merge(hunyuan(), zuoyun(), key=lambda told: told[0]):
            self.published += 1
            yield Submitted(event)

    def first(self, arrivals: int) -> Iterator[Arrival]:
        """The first so many arrivals."""
        return islice(self, arrivals)
