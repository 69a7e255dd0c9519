"""A stream with corrections in it: what the folds see of it, and what they make of that.

A correction speaks of what stands before it in the ledger, never of what is still to come. So the tables after a
record depend on the records up to it alone, however they were divided into batches.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from ledger.correction import Corrected, Correction, Voided, replaced
from ledger.event import types
from ledger.record import Record
from projections.family import Family, State
from projections.store.rows import AnomalyRow, RequestRow, Standing
from projections.store.sums import may_ask, requests

STREAM_RECORDS = 10_000
"""A correction further on in its stream does nothing: all before it would have to be read again."""

STREAM_CORRECTIONS = 100
"""Further corrections of a stream do nothing: each of them folds it again."""


def standing(records: Sequence[Record[Any]]) -> tuple[list[Record[Any]], list[AnomalyRow]]:
    """What the folds see of a stream, in its order, and the corrections in it that say nothing.

    What voids or corrects a record stands after it; so, walking backwards, each record is met when all that was
    said of it is known, corrections of corrections among that.
    """
    known = {(record.source, record.id): record for record in records}
    voided: set[int] = set()
    changes: dict[int, list[Record[Any]]] = {}
    seen: list[Record[Any]] = []
    idle: list[AnomalyRow] = []
    for record in reversed(records):
        if record.offset in voided:
            continue
        said = _changed(record, reversed(changes.get(record.offset, [])), idle)
        event = said.event
        if not isinstance(event, Corrected | Voided):
            seen.append(said)
            continue
        of = known.get((event.event_source or record.source, event.event))
        if of is None or of.offset >= record.offset:
            idle.append(anomaly_row(record, "speaks of an unknown event"))
        elif of.event.is_final:
            idle.append(anomaly_row(record, "speaks of what can't be undone"))
        elif isinstance(event, Voided):
            voided.add(of.offset)
        else:
            changes.setdefault(of.offset, []).append(said)
    return seen[::-1], idle


def _changed(record: Record[Any], changes: Iterable[Record[Any]], idle: list[AnomalyRow]) -> Record[Any]:
    event = record.event
    for change in changes:
        other = replaced(event, change.event.field, change.event.to)
        if other is None:
            idle.append(anomaly_row(change, "correction does not fit"))
        else:
            event = other
    return record if event is record.event else msgspec.structs.replace(record, event=event)


def anomaly_row(record: Record[Any], reason: str) -> AnomalyRow:
    """The row of a record that makes no sense where it stands."""
    return AnomalyRow(record.offset, record.subject, types[type(record.event)], reason, record.time)


class Stream:
    """One stream that a batch corrects, as it goes on with the batch.

    `before` is what stands in it below the batch, None where that is too much to read; `state` what it was folded to.
    Afterwards `state` is None where nothing stands any more, `anomalies` are the rows to write, by offset,
    `is_restated` says that they are all of the stream's, and `requests` are what the batch's own records ask for.
    """

    def __init__(self, family: Family, before: Sequence[Standing] | None, state: State | None) -> None:
        self._family, self.state = family, state
        self.anomalies: dict[int, AnomalyRow] = {}
        self.is_restated = False
        self.requests: list[RequestRow] = []
        self._records: list[Record[Any]] = []
        self._refused: dict[int, AnomalyRow] = {}
        self._places = STREAM_RECORDS if before is None else 0
        self._corrections = 0
        for one in before or ():
            self._enter(one)

    def follow(self, own: Iterable[Standing], reacted: int) -> None:
        """Takes what the batch has of the stream, and folds the stream again where it was corrected."""
        is_stale = False
        for one in own:
            is_heeded = self._enter(one)
            record = one.record
            if record is None:
                continue
            if isinstance(record.event, Correction):
                is_stale = is_stale or is_heeded
                if not is_heeded:
                    self.anomalies[record.offset] = self._refused[record.offset]
                continue
            is_asked = may_ask(self._family, record, reacted)
            if is_stale and is_asked:  # the states on both sides of it have to be right
                self._fold_again(self._records[:-1])
                is_stale = False
            if not is_stale:
                self._go_on(record, is_asked)
        if is_stale:
            self._fold_again(self._records)

    def _enter(self, one: Standing) -> bool:
        """Notes a record; whether the folds or a correction have to do with it."""
        self._places += 1
        record = one.record
        if record is None:
            return False
        if isinstance(record.event, Correction):
            self._corrections += 1
            reason = self._refusal()
            if reason:
                self._refused[record.offset] = anomaly_row(record, reason)
                return False
        self._records.append(record)
        return True

    def _refusal(self) -> str | None:
        if self._places > STREAM_RECORDS:
            return "stream too long to correct"
        return "stream corrected too often" if self._corrections > STREAM_CORRECTIONS else None

    def _fold_again(self, records: Sequence[Record[Any]]) -> None:
        seen, idle = standing(records)
        self.state, self.is_restated = None, True
        self.anomalies = self._refused | {row.offset: row for row in idle}
        for record in seen:
            self._go_on(record, False)

    def _go_on(self, record: Record[Any], is_asked: bool) -> None:
        before = self._family.state() if self.state is None else self.state
        reason = self._family.anomaly(before, record)
        if reason is not None:
            self.anomalies[record.offset] = anomaly_row(record, reason)
        self.state = self._family.evolve(before, record)
        if is_asked:
            self.requests += requests(self._family, before, self.state, record)
