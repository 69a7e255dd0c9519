"""Executes a plan inside a transaction: COPY what is new, merge what changed, tallies last, then the position.

Tables are written in one order and rows sorted by key, so that lanes wait for each other and never deadlock.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from io import StringIO
from typing import Any

from ledger import limits
from ledger.codec import EPOCH
from projections.families import FAMILIES, TALLIES
from projections.family import Tally
from projections.store.columns import encode_tally, entity_table, escape, tally_names
from projections.store.plan import Plan, TallyRow

_NULL = "\\N"
STAGING_BLOCKS = 64  # of 8 KiB; a staging table is scanned whole by each batch that uses it


def write_index(cursor: Any, table: str, plan: Plan) -> None:
    """The events that count, by identity."""
    copy(
        cursor,
        f"{table} (partition, ledger_offset, identity, content, subject, unfolded)",
        (
            f"{plan.partition}\t{row.offset}\t{row.identity}\t\\\\x{row.content}\t{escape(row.subject)}\t"
            f"{'t' if row.unfolded else 'f'}\n"
            for row in plan.index
        ),
    )


def write_verdicts(cursor: Any, table: str, plan: Plan) -> None:
    """The records that are no events, with the reason."""
    copy(
        cursor,
        f"{table} (partition, ledger_offset, stamp, reason, detail, identity)",
        (
            f"{plan.partition}\t{row.offset}\t{_stamp(row.stamp_ms)}\t{row.reason}\t{escape(row.detail)}\t"
            f"{row.identity or _NULL}\n"
            for row in plan.quarantine
        ),
    )


def _stamp(milliseconds: int) -> str:
    """The broker's stamp as text; one that no calendar has, at the bound that it is past."""
    bounded = max(0, min(milliseconds, int((limits.LATEST - EPOCH).total_seconds() * 1000)))
    return (EPOCH + timedelta(milliseconds=bounded)).isoformat()


def write_permanent(cursor: Any, plan: Plan, index_next: int) -> None:
    """Index, verdicts and the index position: what no generation owns."""
    write_index(cursor, f"shanzhi.event_index_{plan.partition}", plan)
    write_verdicts(cursor, "shanzhi.quarantine", plan)
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
                plan.partition,
            ),
        )


def write_generation(cursor: Any, plan: Plan) -> None:
    """Everything of the generation whose schema stands first in search_path; what lanes share comes last."""
    write_anomalies(cursor, plan)
    write_entities(cursor, plan)
    write_tallies(cursor, plan)
    write_position(cursor, plan)


def write_anomalies(cursor: Any, plan: Plan) -> None:
    """What made no sense, with its position."""
    copy(
        cursor,
        "anomaly (partition, ledger_offset, time, subject, event, reason)",
        (
            f"{plan.partition}\t{row.offset}\t{row.time.isoformat()}\t{escape(row.subject)}\t{row.type}\t{row.reason}\n"
            for row in plan.anomalies
        ),
    )


def write_entities(cursor: Any, plan: Plan) -> None:
    """New states go straight in, changed ones replace theirs."""
    for family, rows in plan.entities.items():
        table = entity_table(family)
        new: list[str] = []
        changed: list[str] = []
        for row in rows:
            (new if row.is_new else changed).append(table.encode(row.subject, row.state))
        copy(cursor, f"{table.name} ({table.names})", new)
        if changed:
            copy(cursor, f"changed_{table.name}", changed)
            cursor.execute(_update_entities(family))
            _empty(cursor, f"changed_{table.name}")


def write_tallies(cursor: Any, plan: Plan) -> None:
    """Adds deltas to rows, makes missing ones, and deletes those that nobody contributes to any more."""
    for tally in TALLIES:
        if tally in plan.tallies:
            _write_tally(cursor, tally, plan.tallies[tally])


def write_position(cursor: Any, plan: Plan) -> None:
    """Moves the position, last of all."""
    cursor.execute(
        "update position set next = %s, last_hash = %s where partition = %s",
        (plan.next, plan.last_hash, plan.partition),
    )


def _write_tally(cursor: Any, tally: Tally, rows: Iterable[TallyRow]) -> None:
    merge, delete = _merge_tally(tally)
    lines, is_shrinking = [], False
    for row in rows:
        lines.append(encode_tally(row.key, row.deltas, row.contributors))
        is_shrinking = is_shrinking or row.contributors < 0
    copy(cursor, f"delta_{tally.table}", lines)
    cursor.execute(merge)
    if is_shrinking:
        cursor.execute(delete)
    _empty(cursor, f"delta_{tally.table}")


def _empty(cursor: Any, staging: str) -> None:
    """Deletes the rows, and the space that they leave once there is enough of it.

    Not `on commit delete rows`: that truncates every staging table of the connection at each commit, used or not,
    which took 10 ms and made small batches cost more than all else that they do.
    """
    cursor.execute(f"with gone as (delete from {staging} returning ctid) select max(ctid)::text from gone")
    ((last,),) = cursor.fetchall()
    if last and int(last.strip("()").partition(",")[0]) >= STAGING_BLOCKS:
        cursor.execute(f"truncate {staging}")


def copy(cursor: Any, target: str, lines: Iterable[str]) -> None:
    """COPY of lines in text format; none, no statement."""
    text = "".join(lines)
    if text:
        cursor.copy_expert(f"copy {target} from stdin", StringIO(text))


def create_staging(cursor: Any) -> None:
    """The temporary tables of a connection, made after those of the generation that is first in search_path."""
    for family in FAMILIES:
        table = entity_table(family).name
        _create_staging(cursor, f"changed_{table}", table)
    for tally in TALLIES:
        _create_staging(cursor, f"delta_{tally.table}", tally.table)


def _create_staging(cursor: Any, name: str, like: str) -> None:
    cursor.execute(f"drop table if exists pg_temp.{name}")
    cursor.execute(f"create temporary table {name} (like {like})")


@cache
def _update_entities(family: str) -> str:
    table = entity_table(family)
    assignments = ", ".join(f"{column.name} = changed.{column.name}" for column in table.columns)
    return (
        f"update {table.name} entity set {assignments} from changed_{table.name} changed "
        "where entity.subject = changed.subject"
    )


@cache
def _merge_tally(tally: Tally) -> tuple[str, str]:
    table, columns = tally.table, tally_names(tally)
    names, keys = ", ".join(columns), ", ".join(tally.key)
    sums = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in columns[len(tally.key) :])
    same_key = " and ".join(f"{table}.{key} = delta.{key}" for key in tally.key)
    return (
        f"insert into {table} ({names}) select {names} from delta_{table} on conflict ({keys}) do update set {sums}",
        f"delete from {table} using delta_{table} delta where {table}.contributors = 0 and {same_key}",
    )
