"""What states and records come to besides themselves: tallies, clocks, watermarks and requests, as differences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec

from ledger.record import Record
from projections.families import FAMILIES
from projections.family import Deadline, Family, Share, State, Tally, no_deadlines, no_requests
from projections.store.rows import Clock, DeadlineRow, Key, Mark, Plan, RequestRow, TallyRow

LATE = timedelta(hours=24)
"""Recorded later than this after it happened, an event is history: nothing follows from it by itself."""

_REQUESTS = UUID("5f0c7f3e-6a0e-4f6f-9a3c-0f6c6d1c2b11")
_SHANGHAI = timedelta(hours=8)  # of times in UTC, as all records have them


Sums = dict[Tally, dict[Key, list[int]]]
"""Of each row of each tally the sums of its measures and, last, how many contribute to it."""


def add_shares(sums: Sums, shares: Iterable[Share], sign: int) -> None:
    """Adds what one entity contributes (sign 1), or takes it away (-1)."""
    for share in shares:
        rows = sums.setdefault(share.tally, {})
        row = rows.get(share.key)
        if row is None:
            row = rows[share.key] = [0] * (len(share.values) + 1)
        row[-1] += sign
        for position, value in enumerate(share.values):
            if value:
                row[position] += sign * value


def sum_shares(name: str, current: Mapping[str, State | None], states: Mapping[str, State], planned: Plan) -> None:
    """Adds `contribute(after) − contribute(before)` of each touched entity; rows that come to nothing are left out."""
    contribute = FAMILIES[name].contribute
    sums: Sums = {}
    for subject, state in current.items():
        before = states.get(subject)
        if before is not None:
            add_shares(sums, contribute(before), -1)
        if state is not None:
            add_shares(sums, contribute(state), 1)
    for tally in FAMILIES[name].tallies:
        changed = [TallyRow(key, tuple(row[:-1]), row[-1]) for key, row in sums.get(tally, {}).items() if any(row)]
        if changed:
            planned.tallies[tally] = sorted(changed)


def compare_deadlines(
    name: str, current: Mapping[str, State | None], states: Mapping[str, State], planned: Plan
) -> None:
    """The clocks that run otherwise than before; one that was started and met within the batch is none of them."""
    family = FAMILIES[name]
    if family.deadlines is no_deadlines:
        return
    for subject, state in sorted(current.items()):
        before, after = clocks(family, subject, states.get(subject)), clocks(family, subject, state)
        planned.met += sorted(before.keys() - after.keys())
        planned.deadlines += [
            DeadlineRow(key, after[key]) for key in sorted(after) if before.get(key) != after[key]
        ]


def clocks(family: Family, subject: str, state: State | None) -> dict[Clock, Deadline]:
    """The deadlines of a state; of two under one name and key the first."""
    found: dict[Clock, Deadline] = {}
    for deadline in () if state is None else family.deadlines(state):
        found.setdefault(Clock(subject, deadline.clock, deadline.key), deadline)
    return found


def mark(counted: Iterable[Record[Any]], planned: Plan) -> None:
    """Counts the events of each source and day, and notes the newest; corrections are events like others."""
    told: dict[tuple[str, date], list[Any]] = {}
    for record in counted:
        time, stamp = record.time, record.stamp
        key = record.source, (time + _SHANGHAI).date()
        known = told.get(key)
        if known is None:
            told[key] = [1, time, stamp]
            continue
        known[0] += 1
        if time > known[1]:
            known[1] = time
        if stamp > known[2]:
            known[2] = stamp
    for key, parts in told.items():
        before = planned.marks.get(key)
        planned.marks[key] = Mark(*parts) if before is None else before.and_also(Mark(*parts))


def may_ask(family: Family, record: Record[Any], reacted: int) -> bool:
    """Whether something may follow from the record: it was never asked, and is told within `LATE`."""
    return family.react is not no_requests and record.offset >= reacted and record.stamp - record.time <= LATE


def requests(family: Family, before: State, after: State, record: Record[Any]) -> Sequence[RequestRow]:
    """What the record asks for; the same record asks the same under the same ids, whoever folds it."""
    return [
        RequestRow(_request_id(record, one.kind, one.key), one.kind, one.key, record, one.details)
        for one in family.react(before, after, record)
    ]


def _request_id(record: Record[Any], kind: str, key: str) -> str:
    return str(uuid5(_REQUESTS, msgspec.json.encode((record.source, record.id, kind, key)).decode()))
