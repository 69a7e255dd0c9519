"""The tree of places as admission asks for it: does a place lie within what a party was granted?"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from ledger.postgres import Session

REMEMBERED_SECONDS = 30.0  # how long a place may still count where it stood before
UNKNOWN_SECONDS = 2.0  # a place that was not there may be registered at any moment
PLACES_REMEMBERED = 50_000


class _Known(NamedTuple):
    """What lies above a place, itself included (nothing above an unknown one), and until when that holds."""

    above: frozenset[str]
    ends_at: float


class PlaceTree:
    """`ledger.protocols.Territory` on the tables that readers see. Thread-safe; `clock` gives monotonic seconds.

    Before any worker has run there is no tree, and only the granted places themselves lie inside. Raises
    `OutcomeUnknown` where PostgreSQL is away, `StoreUnsound` where it has no tables.
    """

    def __init__(self, database_url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._session = Session(database_url, "shanzhi territory")
        self._clock = clock
        self._lock = threading.Lock()
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def outside(self, places: Collection[str], grounds: Collection[str]) -> Collection[str]:
        """Those of the places that neither are among the grounds nor lie below one; unknown places lie outside."""
        granted = frozenset(grounds)
        others = set(places) - granted
        if not others:
            return others
        with self._lock:
            above = self._above(others)
        return {place for place in others if granted.isdisjoint(above[place])}

    def close(self) -> None:
        """Ends the connection."""
        with self._lock:
            self._session.close()

    def _above(self, places: set[str]) -> Mapping[str, frozenset[str]]:
        now = self._clock()
        known = {place: one for place in places if (one := self._known.get(place)) and now < one.ends_at}
        missing = sorted(places - known.keys())
        if missing:
            found = self._session.ask(lambda cursor: _ancestors(cursor, missing))
            for place in missing:
                above = frozenset(found.get(place, ()))
                seconds = REMEMBERED_SECONDS if above else UNKNOWN_SECONDS
                self._known.pop(place, None)
                known[place] = self._known[place] = _Known(above, now + seconds)
            while len(self._known) > PLACES_REMEMBERED:
                self._known.popitem(last=False)
        return {place: one.above for place, one in known.items()}


def _ancestors(cursor: Any, places: list[str]) -> Mapping[str, list[str]]:
    cursor.execute("select generation from shanzhi.current")
    row = cursor.fetchone()
    if row is None:
        return {}
    cursor.execute(f"set local search_path = {row[0]}")
    cursor.execute(_statement(), {"places": places})
    return dict(cursor.fetchall())


@cache
def _statement() -> str:
    return (files("projections.sql") / "read" / "ancestors.sql").read_text(encoding="utf-8")
