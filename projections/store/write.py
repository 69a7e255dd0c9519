"""Executes a plan inside a transaction: COPY what is new, merge what changed, tallies last, then the position.

Tables are written in one order and rows sorted by key, so that lanes wait for each other and never deadlock.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from io import StringIO
from typing import Any

from projections.families import FAMILIES
from projections.family import Tally
from projections.store.columns import encode_tally, entity_table, escape, tally_names
from projections.store.plan import EntityRow, Plan, TallyRow


def write_permanent(cursor: Any, plan: Plan, index_next: int) -> None:
    """Index, verdicts and the index position: what no generation owns."""
    partition = plan.partition
    copy(
        cursor,
        f"shanzhi.event_index_{partition} (partition, ledger_offset, identity, content, subject, unfolded)",
        (
            f"{partition}\t{row.offset}\t{row.identity}\t\\\\x{row.content}\t{escape(row.subject)}\t"
            f"{'t' if row.unfolded else 'f'}\n"
            for row in plan.index
        ),
    )
    for row in plan.quarantine:
        cursor.execute(
            "insert into shanzhi.quarantine (partition, ledger_offset, stamp, reason, detail) values "
            "(%s, %s, timestamptz 'epoch' + %s * interval '1 millisecond', %s, %s)",
            (partition, row.offset, row.stamp_ms, row.reason, row.detail.replace("\0", "�")),
        )
    if plan.index_next > index_next:
        cursor.execute(
            "update shanzhi.index_position set next = %s, last_hash = %s, indexed = indexed + %s, "
            "repeats = repeats + %s, quarantined = quarantined + %s, gaps = gaps + %s where partition = %s",
            (
                plan.index_next,
                plan.last_hash,
                len(plan.index),
                plan.repeats,
                len(plan.quarantine),
                plan.gaps,
                partition,
            ),
        )


def write_generation(cursor: Any, plan: Plan) -> None:
    """Anomalies, entities, tallies and the position of the generation whose schema stands first in search_path."""
    partition = plan.partition
    copy(
        cursor,
        "anomaly (partition, ledger_offset, subject, event, reason)",
        (
            f"{partition}\t{row.offset}\t{escape(row.subject)}\t{row.type}\t{row.reason}\n"
            for row in plan.anomalies
        ),
    )
    for family, rows in plan.entities.items():
        write_entities(cursor, family, rows)
    for family in FAMILIES.values():
        for tally in family.tallies:
            if tally in plan.tallies:
                write_tally(cursor, tally, plan.tallies[tally])
    cursor.execute(
        "update position set next = %s, last_hash = %s where partition = %s",
        (plan.next, plan.last_hash, partition),
    )


def write_entities(cursor: Any, family: str, rows: Iterable[EntityRow]) -> None:
    """New states go straight in, changed ones replace theirs."""
    table = entity_table(family)
    new, changed = [], []
    for row in rows:
        (new if row.is_new else changed).append(table.encode(row.subject, row.state))
    copy(cursor, f"{table.name} ({table.names})", new)
    if changed:
        create, update = _entity_sql(family)
        cursor.execute(create)
        copy(cursor, f"changed_{table.name}", changed)
        cursor.execute(update)


def write_tally(cursor: Any, tally: Tally, rows: Iterable[TallyRow]) -> None:
    """Adds deltas to rows, makes missing ones, and deletes those that nobody contributes to any more."""
    create, merge, delete = _tally_sql(tally)
    lines, is_shrinking = [], False
    for row in rows:
        lines.append(encode_tally(row.key, row.deltas, row.contributors))
        is_shrinking = is_shrinking or row.contributors < 0
    cursor.execute(create)
    copy(cursor, f"delta_{tally.table}", lines)
    cursor.execute(merge)
    if is_shrinking:
        cursor.execute(delete)


def copy(cursor: Any, target: str, lines: Iterable[str]) -> None:
    """COPY of lines in text format; none, no statement."""
    text = "".join(lines)
    if text:
        cursor.copy_expert(f"copy {target} from stdin", StringIO(text))


@cache
def _entity_sql(family: str) -> tuple[str, str]:
    table = entity_table(family)
    assignments = ", ".join(f"{column.name} = changed.{column.name}" for column in table.columns)
    return (
        _staging(f"changed_{table.name}", table.name),
        f"update {table.name} entity set {assignments} from changed_{table.name} changed "
        "where entity.subject = changed.subject",
    )


@cache
def _tally_sql(tally: Tally) -> tuple[str, str, str]:
    table, names = tally.table, ", ".join(tally_names(tally))
    sums = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in tally_names(tally)[len(tally.key) :])
    keys = ", ".join(tally.key)
    return (
        _staging(f"delta_{table}", table),
        f"insert into {table} ({names}) select {names} from delta_{table} "
        f"on conflict ({keys}) do update set {sums}",
        f"delete from {table} using delta_{table} delta where {table}.contributors = 0 and "
        + " and ".join(f"{table}.{key} = delta.{key}" for key in tally.key),
    )


def _staging(name: str, like: str) -> str:
    return f"create temporary table if not exists {name} (like {like}) on commit delete rows"
