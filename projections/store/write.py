"""Writes a plan inside a transaction: what is new, what changed, tallies last, then the position.

Tables are written in one order and rows sorted by key, so that lanes wait for each other and never deadlock.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from ledger import limits
from ledger.codec import EPOCH
from projections.families import TALLIES
from projections.family import Tally
from projections.store.columns import encode_tally, entity_table
from projections.store.rows import DeadlineRow, Plan, RequestRow, TallyRow
from projections.store.script import Cells, Script
from projections.store.tables import (
    ANOMALY,
    DEADLINE,
    INDEX,
    QUARANTINE,
    REQUEST,
    WATERMARK,
    Table,
    entities,
    tallies,
)


def write_permanent(script: Script, plan: Plan, index_next: int) -> None:
    """Index, verdicts and requests: what no generation owns."""
    write_index(script, INDEX.of(f"{INDEX.name}_{plan.partition}"), plan)
    write_verdicts(script, QUARANTINE, plan)
    _write_requests(script, plan)
    if plan.index_next > index_next:
        script.add(
            f"update shanzhi.index_position set next = {plan.index_next}, {_last_hash(plan)}, "
            f"indexed = indexed + {len(plan.index)}, repeats = repeats + {plan.repeats}, "
            f"quarantined = quarantined + {len(plan.quarantine)}, gaps = gaps + {plan.gaps} "
            f"where partition = {plan.partition}"
        )


def write_generation(script: Script, plan: Plan) -> None:
    """Everything of the generation whose schema stands first in search_path; what lanes share comes last."""
    write_anomalies(script, plan)
    write_entities(script, plan)
    write_deadlines(script, plan)
    write_watermarks(script, plan)
    write_tallies(script, plan)
    write_position(script, plan)


def write_index(script: Script, table: Table, plan: Plan) -> None:
    """The events that count, by identity."""
    number = str(plan.partition)
    script.insert(
        table,
        [
            (number, str(row.offset), row.identity, f"\\x{row.content}", row.subject, "t" if row.unfolded else "f")
            for row in plan.index
        ],
    )


def write_verdicts(script: Script, table: Table, plan: Plan) -> None:
    """The records that are no events, with the reason."""
    number = str(plan.partition)
    script.insert(
        table,
        [
            (number, str(row.offset), stamp_text(row.stamp_ms), row.reason, row.detail, row.identity)
            for row in plan.quarantine
        ],
    )


def stamp_text(milliseconds: int) -> str:
    """The broker's stamp as text; one that no calendar has, at the bound that it is past."""
    bounded = max(0, min(milliseconds, int((limits.LATEST - EPOCH).total_seconds() * 1000)))
    return (EPOCH + timedelta(milliseconds=bounded)).isoformat()


def _write_requests(script: Script, plan: Plan) -> None:
    """What was asked for before stays as it is; from here on nobody asks these records again."""
    script.merge(REQUEST, "nothing", map(_request, plan.requests))
    here = f"partition = {plan.partition} and next < {plan.next}"
    script.add(f"update shanzhi.reacted set next = {plan.next} where {here}")


def _request(row: RequestRow) -> Cells:
    record = row.record
    return (
        row.id,
        row.kind,
        row.key,
        record.subject,
        record.id,
        record.source,
        record.time.isoformat(),
        record.stamp.isoformat(),
        str(record.partition),
        str(record.offset),
        msgspec.json.encode(row.details).decode(),
    )


def write_anomalies(script: Script, plan: Plan) -> None:
    """What made no sense, with its position; what a correction has put right goes."""
    number = str(plan.partition)
    script.delete(ANOMALY, [(number, str(offset)) for offset in plan.forgotten])
    script.send()  # before rows of the same offsets are copied
    script.insert(
        ANOMALY,
        [(number, str(row.offset), row.time.isoformat(), row.subject, row.type, row.reason) for row in plan.anomalies],
    )


def write_entities(script: Script, plan: Plan) -> None:
    """New states go straight in, changed ones replace theirs, those of which nothing stands any more go."""
    for family, rows in plan.entities.items():
        encode, table = entity_table(family).encode, entities(family)
        script.insert(table, [encode(row.subject, row.state) for row in rows if row.is_new])
        script.update(table, [encode(row.subject, row.state) for row in rows if not row.is_new])
    for family, subjects in plan.gone.items():
        script.delete(entities(family), [(subject,) for subject in subjects])


def write_deadlines(script: Script, plan: Plan) -> None:
    """Clocks that were met go, others come or run otherwise."""
    script.delete(DEADLINE, plan.met)
    values = ", ".join(f"{name} = excluded.{name}" for name in DEADLINE.rest)
    script.merge(DEADLINE, f"update set {values}", map(_deadline, plan.deadlines))


def _deadline(row: DeadlineRow) -> Cells:
    one = row.deadline
    return (
        *row.clock,
        one.holder,
        one.started_at.isoformat(),
        one.recorded_at.isoformat(),
        one.span_class,
        one.due.isoformat() if one.due else None,
        msgspec.json.encode(one.pauses).decode(),
    )


def write_watermarks(script: Script, plan: Plan) -> None:
    """What the batch's sources told of which days."""
    times = ", ".join(f"{name} = greatest(watermark.{name}, excluded.{name})" for name in WATERMARK.rest[1:])
    number = str(plan.partition)
    rows = [
        (number, source, day.isoformat(), str(one.events), one.newest_time.isoformat(), one.newest_stamp.isoformat())
        for (source, day), one in sorted(plan.marks.items())
    ]
    script.merge(WATERMARK, f"update set events = watermark.events + excluded.events, {times}", rows)


def write_tallies(script: Script, plan: Plan) -> None:
    """Adds deltas to rows, makes missing ones, and deletes those that nobody contributes to any more."""
    for tally in TALLIES:
        if tally in plan.tallies:
            _write_tally(script, tally, plan.tallies[tally])


def _write_tally(script: Script, tally: Tally, rows: Sequence[TallyRow]) -> None:
    table = tallies(tally)
    sums = ", ".join(f"{name} = {table.name}.{name} + excluded.{name}" for name in table.rest)
    script.merge(
        table, f"update set {sums}", [encode_tally(row.key, row.deltas, row.contributors) for row in rows]
    )
    emptied = [encode_tally(row.key, (), 0)[:-1] for row in rows if row.contributors < 0]
    script.delete(table, emptied, only="kept.contributors = 0")


def write_position(script: Script, plan: Plan) -> None:
    """Moves the position, last of all."""
    script.add(f"update position set next = {plan.next}, {_last_hash(plan)} where partition = {plan.partition}")


def _last_hash(plan: Plan) -> str:
    return f"last_hash = '{plan.last_hash}'" if plan.last_hash else "last_hash = null"
