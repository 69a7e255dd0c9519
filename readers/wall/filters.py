"""`where`: which rows of an answer are kept, by what stands in a column: a number opens just what it counted."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import msgspec

from projections.family import day_of
from projections.read import QuestionRefused, Row

MOST = 6
_CHARACTERS = 200
_FILTER = re.compile(r"(-?)([a-z][a-z0-9_]{0,59})(?::(.{1,160}))?\Z", re.ASCII | re.DOTALL)


class Filter(NamedTuple):
    """`values` empty: the column has something (or nothing, where `is_empty`)."""

    column: str
    values: tuple[str, ...]
    is_empty: bool
    text: str


def filters(told: Sequence[str], kind: type[Row], withheld: Collection[str] | None = None) -> list[Filter]:
    """`column`, `-column`, `column:one,other`, of columns that rows of this kind have. Raises `QuestionRefused`.

    `withheld` are columns that strangers are not told, and so can't ask for; nor can they ask for a person.
    """
    if len(told) > MOST:
        raise QuestionRefused(f"条件过多 · {len(told)} conditions", f"至多 {MOST} 个 · At most {MOST}.")
    found = [_filter(one, kind) for one in told]
    if withheld is not None and (hidden := [one.text for one in found if _is_hidden(one, withheld)]):
        raise QuestionRefused(f"条件“{hidden[0][:40]}”需登录 · is for those with a login", "登录后再看 · Log in.")
    return found


def kept(rows: Iterable[Any], asked: Sequence[Filter]) -> list[Any]:
    """The rows that fulfil all of them."""
    return [row for row in rows if all(_fulfils(getattr(row, one.column), one) for one in asked)]


def _filter(text: str, kind: type[Row]) -> Filter:
    match = _FILTER.match(text) if len(text) <= _CHARACTERS else None
    if match is None:
        raise QuestionRefused(
            f"看不懂条件“{text[:40]}” · no condition", "写作 · Write column, -column or column:value."
        )
    minus, column, values = match.groups()
    if column not in kind.__struct_fields__:
        known = ", ".join(kind.__struct_fields__)
        raise QuestionRefused(f"没有 {column} 这一列 · there is no such column", f"可用 · Its columns: {known}.")
    return Filter(column, tuple(values.split(",")) if values else (), bool(minus), text)


def _is_hidden(asked: Filter, withheld: Collection[str]) -> bool:
    return asked.column in withheld or any("person/" in value for value in asked.values)


def _fulfils(value: Any, asked: Filter) -> bool:
    if not asked.values:
        return bool(value) is not asked.is_empty
    return (_plain(value) in asked.values) is not asked.is_empty


def _plain(value: Any) -> str:
    """Times count by their day in Shanghai."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return day_of(value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(msgspec.to_builtins(value))
