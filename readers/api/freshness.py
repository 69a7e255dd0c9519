"""How fresh the tables are: where the ledger ends, since when they lag, the newest event, who is silent 漏报."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import Struct

from ledger.errors import OutcomeUnknown, StoreUnsound
from ledger.postgres import Session
from ledger.reader import Reader
from projections.read.answer import freshness
from projections.store.generation import read_current
from projections.store.now import now_of
from readers.standing import Standing

LOOK_SECONDS = 0.5
AWAY_SECONDS = 2.0
TABLES_EVERY = 4  # looks; what publishers told does not change faster than people read it
KNOWN_SECONDS = 10.0  # an end of the ledger that was seen longer ago says nothing
_MARKS = 200


class Fresh(Struct, frozen=True):
    """As every answer says it. `lag_…` are None where nobody can tell: Kafka is away."""

    positions: Mapping[int, int]
    newest_time: datetime | None
    lag_records: int | None
    lag_seconds: float | None
    missed_publishers: int | None


class _Mark(NamedTuple):
    """Where the ledger ended at a look (monotonic seconds)."""

    at: float
    ends: tuple[int, ...]


class Ends:
    """Where the ledger ended lately, so far as tables have not come up to it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._marks: deque[_Mark] = deque()
        self._seen: _Mark | None = None

    def saw(self, ends: tuple[int, ...]) -> None:
        """A look."""
        with self._lock:
            self._seen = _Mark(self._clock(), ends)
            if not self._marks or self._marks[-1].ends != ends:
                self._marks.append(self._seen)
            if len(self._marks) > _MARKS:
                del self._marks[1]  # the oldest says since when

    def lag_of(self, standing: Standing) -> tuple[int | None, float | None]:
        """Records that the ledger holds and these tables don't, and the age of the oldest look that says so."""
        with self._lock:
            now, seen = self._clock(), self._seen
            if seen is None or now - seen.at > KNOWN_SECONDS:
                return None, None
            while self._marks and not _lacks(standing, self._marks[0].ends):
                self._marks.popleft()
            records = sum(max(0, end - own) for own, end in zip(standing.positions, seen.ends, strict=True))
            since = next((mark.at for mark in self._marks if _lacks(standing, mark.ends)), None)
            return records, 0.0 if since is None else round(now - since, 1)

    def bounds(self) -> tuple[int, ...] | None:
        """Where the ledger ended at the last look, None where that is too long ago."""
        with self._lock:
            seen = self._seen
            return seen.ends if seen and self._clock() - seen.at <= KNOWN_SECONDS else None


class Freshness:
    """Looks at both servers again and again, by a thread of its own, from `start` to `stop`."""

    def __init__(self, database_url: str, kafka_bootstrap: str) -> None:
        self._session = Session(database_url, "shanzhi readers freshness")
        self._bootstrap = kafka_bootstrap
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="freshness", daemon=True)
        self._newest_time: datetime | None = None
        self._missed: int | None = None
        self.ends = Ends()

    def start(self) -> None:
        """Begins to look."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread and its connections."""
        self._ending.set()
        self._thread.join(2)  # a daemon: a server that hangs holds nobody up
        self._session.close()

    def of(self, standing: Standing) -> Fresh:
        """How fresh an answer is that stands there."""
        records, seconds = self.ends.lag_of(standing)
        return Fresh(dict(enumerate(standing.positions)), self._newest_time, records, seconds, self._missed)

    def _run(self) -> None:
        while not self._ending.is_set():
            with suppress(OutcomeUnknown), Reader(self._bootstrap) as reader:
                self._follow(reader)
            self._look_at_tables()
            self._ending.wait(AWAY_SECONDS)

    def _follow(self, reader: Reader) -> None:
        looks = 0
        while not self._ending.is_set():
            reader.look()
            self.ends.saw(tuple(reader.ends[number] for number in sorted(reader.ends)))
            if looks % TABLES_EVERY == 0:
                self._look_at_tables()
            looks += 1
            self._ending.wait(LOOK_SECONDS)

    def _look_at_tables(self) -> None:
        with suppress(OutcomeUnknown, StoreUnsound):
            self._newest_time, self._missed = self._session.ask(_told)


def _told(cursor: Any) -> tuple[datetime | None, int]:
    generation, _ = read_current(cursor)
    now = now_of(cursor)
    cursor.execute(f"set local search_path = {generation}")
    found = freshness(cursor, now)
    return found.newest_time, found.missed_publishers


def _lacks(standing: Standing, ends: tuple[int, ...]) -> bool:
    return any(own < end for own, end in zip(standing.positions, ends, strict=True))
