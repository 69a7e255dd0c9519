"""Writes a folded partition into the tables of the schema that stands first in search_path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from audit.folding.partition import PartitionFold, add_contributions
from projections.family import Tally
from projections.store.columns import entity_table
from projections.store.rows import Key, Plan
from projections.store.script import Script, copy
from projections.store.sums import Sums
from projections.store.tables import INDEX, QUARANTINE, entities, tallies
from projections.store.write import (
    write_anomalies,
    write_deadlines,
    write_index,
    write_position,
    write_verdicts,
    write_watermarks,
)

_ROWS_AT_ONCE = 5_000
T = TypeVar("T")


def write_partition(script: Script, folded: PartitionFold, sums: Sums) -> None:
    """Everything but the tallies, which partitions share: those are added to `sums`. The states are gone afterwards."""
    plan = folded.plan
    for name, states in folded.families():
        encode, table = entity_table(name).encode, entities(name)
        for rows in _portions(iter(states.items())):
            script.insert(table, [encode(subject, state) for subject, state in rows])
        add_contributions(sums, name, states.values())
    folded.states.clear()
    write_anomalies(script, plan)
    write_deadlines(script, plan)
    write_watermarks(script, plan)
    write_position(script, plan)
    script.send()


def write_sums(cursor: Any, tally: Tally, rows: Mapping[Key, Sequence[int]], *, into_empty: bool) -> None:
    """Adds rows to a tally; by COPY alone where it is empty."""
    table = tallies(tally)
    columns = f"({', '.join(table.columns)})"
    if into_empty:
        _copy_sums(cursor, f"{table.name} {columns}", rows)
        return
    cursor.execute(f"create temporary table part (like {table.name}) on commit drop")
    _copy_sums(cursor, f"part {columns}", rows)
    sums_of = ", ".join(f"{name} = {table.name}.{name} + excluded.{name}" for name in table.rest)
    known = f"on conflict ({', '.join(table.key)}) do update set {sums_of}"
    cursor.execute(f"insert into {table.name} select * from part {known}; drop table part")


def _copy_sums(cursor: Any, target: str, rows: Mapping[Key, Sequence[int]]) -> None:
    """In order of the key, which the table's index likes."""
    keys = sorted(rows)
    for some in _portions(iter(keys)):
        copy(cursor, target, [[*map(str, key), *map(str, rows[key])] for key in some])


def write_settled(script: Script, schema: str, plan: Plan) -> None:
    """The index rows and verdicts of a batch, for an index that is made afresh; the plan keeps their number."""
    write_index(script, INDEX.of(f"{schema}.event_index"), plan)
    write_verdicts(script, QUARANTINE.of(f"{schema}.quarantine"), plan)
    script.send()


def write_index_position(cursor: Any, schema: str, plan: Plan, indexed: int, quarantined: int) -> None:
    """How many records of a partition became what."""
    cursor.execute(
        f"insert into {schema}.index_position (partition, topic_id, next, indexed, repeats, quarantined, gaps, "
        "last_hash) select partition, topic_id, %s, %s, %s, %s, %s, %s from shanzhi.index_position "
        "where partition = %s",
        (plan.next, indexed, plan.repeats, quarantined, plan.gaps, plan.last_hash, plan.partition),
    )


def _portions(items: Iterator[T]) -> Iterator[Sequence[T]]:
    while some := list(islice(items, _ROWS_AT_ONCE)):
        yield some
