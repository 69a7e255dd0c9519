"""The latest events, as a wall may show them to everybody: when, what sort, where; never who, never what was said.

One thread follows the ledger up to where the tables stand, for as long as a wall looks on.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

import msgspec
from msgspec import Struct

from ledger.errors import LedgerUnsound, OutcomeUnknown, StoreUnsound
from ledger.reader import Reader
from ledger.record import RawRecord
from readers.standing import Standing

KEPT = 3_000
BEGIN_RECORDS = 250
"""So many of each partition are read when a wall begins to look: lists of small places have something too."""
LOOK_SECONDS = 0.4
UNWATCHED_SECONDS = 60.0
AWAY_SECONDS = 5.0


class Happening(NamedTuple):
    """One event. `by` is the sort of who told it (`person`, `unit`, `rule` …); `place` None where it has none."""

    time: datetime
    type: str
    subject: str
    by: str
    place: str | None
    partition: int
    offset: int

    @property
    def family(self) -> str:
        """The family of its subject."""
        return self.subject.partition("/")[0]


class _Told(Struct, frozen=True, gc=False):
    type: str
    subject: str
    time: datetime
    authid: str


_decode = msgspec.json.Decoder(_Told).decode
Places = Callable[[frozenset[str]], Mapping[str, str]]


class Happenings:
    """Thread-safe. `standing` says where the tables stand, `places_of` where subjects are."""

    def __init__(self, bootstrap: str, standing: Callable[[], Standing], places_of: Places) -> None:
        self._bootstrap, self._standing, self._places_of = bootstrap, standing, places_of
        self._kept: deque[Happening] = deque(maxlen=KEPT)
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self._wanted_at = self._looked_at = 0.0

    def latest(self) -> list[Happening]:
        """Those that the tables hold, the newest first. Empty until the first look is done."""
        with self._lock:
            self._wanted_at = time.monotonic()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="happenings", daemon=True)
                self._thread.start()
            return sorted(self._kept, key=lambda one: one.time, reverse=True)

    @property
    def is_ready(self) -> bool:
        """Whether it has looked lately."""
        return time.monotonic() - self._looked_at < AWAY_SECONDS

    def close(self) -> None:
        """Ends the thread."""
        self._ending.set()
        thread = self._thread
        if thread is not None:
            thread.join(2)

    def _is_wanted(self) -> bool:
        return not self._ending.is_set() and time.monotonic() - self._wanted_at < UNWATCHED_SECONDS

    def _run(self) -> None:
        following: dict[int, int] = {}
        while self._is_wanted():
            with suppress(OutcomeUnknown, StoreUnsound, LedgerUnsound), Reader(self._bootstrap) as reader:
                self._follow(reader, following)
            self._ending.wait(LOOK_SECONDS)

    def _follow(self, reader: Reader, following: dict[int, int]) -> None:
        while self._is_wanted():
            reader.look()
            until = dict(enumerate(self._standing().positions))
            since = {
                number: following.get(number, max(reader.starts[number], end - BEGIN_RECORDS))
                for number, end in until.items()
            }
            until = {number: min(end, reader.ends[number]) for number, end in until.items()}
            moved = {number: end for number, end in until.items() if since[number] < end}
            if moved:
                found = [one for number in moved for one in self._read(reader, number, since[number], moved[number])]
                self._keep(found)
                following |= moved
            self._looked_at = time.monotonic()
            self._ending.wait(LOOK_SECONDS)

    def _read(self, reader: Reader, number: int, since: int, until: int) -> Iterator[Happening]:
        since = max(since, until - KEPT)
        for batch in reader.batches({number: since}, {number: until}):
            for record in batch.records:
                with suppress(msgspec.DecodeError, msgspec.ValidationError):  # no event, and in quarantine
                    yield happening(record, number)

    def _keep(self, found: list[Happening]) -> None:
        places = self._places_of(frozenset(one.subject for one in found))
        with self._lock:
            self._kept.extend(one._replace(place=places.get(one.subject)) for one in sorted(found))


def happening(record: RawRecord, partition: int) -> Happening:
    """What a record tells. Raises `msgspec.DecodeError` where it is no event."""
    told = _decode(record.value or b"")
    return Happening(told.time, told.type, told.subject, told.authid.partition("/")[0], None, partition, record.offset)
