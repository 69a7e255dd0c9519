"""Two sets of a generation's tables, compared byte for byte; of each table that differs, the first row that does.

The two sides have a cursor each, so that one of them may be a snapshot of before the other one was made.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple

from projections.store.tables import generation_tables

_SHOWN_CHARACTERS = 200
_ROWS_AT_ONCE = 2_000


class Side(NamedTuple):
    """A schema as a cursor sees it; the cursor is in a transaction."""

    cursor: Any
    schema: str


class Cell(NamedTuple):
    """A column in which two rows of one key differ."""

    column: str
    left: str
    right: str


class Difference(NamedTuple):
    """A row that differs: by cells, or because it stands on one side `only` (left, right), or why in words."""

    table: str
    key: dict[str, str]
    cells: tuple[Cell, ...] = ()
    only: str = ""
    events: tuple[str, ...] = ()
    why: str = ""

    def told(self, left: str, right: str) -> str:
        """In a line, with names for the sides."""
        where = f"{self.table}: {', '.join(f'{name} {value}' for name, value in self.key.items())}"
        events = f" (events {', '.join(self.events)})" if self.events else ""
        if self.why:
            return f"{where}: {self.why}{events}"
        if self.only:
            return f"{where}: 仅在 only in {left if self.only == 'left' else right}{events}"
        cells = "; ".join(f"{one.column} is {one.left} in {left}, {one.right} in {right}" for one in self.cells)
        return f"{where}: {cells}{events}"


@dataclass
class Comparison:
    """SHA-256 by table of the left side's rows in order of their keys, and what differs."""

    digests: dict[str, str] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        """Whether every table is the same on both sides."""
        return not self.differences


def compare_tables(left: Side, right: Side) -> Comparison:
    """Every table of a generation on both sides, which are read side by side where each has a connection."""
    with ThreadPoolExecutor(1 if left.cursor.connection is right.cursor.connection else 2) as threads:
        ours, theirs = threads.map(digests, (left, right))
    differing = [(table, key) for table, key in generation_tables() if ours[table] != theirs[table]]
    return Comparison(ours, [_first_difference(left, right, table, key) for table, key in differing])


def digests(side: Side) -> dict[str, str]:
    """SHA-256 by table."""
    return {table: digest(side, table, key) for table, key in generation_tables()}


def digest(side: Side, table: str, key: tuple[str, ...]) -> str:
    """SHA-256 of the table's rows as COPY writes them, in order of the key."""
    target = _Digesting()
    side.cursor.copy_expert(f"copy ({_query(side, table, key)}) to stdout", target, 65_536)
    return target.hash.hexdigest()


class _Digesting:
    """A file that only hashes what is written to it."""

    def __init__(self) -> None:
        self.hash = sha256()

    def write(self, data: bytes) -> int:
        self.hash.update(data)
        return len(data)


def _query(side: Side, table: str, key: tuple[str, ...]) -> str:
    return f"select * from {side.schema}.{table} order by {', '.join(key)}"


def _first_difference(left: Side, right: Side, table: str, key: tuple[str, ...]) -> Difference:
    """Both sides read in step, up to the first row that is not the same."""
    with _rows(left, table, key) as ours, _rows(right, table, key) as theirs:
        while True:
            one, other = next(ours, None), next(theirs, None)
            if one != other or one is None:
                break
    if one and other and _key(one, key) == _key(other, key):
        cells = tuple(Cell(name, _shown(one[name]), _shown(other[name])) for name in one if one[name] != other[name])
        return Difference(table, _named(one, key), cells)
    if other is None or (one is not None and _key(one, key) < _key(other, key)):
        return Difference(table, _named(one or {}, key), only="left")
    return Difference(table, _named(other, key), only="right")


@contextmanager
def _rows(side: Side, table: str, key: tuple[str, ...]) -> Iterator[Iterator[dict[str, Any]]]:
    """The rows in order of the key, a part at a time; bytes as hexadecimal digits."""
    name = f"rows_{secrets.token_hex(4)}"
    with side.cursor.connection.cursor(name) as cursor:
        cursor.itersize = _ROWS_AT_ONCE
        cursor.execute(_query(side, table, key))
        yield (dict(zip((one.name for one in cursor.description), row, strict=True)) for row in cursor)


def _key(row: dict[str, Any], key: tuple[str, ...]) -> tuple[Any, ...]:
    """Comparable as PostgreSQL orders it: texts go by code point there, too."""
    return tuple(row[name] for name in key)


def _named(row: dict[str, Any], key: tuple[str, ...]) -> dict[str, str]:
    return {name: str(row[name]) for name in key if name in row}


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
