"""What became of published figures: which of them are known to be otherwise by now, and which events are the cause.

A cause is an event past the cut that counts, speaks of what the figure is of (by itself, or by its entity as it now
stands), and has to do with the period: it happened then, or its entity was about then, or it changes who is who.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from audit.counted import Item, counting
from audit.figures import Figures
from audit.references import references
from audit.told import position_of
from ledger.codec import Examiner, Sound
from ledger.correction import Correction
from ledger.event import types
from ledger.reader import Reader, RecordFetcher
from ledger.record import Record
from ledger.topics import PARTITIONS
from projections.family import State
from projections.read import Period, parse_period
from projections.read.answer import reading
from projections.store.load import load_places, load_states

CAUSES = 50
"""Of one row so many are named; all are counted."""

_ALWAYS = frozenset({"unit", "place", "person", "team", "rule", "assessment"})
"""Families whose events hold for every period: who belongs where, by which rule, and what was given for a quarter."""

_NAMED_BY = ("indicator", "term", "quarter")
Report = Callable[[int, int], None]


class Change(Struct, frozen=True):
    """One figure: `field` may be a path (`indicators.report.numerator`); None where there was, or is, no such row."""

    field: str
    published: Any
    now: Any


class Cause(Struct, frozen=True):
    """An event past the cut, by `partition:offset`."""

    position: str
    type: str
    subject: str
    happened: datetime
    recorded: datetime


class Restated(Struct, frozen=True):
    """A row of figures that is otherwise now. `causes` are the first `CAUSES` of `causes_in_all`.

    Without any, what changed are figures of others, on which ranks depend.
    """

    model: str
    subject: str
    changes: list[Change]
    causes: list[Cause]
    causes_in_all: int


class _Row(NamedTuple):
    model: str
    subject: str
    is_overall: bool


def changes(published: Figures, now: Figures) -> dict[tuple[str, str], list[Change]]:
    """What differs, by read model and subject."""
    before, after = _rows(published), _rows(now)
    found: dict[tuple[str, str], list[Change]] = {}
    for row in sorted(before.keys() | after.keys()):
        one, other = before.get(row, {}), after.get(row, {})
        differing = [
            Change(f"overall.{name}" if row.is_overall else name, one.get(name), other.get(name))
            for name in dict.fromkeys((*one, *other))
            if one.get(name) != other.get(name)
        ]
        if differing:
            found.setdefault((row.model, row.subject), []).extend(differing)
    return found


def restatements(
    connection: Any,
    generation: str,
    kafka_bootstrap: str,
    published: Figures,
    now: Figures,
    cut: Mapping[int, int],
    report: Report = lambda done, total: None,
) -> list[Restated]:
    """Every row that is otherwise now, with its causes. `connection` must not be inside a transaction."""
    changed = changes(published, now)
    if not changed:
        return []
    with reading(connection, generation) as cursor:
        wanted = {key: _concerned(cursor, key, published) for key in changed}
    causes: dict[tuple[str, str], list[Cause]] = {key: [] for key in changed}
    counts = dict.fromkeys(changed, 0)
    period = parse_period(published.period)
    for cause, spoken in _later(connection, generation, kafka_bootstrap, cut, period, report):
        for key, refs in wanted.items():
            if not refs.isdisjoint(spoken):
                counts[key] += 1
                if len(causes[key]) < CAUSES:
                    causes[key].append(cause)
    return [Restated(*key, changed[key], causes[key], counts[key]) for key in changed]


def _rows(figures: Figures) -> dict[_Row, dict[str, Any]]:
    """Every row's figures by their paths."""
    rows = {}
    for model, listed in msgspec.json.decode(figures.encoded())["rows"].items():
        for one in listed:
            row = _Row(model, one.pop("subject"), one.pop("is_overall", False))
            rows[row] = dict(_flat("", one))
    return rows


