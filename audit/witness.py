"""Holds every record of a partition, as it is read, against what index and quarantine have kept of it.

Pure: what was kept comes in as rows in order of their offsets, and a question finds where identities stand. The left
side of every difference is what PostgreSQL holds, the right side what the ledger says; what counts, the ledger says:
a row that the index has lost does not change the fold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from audit.comparison import Cell, Difference
from ledger.codec import Sound, Verdict
from ledger.record import RawRecord, Record
from projections.store.plan import record_hash
from projections.store.rows import Indexed
from projections.store.write import stamp_text

MOST_DIFFERENCES = 20  # of a partition; the rest are counted
STORE_REFUSED = "store_refused"
_REUSED = "id_reused"


class KeptRow(NamedTuple):
    """A row of the event index: identity and content as hexadecimal digits."""

    offset: int
    identity: str
    content: str
    subject: str


Row = tuple[int, str, str, str]
"""A `KeptRow` as it comes: nothing is made of those millions that are as they should be."""


class KeptVerdict(NamedTuple):
    """A row of the quarantine. `identity` is None too where the verdict is older than that column."""

    offset: int
    reason: str
    detail: str
    stamp: datetime
    identity: str | None


class Seen(NamedTuple):
    """What a partition's records came to, and where the tables say otherwise (`found` in all)."""

    indexed: int
    repeats: int
    quarantined: int
    gaps: int
    last_hash: str | None
    found: int
    differences: list[Difference]


class _Doubt(NamedTuple):
    """A sound record that the index does not name: a repeat, or one that was set aside, or lost."""

    raw: RawRecord
    said: Sound
    verdict: KeptVerdict | None


Find = Callable[[Sequence[str]], Mapping[str, Indexed]]
"""Where identities stand in the partition's index, by identity."""


