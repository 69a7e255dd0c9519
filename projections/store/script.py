"""Statements of one transaction, prepared once for a connection and sent together: a round trip and a plan of its own
for each of a hundred tables would cost more than the rows (docs/why/small-batches.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from typing import Any

from projections.store.tables import Table

COPY_ROWS = 500
"""From so many rows on, new ones go in by COPY, which parses less; below, its round trip costs more."""

Cells = Sequence[str | None]
"""A row, or its key, as PostgreSQL reads values from text."""

_NULL = "\\N"
_COPIED = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}  # the backslash first, as it stands in the others
_QUOTED = {"\\": "\\\\", '"': '\\"'}
_IN_QUOTES = ("text", "jsonb", "bytea")


class Script:
    """Collects what is to be executed on a cursor. `prepared` are the statements that its connection knows by now."""

    def __init__(self, cursor: Any, prepared: set[str]) -> None:
        self._cursor = cursor
        self._prepared = prepared
        self._statements: list[str] = []

    def insert(self, table: Table, rows: Sequence[Cells]) -> None:
        """New rows. Many of them are copied at once, before everything that was collected."""
        if len(rows) >= COPY_ROWS:
            copy(self._cursor, f"{table.name} ({', '.join(table.columns)})", rows)
        else:
            self._execute(f"insert_{table.label}", table, tuple(table.columns), _insert(table), rows)

    def merge(self, table: Table, otherwise: str, rows: Iterable[Cells]) -> None:
        """Rows that may stand there: `otherwise` is what to do then, as `on conflict … do` has it."""
        sql = f"{_insert(table)} on conflict ({', '.join(table.key)}) do {otherwise}"
        self._execute(f"merge_{table.label}", table, tuple(table.columns), sql, rows)

    def update(self, table: Table, rows: Iterable[Cells]) -> None:
        """Rows that stand there become these."""
        values = ", ".join(f"{name} = given.{name}" for name in table.rest)
        sql = f"update {table.name} kept set {values} from {_given(tuple(table.columns))} where {_same_key(table)}"
        self._execute(f"update_{table.label}", table, tuple(table.columns), sql, rows)

    def delete(self, table: Table, keys: Iterable[Cells], only: str = "true") -> None:
        """Rows by their keys; `only` those of which this is true of the row, called `kept`."""
        sql = f"delete from {table.name} kept using {_given(table.key)} where {_same_key(table)} and {only}"
        self._execute(f"delete_{table.label}", table, table.key, sql, keys)

    def add(self, sql: str) -> None:
        """One statement as it stands: its values are numbers and hexadecimal digits."""
        self._statements.append(sql)

    def send(self) -> None:
        """Executes all that was collected, in its order."""
        if self._statements:
            self._cursor.execute(";\n".join(self._statements))
            self._statements.clear()

    def _execute(self, name: str, table: Table, names: tuple[str, ...], sql: str, rows: Iterable[Cells]) -> None:
        """One execution for all rows, their columns as arrays. No rows, no statement."""
        columns = list(zip(*rows, strict=True))
        if not columns:
            return
        types = [table.columns[name] for name in names]
        if name not in self._prepared:
            self._cursor.execute(f"prepare {name} ({', '.join(f'{one}[]' for one in types)}) as {sql}")
            self._prepared.add(name)
        arrays = ", ".join(_array(cells, type_) for cells, type_ in zip(columns, types, strict=True))
        self._statements.append(f"execute {name} ({arrays})")


def copy(cursor: Any, target: str, rows: Iterable[Cells]) -> None:
    """COPY of rows in text format."""
    columns = map(_escaped, zip(*rows, strict=True))
    cells = zip(*[[_NULL if cell is None else cell for cell in column] for column in columns], strict=True)
    cursor.copy_expert(f"copy {target} from stdin", StringIO("\n".join(map("\t".join, cells)) + "\n"))


def _escaped(column: Cells) -> Cells:
    """Looks at all cells at once, for there is seldom anything to escape."""
    return [cell and escape(cell) for cell in column] if _has(column, _COPIED) else column


def escape(text: str) -> str:
    """Text as COPY takes it."""
    return _replaced(text, _COPIED)


def _has(cells: Cells, characters: Iterable[str]) -> bool:
    whole = "".join([cell for cell in cells if cell])
    return any(character in whole for character in characters)


def _replaced(text: str, characters: Mapping[str, str]) -> str:
    for character, written in characters.items():  # `str.translate` takes ten times as long
        if character in text:
            text = text.replace(character, written)
    return text


def _insert(table: Table) -> str:
    names = tuple(table.columns)
    return f"insert into {table.name} ({', '.join(names)}) select * from {_given(names)}"


def _given(names: tuple[str, ...]) -> str:
    arrays = ", ".join(f"${number}" for number in range(1, len(names) + 1))
    return f"unnest({arrays}) given({', '.join(names)})"


def _same_key(table: Table) -> str:
    return " and ".join(f"kept.{name} = given.{name}" for name in table.key)


def _array(cells: Cells, type_: str) -> str:
    """An array constant. Without standard_conforming_strings it would say something else; `connect` sets that."""
    if type_ not in _IN_QUOTES:
        return "'{" + ",".join(["null" if cell is None else cell for cell in cells]) + "}'"
    if _has(cells, _QUOTED):
        cells = [cell and _replaced(cell, _QUOTED) for cell in cells]
    held = ",".join(["null" if cell is None else f'"{cell}"' for cell in cells])
    return "'{" + held.replace("'", "''") + "}'"
