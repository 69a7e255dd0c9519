"""When readers' tables first held a record: positions looked at every few milliseconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from typing import NamedTuple

from projections.read.receipts import TableReceipts

LOOK_SECONDS = 0.005
Place = tuple[int, int]
"""Partition and offset."""


class Look(NamedTuple):
    """What the tables were seen to hold: the next offset of each partition, at monotonic seconds."""

    at: float
    positions: dict[int, int]


class Looks:
    """Positions of the readers' tables as seen every few milliseconds, by a thread of its own."""

    def __init__(self, database_url: str) -> None:
        self._receipts = TableReceipts(database_url)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="looks", daemon=True)
        self.seen: list[Look] = []

    def __enter__(self) -> Looks:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join(5)
        self._receipts.close()

    def _run(self) -> None:
        while not self._ending.wait(LOOK_SECONDS):
            positions = dict(self._receipts.positions())  # before the clock: never earlier than it was seen
            self.seen.append(Look(time.monotonic(), positions))

    def latest(self) -> dict[int, int]:
        """Positions at the last look."""
        return self.seen[-1].positions if self.seen else {}


def seen_at(places: Iterable[Place], seen: list[Look]) -> dict[Place, float]:
    """When a look first showed each record; those that none showed are absent."""
    found: dict[Place, float] = {}
    by_partition: dict[int, list[int]] = {}
    for partition, offset in places:
        by_partition.setdefault(partition, []).append(offset)
    for partition, offsets in by_partition.items():
        looks = iter(seen)
        look = next(looks, None)
        for offset in sorted(offsets):
            while look is not None and look.positions.get(partition, 0) <= offset:
                look = next(looks, None)
            if look is not None:
                found[partition, offset] = look.at
    return found
