"""Rows as the ledger would hold them: facts, held to the catalogue, sealed. It costs as much as writing them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from ledger.codec import content_of
from ledger.envelope import identity
from ledger.errors import EventRefused
from ledger.partition import partition_of
from ledger.protocols import OwnClocks
from ledger.sealing import Keys
from ledger.submission import Stored, Submission, stored_each
from ledger.topics import PARTITIONS
from producers.tables.checking import Checked, checked_rows
from producers.tables.facts import OVERDUE, Facts
from producers.tables.head import Head, headed
from producers.tables.mapping import TableMapping
from producers.tables.reading import Row
from producers.tables.refusals import RowRefused, of_event

ROWS_AT_ONCE = 200  # share one look at the vault, and one at the index


class Ready(NamedTuple):
    """An event as it would be written, under which identity in which partition, and what tells its content; or why it
    can't be."""

    type: str
    stored: Stored | RowRefused
    partition: int
    identity: str
    content: str


class Prepared(NamedTuple):
    """A sound row with its events, those of units that it names first."""

    row: int
    events: list[Ready]


class Part(NamedTuple):
    """Rows in their order, None for a blank one; how much of the table has been read by then, of how much."""

    rows: list[Prepared | RowRefused | None]
    done: int
    total: int | None


class Preparation:
    """For one thread."""

    def __init__(self, head: Head, now: datetime, keys: Keys, clocks: OwnClocks) -> None:
        self._head, self._facts, self._now = head, Facts(head, now), now
        self._keys, self._clocks = keys, clocks

    def prepare(self, rows: Iterable[Row | RowRefused]) -> list[Prepared | RowRefused | None]:
        """What would be written of each row, None for a blank one. Raises `OutcomeUnknown`."""
        checked = list(checked_rows(rows, self._head, self._facts, self._now))
        sound = [one for one in checked if isinstance(one, Checked)]
        ready = self._ready(sound)
        return [Prepared(one.told.row, next(ready)) if isinstance(one, Checked) else one for one in checked]

    def _ready(self, rows: Sequence[Checked]) -> Iterator[list[Ready]]:
        kept = self._without_own_clocks(rows)
        submissions = [one for row in kept for one in row]
        answers = zip(submissions, stored_each(submissions, self._keys), _places(submissions), strict=True)
        for row, own in zip(rows, kept, strict=True):
            yield [_one(row.told.row, *answer) for answer in islice(answers, len(own))]

    def _without_own_clocks(self, rows: Sequence[Checked]) -> list[list[Submission]]:
        """The rows' events: where a clock of this system runs on a case, it tells itself that a deadline passed."""
        late = [row.told.subject for row in rows if any(one.kind.type == OVERDUE for one in row.submissions)]
        ours = self._clocks.running(late) if late else ()
        return [
            [one for one in row.submissions if one.kind.type != OVERDUE or row.told.subject not in ours] for row in rows
        ]


def prepared_table(
    file: Path,
    mapping: TableMapping,
    now: datetime,
    keys: Callable[[], Keys],
    clocks: Callable[[], AbstractContextManager[OwnClocks]],
) -> Iterator[Part]:
    """A whole table, part by part; the first has no rows and says that it can be read.

    Raises `TableRefused`, `MappingRefused`, `OutcomeUnknown`.
    """
    with headed(file, mapping) as (read, head), clocks() as own:
        yield Part([], 0, read.total)
        preparation = Preparation(head, now, keys(), own)
        while some := list(islice(read.rows, ROWS_AT_ONCE)):
            yield Part(preparation.prepare(some), read.done(), read.total)


def _one(row: int, submission: Submission, stored: Stored | EventRefused, place: tuple[int, str]) -> Ready:
    if isinstance(stored, EventRefused):
        return Ready(submission.kind.type, of_event(stored, "", row), *place, "")
    return Ready(submission.kind.type, stored, *place, content_of(stored.value))


def _places(submissions: Iterable[Submission]) -> Iterator[tuple[int, str]]:
    """Partition and identity of each; a row's events have one subject, and a hash of it costs as much as a check."""
    subject, partition = "", 0
    for one in submissions:
        attributes = one.attributes
        if attributes["subject"] != subject:
            subject = attributes["subject"]
            partition = partition_of(subject.encode(), PARTITIONS)
        yield partition, identity(attributes["source"], attributes["id"])
