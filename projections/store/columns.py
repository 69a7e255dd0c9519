"""States and tallies as table columns: SQL types, cells of text as PostgreSQL reads them, and back.

The home of an entity's columns is its State class; `ddl` writes the SQL from what is derived here.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec

from projections.families import FAMILIES
from projections.family import State, Tally


class Column(NamedTuple):
    """One column: `encode` gives the text of a value that is not None, `decode` takes what psycopg2 gives."""

    name: str
    sql: str
    encode: Callable[[Any], str]
    decode: Callable[[Any], Any] | None


@dataclass(frozen=True)
class EntityTable:
    """The table of a family's states: `subject` and one column for each field."""

    name: str
    state: type[State]
    columns: tuple[Column, ...]
    encoders: tuple[Callable[[Any], str], ...]

    @property
    def names(self) -> str:
        """All column names for SQL lists."""
        return ", ".join(("subject", *(column.name for column in self.columns)))

    def encode(self, subject: str, state: State) -> list[str | None]:
        """The cells of a row."""
        values = msgspec.structs.astuple(state)
        cells = [None if value is None else encode(value) for encode, value in zip(self.encoders, values, strict=True)]
        return [subject, *cells]

    def decode(self, row: Sequence[Any]) -> State:
        """The state of a selected row (subject first)."""
        fields = {}
        for column, value in zip(self.columns, row[1:], strict=True):
            if value is not None:
                fields[column.name] = column.decode(value) if column.decode else value
        return self.state(**fields)


@cache
def entity_table(family: str) -> EntityTable:
    """The table of a family."""
    state = FAMILIES[family].state
    hints = get_type_hints(state)
    columns = tuple(_column(name, hints[name]) for name in state.__struct_fields__)
    return EntityTable(FAMILIES[family].table, state, columns, tuple(column.encode for column in columns))


def tally_names(tally: Tally) -> tuple[str, ...]:
    """All columns of a tally's table, in the order of `encode_tally`."""
    return (*tally.key, *tally.measures, "contributors")


def encode_tally(key: Sequence[str | date], values: Sequence[int], contributors: int) -> list[str | None]:
    """The cells of a row."""
    return list(map(str, (*key, *values, contributors)))


def _column(name: str, hint: Any) -> Column:
    if get_origin(hint) in (Union, types.UnionType):
        (hint,) = (part for part in get_args(hint) if part is not type(None))
    if hint is str:
        return Column(name, "text", str, None)
    if hint is datetime:
        return Column(name, "timestamptz", datetime.isoformat, None)
    if hint is bool:
        return Column(name, "boolean", lambda value: "t" if value else "f", None)
    if hint is int:
        return Column(name, "bigint", str, None)
    if hint is float:
        return Column(name, "double precision", repr, None)
    if get_origin(hint) is tuple:
        decode = msgspec.json.Decoder(hint).decode
        return Column(name, "jsonb", _encode_json, decode)
    raise TypeError(f"no column type for {name}: {hint}")


def _encode_json(value: Any) -> str:
    return msgspec.json.encode(value).decode() if value else "[]"
