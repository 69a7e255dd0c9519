"""Prepared rows into the ledger: written where it does not have them yet.

A row is imported with all its events or not at all. What is indexed already is not written again; where the table says
otherwise than an event of the same id that is there, the ledger keeps what it was told, and the row is named.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ledger.errors import OutcomeUnknown
from ledger.protocols import Receipts
from ledger.writer import Pending, Writer
from producers.tables.preparing import Part, Prepared, Ready
from producers.tables.refusals import FORGOTTEN, RowRefused, told_otherwise

EVENTS_ON_THEIR_WAY = 4_000
RECENT_EVENTS = 50_000  # of this file, not indexed yet: a row that stands there twice is found by them
ANSWER_SECONDS = 35.0  # the writer gives up first, and says why


@dataclass
class Counts:
    """How much of a table was answered; `events` were written, by type, `repeats` were there before.

    `changed` events were there before with other words: those stand.
    """

    rows: int = 0
    blank: int = 0
    refused: int = 0
    repeats: int = 0
    changed: int = 0
    events: Counter[str] = field(default_factory=Counter)
    last_row: int = 0


class RowsUnknown(OutcomeUnknown):
    """Kafka or PostgreSQL went away inside the table; `counts` says how much is certain."""

    def __init__(self, counts: Counts, cause: OutcomeUnknown) -> None:
        certain = f"rows up to {counts.last_row} are certain" if counts.last_row else "no row is certain"
        again = "Import the same file again once it answers: what is there already counts once."
        super().__init__(f"{cause.what}; {certain}", again)
        self.counts = counts


class Sent(NamedTuple):
    """A row on its way: its new events by type, how many were there before, and which of those said otherwise."""

    row: int
    flying: list[tuple[str, Pending]]
    repeats: int
    changed: list[str]


class Way:
    """The way of rows into the ledger; for one thread."""

    def __init__(self, writer: Writer, receipts: Receipts) -> None:
        self._writer, self._receipts = writer, receipts
        self._recent: OrderedDict[str, str] = OrderedDict()

    def send(self, rows: Sequence[Prepared]) -> Iterator[Sent | RowRefused]:
        """What becomes of each row, in their order. Raises `OutcomeUnknown`."""
        places = [(one.partition, one.identity) for row in rows for one in row.events]
        known = {name: first.content for name, first in self._receipts.first(places).items()}
        for row in rows:
            yield self._send(row, known)

    def _send(self, row: Prepared, known: Mapping[str, str]) -> Sent | RowRefused:
        """Sends a row's new events once it is certain that none is refused."""
        new: list[Ready] = []
        repeats, changed = 0, []
        for one in row.events:
            before = known.get(one.identity) or self._recent.get(one.identity)
            if isinstance(one.stored, RowRefused):
                if not (before and one.stored.code == FORGOTTEN):
                    return one.stored
                repeats += 1  # it can't be compared any more
            elif before is None:
                new.append(one)
            elif before == one.content:
                repeats += 1
            else:
                changed.append(one.stored.id)
        return Sent(row.row, [(one.type, self._write(one)) for one in new], repeats, changed)

    def _write(self, one: Ready) -> Pending:
        assert not isinstance(one.stored, RowRefused), "rows with such an event are not written"
        pending = self._writer.send_raw(one.stored, one.stored.key, one.stored.value, one.partition)
        self._recent[one.identity] = one.content
        if len(self._recent) > RECENT_EVENTS:
            self._recent.popitem(last=False)
        return pending


def import_rows(
    parts: Iterable[Part],
    way: Way,
    on_refused: Callable[[RowRefused], None] = lambda _: None,
    on_progress: Callable[[Counts, Part], None] = lambda _, __: None,
) -> Counts:
    """Sends every row, blank ones left out; `on_refused` also hears of what was told otherwise before.

    Raises `RowsUnknown` where Kafka or PostgreSQL goes away, and whatever the parts raise: what was answered stands.
    """
    answering = _Answering(on_refused)
    try:
        for part in parts:
            told = [one for one in part.rows if one is not None]
            answering.counts.blank += len(part.rows) - len(told)
            sent = way.send([one for one in told if isinstance(one, Prepared)])
            answering.add(next(sent) if isinstance(one, Prepared) else one for one in told)
            answering.until(EVENTS_ON_THEIR_WAY)
            on_progress(answering.counts, part)
        answering.until(0)
    except OutcomeUnknown as cause:
        raise RowsUnknown(answering.counts, cause) from cause
    return answering.counts


class _Answering:
    """Rows on their way, counted as they arrive."""

    def __init__(self, on_refused: Callable[[RowRefused], None]) -> None:
        self.counts = Counts()
        self._on_refused = on_refused
        self._rows: deque[Sent | RowRefused] = deque()
        self._events = 0

    def add(self, rows: Iterable[Sent | RowRefused]) -> None:
        """More rows, as they are sent."""
        for row in rows:
            self._rows.append(row)
            self._events += len(row.flying) if isinstance(row, Sent) else 0

    def until(self, events: int) -> None:
        """Waits until no more than so many events are on their way. Raises `OutcomeUnknown`."""
        while self._rows and (self._events > events or not events):
            row = self._rows.popleft()
            self.counts.rows += 1
            if isinstance(row, RowRefused):
                self.counts.refused += 1
                self._on_refused(row)
            else:
                self._settle(row)

    def _settle(self, row: Sent) -> None:
        for type_, pending in row.flying:
            pending.receipt(ANSWER_SECONDS)
            self.counts.events[type_] += 1
        self._events -= len(row.flying)
        self.counts.repeats += row.repeats
        self.counts.changed += len(row.changed)
        self.counts.last_row = row.row
        for id_ in row.changed:
            self._on_refused(told_otherwise(id_, row.row))