def _flat(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _flat(f"{path}.{name}" if path else name, one)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            name = next((one[key] for key in _NAMED_BY if key in one), number) if isinstance(one, dict) else number
            yield from _flat(f"{path}.{name}", one)
    else:
        yield path, value


def _concerned(cursor: Any, key: tuple[str, str], figures: Figures) -> frozenset[str]:
    """What an event has to speak of to be a cause: the subject, what is below a place, the rules."""
    subject = key[1]
    rules = {f"rule/{one.rule}" for one in figures.rules}
    if not subject.startswith("place/"):
        return frozenset({subject, *rules})
    cursor.execute("select place from place_subtree(%s)", (subject,))
    return frozenset({subject, *rules, *(place for (place,) in cursor)})


def _later(
    connection: Any, generation: str, bootstrap: str, cut: Mapping[int, int], period: Period, report: Report
) -> Iterator[tuple[Cause, frozenset[str]]]:
    """The events past the cut that have to do with the period, with what they speak of."""
    with reading(connection, generation) as cursor:
        cursor.execute("select partition, next from position")
        until = dict(cursor.fetchall())
    examiner, done = Examiner(PARTITIONS), 0
    total = sum(until[number] - cut[number] for number in cut)
    streams = RecordFetcher(bootstrap)
    try:
        with Reader(bootstrap) as reader:
            for batch in reader.batches(cut, until):
                examined = ((raw, examiner.examine(raw, batch.partition)) for raw in batch.records)
                items = [(raw, said) for raw, said in examined if isinstance(said, Sound) and said.record]
                with reading(connection, generation) as cursor:
                    counted = counting(cursor, batch.partition, items)
                    spoken = _spoken(cursor, batch.partition, counted, streams, examiner)
                for (_, said), (refs, times) in zip(counted, spoken, strict=True):
                    record = said.record
                    if record and _is_of(record, times, period):
                        yield _cause(record), refs
                done += len(batch.records)
                report(done, total)
    finally:
        streams.close()


def _cause(record: Record[Any]) -> Cause:
    position = position_of(record.partition, record.offset)
    return Cause(position, types[type(record.event)], record.subject, record.time, record.stamp)


def _is_of(record: Record[Any], times: frozenset[datetime], period: Period) -> bool:
    if record.subject.partition("/")[0] in _ALWAYS:
        return True
    return any(period.starts <= time < period.ends for time in (record.time, *times))


_Spoken = tuple[frozenset[str], frozenset[datetime]]


def _spoken(
    cursor: Any, partition: int, items: list[Item], streams: RecordFetcher, examiner: Examiner
) -> list[_Spoken]:
    """For each record, what its event and its entity refer to, and the times that the entity knows.

    An entity that was corrected may stand no more, or elsewhere: then its whole stream speaks.
    """
    states = load_states(cursor, {said.subject for _, said in items}, {})
    of_states = {subject: _of(state) for subject, state in states.items()}
    corrected = {said.subject for _, said in items if said.record and isinstance(said.record.event, Correction)}
    for subject, offsets in load_places(cursor, partition, corrected, 2**62).items():
        raws = streams(partition, offsets or ())
        said = [examiner.examine(raw, partition) for raw in raws.values()]
        of_states[subject] = _joined(
            of_states.get(subject), *(_of_event(one) for one in said if isinstance(one, Sound) and one.record)
        )
    return [_joined(of_states.get(said.subject), _of_event(said)) for _, said in items]


def _of_event(said: Sound) -> _Spoken:
    assert said.record is not None
    told = msgspec.to_builtins(said.record.event, builtin_types=(datetime,))
    return frozenset(references(told)) | {said.subject}, frozenset({said.record.time})


def _of(state: State) -> _Spoken:
    told = msgspec.to_builtins(state, builtin_types=(datetime,))
    return frozenset(references(told)), frozenset(_times(told))


def _joined(*spoken: _Spoken | None) -> _Spoken:
    given = [one for one in spoken if one is not None]
    return frozenset().union(*(refs for refs, _ in given)), frozenset().union(*(times for _, times in given))


def _times(value: Any) -> Iterator[datetime]:
    match value:
        case datetime():
            yield value
        case list() | tuple():
            for one in value:
                yield from _times(one)
        case dict():
            for one in value.values():
                yield from _times(one)
