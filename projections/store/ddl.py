"""Writes `projections/sql/schema.sql`, the tables of one generation, from the states and tallies of the folds.

    python -m projections.store.ddl > projections/sql/schema.sql

The file is committed, because people read it; a contract test holds it to this.
"""

from __future__ import annotations

from collections.abc import Iterator

from projections.families import FAMILIES
from projections.family import Family, Tally
from projections.store.columns import entity_table

_TEXT, _DATE = 'text collate "C"', "date"
_HEAD = """\
-- The tables of one generation: what a set of folds makes of the ledger. Made by `python -m projections.store.ddl`.
-- Executed with the generation's schema first in search_path. Texts are ordered and compared by code point.

create table position (
    partition smallint primary key,
    next bigint not null,
    last_hash text
);

create table anomaly (
    partition smallint not null,
    ledger_offset bigint not null,
    time timestamptz not null,
    subject text collate "C" not null,
    event text not null,
    reason text not null,
    primary key (partition, ledger_offset)
);

-- Clocks that run. `due` is what an event stamped; where it is null, the rule of the clock makes it.
create table deadline (
    subject text collate "C" not null,
    clock text collate "C" not null,
    key text collate "C" not null,
    holder text collate "C",
    started_at timestamptz not null,
    recorded_at timestamptz not null,
    span_class text collate "C" not null,
    due timestamptz,
    pauses jsonb not null,            -- [[from, until | null], …]
    primary key (subject, clock, key)
) with (fillfactor = 75);
-- For the clock: told in time, and possibly due.
create index on deadline (due) where due is not null and recorded_at - started_at <= interval '24 hours';
create index on deadline (clock, span_class, started_at)
    where due is null and recorded_at - started_at <= interval '24 hours';

-- How much each source has told of each day (Shanghai, by the event's time), and the newest of it.
create table watermark (
    partition smallint not null,
    source text collate "C" not null,
    day date not null,
    events bigint not null,
    newest_time timestamptz not null,
    newest_stamp timestamptz not null,
    primary key (partition, source, day)
) with (fillfactor = 70);
"""
# What `open_load` and `case_is_open` ask of entities, word for word: who carries what is read at each dispatch, and
# what is overdue each time that somebody looks, whatever the history.
_OPEN = {
    "application": "filed_at is not null and decided_at is null",
    "case": "discovered_at is not null"
    " and coalesce(refused_at, handled_at, merged_at, withdrawn_at, closed_at) is null",
    "hazard": "found_at is not null and fixed_at is null and verified_at is null",
    "mediation": "opened_at is not null and coalesce(settled_at, failed_at) is null and refused_at is null",
}
# How other systems look for cases: by their own number, and through Open311 the newest of its own first.
_LOOKED_UP = {
    "case": (
        "(external_system, external_number) where external_number is not null",
        "(discovered_at) where channel = 'open311'",
    )
}


def schema() -> str:
    """The SQL of a generation's tables."""
    return _HEAD + "".join(part for family in FAMILIES.values() for part in _family(family))


def _family(family: Family) -> Iterator[str]:
    table = entity_table(family.name)
    columns = ",\n".join(f"    {_entity_column(column.name, column.sql)}" for column in table.columns)
    yield (
        f"\n-- {family.name}, version {family.version}\ncreate table {table.name} (\n"
        f'    subject text collate "C" primary key,\n{columns}\n) with (fillfactor = 75);\n'
    )
    if family.name in _OPEN:
        yield f"create index on {table.name} (subject) where {_OPEN[family.name]};\n"
    for how in _LOOKED_UP.get(family.name, ()):
        yield f"create index on {table.name} {how};\n"
    for tally in family.tallies:
        yield _tally(tally)


def _entity_column(name: str, sql: str) -> str:
    collation = ' collate "C"' if sql == "text" else ""
    return f"{name} {sql}{collation}"


def _tally(tally: Tally) -> str:
    keys = [f"{name} {_DATE if name == 'day' else _TEXT} not null" for name in tally.key]
    measures = [f"{name} bigint not null" for name in (*tally.measures, "contributors")]
    lines = ",\n".join(f"    {line}" for line in [*keys, *measures, f"primary key ({', '.join(tally.key)})"])
    return f"\ncreate table {tally.table} (\n{lines}\n) with (fillfactor = 70);\n"


if __name__ == "__main__":
    print(schema(), end="")