class Witness:
    """One partition's. `rows` and `verdicts` are ordered by offset."""

    def __init__(
        self, partition: int, rows: Iterator[Row], verdicts: Iterator[KeptVerdict], find: Find
    ) -> None:
        self._partition, self._rows, self._verdicts, self._find = partition, rows, verdicts, find
        self._row, self._verdict = next(rows, None), next(verdicts, None)
        self._unnamed: dict[str, Indexed] = {}  # what the index has lost, or holds otherwise
        self._differences: list[Difference] = []
        self._last: RawRecord | None = None
        self._indexed = self._repeats = self._quarantined = self._gaps = self._found = self._next = 0

    def counted(self, items: Sequence[tuple[RawRecord, Sound | Verdict]]) -> list[Record[Any]]:
        """The records of a batch that count, given with what each says by itself; batches come in their order."""
        doubts = [doubt for raw, said in items if (doubt := self._see(raw, said)) is not None]
        if not doubts:
            return [said.record for _, said in items if isinstance(said, Sound) and said.record is not None]
        standing = {**self._find([doubt.said.identity for doubt in doubts]), **self._unnamed}
        idle = {doubt.raw.offset for doubt in doubts if not self._decide(doubt, standing)}
        return [
            said.record
            for raw, said in items
            if isinstance(said, Sound) and said.record is not None and raw.offset not in idle
        ]

    def _see(self, raw: RawRecord, said: Sound | Verdict) -> _Doubt | None:
        offset = raw.offset
        self._gaps += offset - self._next
        self._next, self._last = offset + 1, raw
        row, verdict = self._row, self._verdict
        row = None if row is None or row[0] > offset else self._row_at(offset)
        verdict = None if verdict is None or verdict.offset > offset else self._verdict_at(offset)
        if isinstance(said, Verdict):
            self._refused(raw, said, row, verdict)
            return None
        if row is None or (verdict is not None and verdict.reason == STORE_REFUSED):
            if row is not None:
                self._stray("event_index", offset)
            return _Doubt(raw, said, verdict)
        self._counts(row, said, verdict)
        return None

    def end(self) -> Seen:
        """After the last record."""
        while self._row is not None:
            self._stray("event_index", self._row[0])
            self._row = next(self._rows, None)
        while self._verdict is not None:
            self._stray("quarantine", self._verdict.offset)
            self._verdict = next(self._verdicts, None)
        last_hash = None if self._last is None else record_hash(self._last)
        counts = (self._indexed, self._repeats, self._quarantined, self._gaps)
        return Seen(*counts, last_hash, self._found, self._differences)

    def _row_at(self, offset: int) -> Row | None:
        """The row of this offset; those before it are of offsets at which the ledger has nothing."""
        row = self._row
        while row is not None and row[0] < offset:
            self._stray("event_index", row[0])
            row = next(self._rows, None)
        self._row = row
        if row is None or row[0] > offset:
            return None
        self._row = next(self._rows, None)
        return row

    def _verdict_at(self, offset: int) -> KeptVerdict | None:
        verdict = self._verdict
        while verdict is not None and verdict.offset < offset:
            self._stray("quarantine", verdict.offset)
            verdict = next(self._verdicts, None)
        self._verdict = verdict
        if verdict is None or verdict.offset > offset:
            return None
        self._verdict = next(self._verdicts, None)
        return verdict

    def _counts(self, row: Row, said: Sound, verdict: KeptVerdict | None) -> None:
        self._indexed += 1
        offset, identity, content, subject = row
        if identity != said.identity or content != said.content or subject != said.subject:
            today = KeptRow(offset, said.identity, said.content, said.subject)
            self._unlike("event_index", offset, KeptRow(*row)._asdict(), today._asdict())
            self._unnamed[said.identity] = Indexed(offset, said.content)
        if verdict is not None:
            self._stray("quarantine", verdict.offset)

    def _refused(self, raw: RawRecord, said: Verdict, row: Row | None, verdict: KeptVerdict | None) -> None:
        self._quarantined += 1
        if row is not None:
            self._stray("event_index", row[0])
        self._hold(raw, verdict, said.reason, said.detail, said.identity)

    def _hold(
        self, raw: RawRecord, verdict: KeptVerdict | None, reason: str, detail: str, identity: str | None
    ) -> None:
        """A kept verdict against the one that the record gets today."""
        if verdict is None:
            self._lost("quarantine", raw.offset)
            return
        known = None if verdict.identity is None else identity
        today = KeptVerdict(raw.offset, reason, detail, datetime.fromisoformat(stamp_text(raw.timestamp)), known)
        if verdict != today:
            self._unlike("quarantine", raw.offset, verdict._asdict(), today._asdict())

    def _decide(self, doubt: _Doubt, standing: dict[str, Indexed]) -> bool:
        """Whether a sound record that the index does not name counts all the same."""
        raw, said, verdict = doubt
        prior = standing.get(said.identity)
        if verdict is not None and verdict.reason == STORE_REFUSED:  # the one verdict that no record tells
            self._quarantined += 1
            self._hold(raw, verdict, verdict.reason, verdict.detail, said.identity)
            return False
        if prior is None or prior.offset > raw.offset:
            self._indexed += 1
            self._unnamed[said.identity] = standing[said.identity] = Indexed(raw.offset, said.content)
            if verdict is not None:
                self._stray("quarantine", raw.offset)
            self._lost("event_index", raw.offset)
            return True
        if prior.content == said.content:
            self._repeats += 1
            if verdict is not None:
                self._stray("quarantine", raw.offset)
        else:
            self._quarantined += 1
            detail = f"the id at offset {prior.offset} has other content"
            self._hold(raw, verdict, _REUSED, detail, said.identity)
        return False

    def _stray(self, table: str, offset: int) -> None:
        """A row that the ledger has no record for, or not such a one."""
        self._note(Difference(table, self._key(offset), only="left", events=(f"{self._partition}:{offset}",)))

    def _lost(self, table: str, offset: int) -> None:
        self._note(Difference(table, self._key(offset), only="right", events=(f"{self._partition}:{offset}",)))

    def _unlike(self, table: str, offset: int, kept: Mapping[str, object], said: Mapping[str, object]) -> None:
        cells = tuple(Cell(name, str(kept[name]), str(said[name])) for name in kept if kept[name] != said[name])
        self._note(Difference(table, self._key(offset), cells, events=(f"{self._partition}:{offset}",)))

    def _key(self, offset: int) -> dict[str, str]:
        return {"partition": str(self._partition), "ledger_offset": str(offset)}

    def _note(self, difference: Difference) -> None:
        self._found += 1
        if len(self._differences) < MOST_DIFFERENCES:
            self._differences.append(difference)
