"""Rows into the ledger: checked whole, sealed, and written where the ledger does not have them yet.

A row is imported with all its events or not at all. What is indexed already is not written again; where the table says
otherwise than an event of the same id that is there, the ledger keeps what it was told, and the row is named.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from ledger.codec import content_of
from ledger.envelope import identity
from ledger.errors import EventRefused, OutcomeUnknown, PersonForgotten
from ledger.partition import partition_of
from ledger.protocols import OwnClocks, Receipts
from ledger.sealing import Keys
from ledger.submission import Stored, Submission, stored_each
from ledger.topics import PARTITIONS
from ledger.writer import Pending, Writer
from producers.tables.checking import Checked
from producers.tables.facts import OVERDUE
from producers.tables.refusals import RowRefused, of_event, told_otherwise

ROWS_AT_ONCE = 200  # share one look at the index and one at the vault
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


class _Ready(NamedTuple):
    """An event as it would be written, and under which identity in which partition."""

    type: str
    stored: Stored | EventRefused
    partition: int
    identity: str


class Way:
    """The way of rows into the ledger; for one thread."""

    def __init__(self, writer: Writer, keys: Keys, receipts: Receipts, clocks: OwnClocks) -> None:
        self._writer, self._keys, self._receipts, self._clocks = writer, keys, receipts, clocks
        self._recent: OrderedDict[str, str] = OrderedDict()

    def send(self, rows: Sequence[Checked]) -> Iterator[Sent | RowRefused]:
        """What becomes of each row, in their order. Raises `OutcomeUnknown`."""
        kept = self._without_own_clocks(rows)
        submissions = [one for row in kept for one in row]
        places = list(_places(submissions))
        known = {name: first.content for name, first in self._receipts.first(places).items()}
        ready = (
            _Ready(one.kind.type, stored, *place)
            for one, stored, place in zip(submissions, stored_each(submissions, self._keys), places, strict=True)
        )
        for row, own in zip(rows, kept, strict=True):
            yield self._send(row.told.row, list(islice(ready, len(own))), known)

    def _send(self, row: int, events: list[_Ready], known: Mapping[str, str]) -> Sent | RowRefused:
        """Sends a row's new events once it is certain that none is refused."""
        new: list[tuple[_Ready, Stored, str]] = []
        repeats, changed = 0, []
        for one in events:
            before = known.get(one.identity) or self._recent.get(one.identity)
            if isinstance(one.stored, EventRefused):
                if before and isinstance(one.stored, PersonForgotten):  # it can't be compared any more
                    repeats += 1
                    continue
                return of_event(one.stored, "", row)
            content = content_of(one.stored.value)
            if before is None:
                new.append((one, one.stored, content))
            elif before == content:
                repeats += 1
            else:
                changed.append(one.stored.id)
        flying = [(one.type, self._write(one, stored, content)) for one, stored, content in new]
        return Sent(row, flying, repeats, changed)

    def _write(self, one: _Ready, stored: Stored, content: str) -> Pending:
        pending = self._writer.send_raw(stored, stored.key, stored.value, one.partition)
        self._recent[one.identity] = content
        if len(self._recent) > RECENT_EVENTS:
            self._recent.popitem(last=False)
        return pending

    def _without_own_clocks(self, rows: Sequence[Checked]) -> list[list[Submission]]:
        """The rows' events: where a clock of this system runs on a case, it tells itself that a deadline passed."""
        late = [row.told.subject for row in rows if any(one.kind.type == OVERDUE for one in row.submissions)]
        ours = self._clocks.running(late) if late else ()
        return [
            [one for one in row.submissions if one.kind.type != OVERDUE or row.told.subject not in ours] for row in rows
        ]


def import_rows(
    rows: Iterable[Checked | RowRefused | None],
    way: Way,
    on_refused: Callable[[RowRefused], None] = lambda _: None,
    on_progress: Callable[[Counts], None] = lambda _: None,
) -> Counts:
    """Sends every row, blank ones (None) left out; `on_refused` also hears of what was told otherwise before.

    Raises `RowsUnknown` where Kafka or PostgreSQL goes away, and whatever the rows raise: what was answered stands.
    """
    answering, waiting = _Answering(on_refused), list[Checked | RowRefused]()

    def send() -> None:
        sent = way.send([one for one in waiting if isinstance(one, Checked)])
        answering.add(next(sent) if isinstance(one, Checked) else one for one in waiting)
        waiting.clear()
        answering.until(EVENTS_ON_THEIR_WAY)
        on_progress(answering.counts)

    try:
        for row in rows:
            if row is None:
                answering.counts.blank += 1
                continue
            waiting.append(row)
            if len(waiting) >= ROWS_AT_ONCE:
                send()
        send()
        answering.until(0)
    except OutcomeUnknown as cause:
        raise RowsUnknown(answering.counts, cause) from cause
    on_progress(answering.counts)
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


def _places(submissions: Iterable[Submission]) -> Iterator[tuple[int, str]]:
    """Partition and identity of each; a row's events have one subject, and a hash of it costs as much as a check."""
    subject, partition = "", 0
    for one in submissions:
        attributes = one.attributes
        if attributes["subject"] != subject:
            subject = attributes["subject"]
            partition = partition_of(subject.encode(), PARTITIONS)
        yield partition, identity(attributes["source"], attributes["id"])
