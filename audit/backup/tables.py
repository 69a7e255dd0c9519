"""Which tables a backup holds, in an order in which each comes after those that it refers to."""

from __future__ import annotations

from graphlib import TopologicalSorter
from typing import Any

from msgspec import Struct

# Names schemas that are not in a backup: a rebuild makes generations anew.
OF_GENERATIONS = "shanzhi.generation"
# Whoever was logged in logs in again.
OF_SESSIONS = "shanzhi.session"
_TABLES = """
select format('%I.%I', nspname, relname), array(
    select attname::text from pg_attribute
    where attrelid = pg_class.oid and attnum > 0 and not attisdropped and attgenerated = '' order by attnum)
from pg_class join pg_namespace on pg_namespace.oid = relnamespace
where relkind = 'r' and nspname in ('shanzhi', 'vault') order by 1
"""
_REFERENCES = """
select conrelid::regclass::text, confrelid::regclass::text from pg_constraint
where contype = 'f' and conrelid <> confrelid
    and connamespace::regnamespace::text in ('shanzhi', 'vault')
"""
_COUNTED = """
select attname from pg_attribute
where attrelid = %s::regclass and attidentity <> '' and not attisdropped
"""


class Table(Struct, frozen=True):
    """A table by its full name, and its columns."""

    name: str
    columns: list[str]

    @property
    def target(self) -> str:
        """Table and columns as COPY takes them."""
        return f"{self.name} ({', '.join(quoted(column) for column in self.columns)})"


def quoted(name: str) -> str:
    """An identifier for SQL."""
    return '"' + name.replace('"', '""') + '"'


def permanent_tables(cursor: Any) -> list[Table]:
    """All of them, save sessions, generations and what refers to these."""
    cursor.execute(_TABLES)
    tables = {name: Table(name, columns) for name, columns in cursor.fetchall()}
    cursor.execute(_REFERENCES)
    references: dict[str, set[str]] = {name: set() for name in tables}
    for name, other in cursor.fetchall():
        references.setdefault(name, set()).add(other)
    left_out = {OF_GENERATIONS, OF_SESSIONS}
    while more := {name for name, others in references.items() if others & left_out} - left_out:
        left_out |= more
    return [tables[name] for name in TopologicalSorter(references).static_order() if name in tables.keys() - left_out]


def master_keys_of(cursor: Any) -> list[tuple[int, bytes]]:
    """The vault's master keys, as `KeyRing.open` takes them."""
    cursor.execute("select id, proof from vault.master_key order by id")
    return [(number, bytes(proof)) for number, proof in cursor.fetchall()]


def count_on(cursor: Any, table: Table) -> None:
    """Numbers that the table gives out itself go on after those that were restored."""
    cursor.execute(_COUNTED, (table.name,))
    for (column,) in cursor.fetchall():
        cursor.execute(
            f"select setval(pg_get_serial_sequence(%s, %s), coalesce(max({quoted(column)}), 0) + 1, false) "
            f"from {table.name}",
            (table.name, column),
        )
