"""Rows as a table shows them to staff: words for codes, names for references, Shanghai's time, the whole as 合计."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from projections import read
from shanzhi.cli.output import cell

ENTRIES = 6  # of a list in one cell; --json has them all
Names = Mapping[str, str]
_is_reference = re.compile(r"[a-z]+/[A-Za-z0-9._~-]+\Z").match
_is_time = re.compile(r"2[0-9]{3}-[01][0-9]-[0-3][0-9]T[0-9:.]+(?:Z|[+-][0-9:]+)\Z").match


def references(rows: list[Any]) -> set[str]:
    """Everything that the shown columns refer to, or lack the name of, for `read.names_of`."""
    told = (
        _texts(getattr(row, column, None))
        for row in rows
        for title in type(row).titles
        for column in (title, title.removesuffix("_name"))
    )
    return {one for texts in told for one in texts if _is_reference(one)}


def _texts(value: Any) -> Iterator[str]:
    match msgspec.to_builtins(value):
        case str(text):
            yield text
        case list(values):
            for one in values:
                yield from _texts(one)
        case dict(fields):
            yield from _texts(list(fields.values()))


def shown(row: read.Row, names: Names) -> list[str]:
    """The cells of a row. Ids stay where they identify the row, or where a name stands beside them."""
    titles = type(row).titles
    cells = [_cell(row, column, titles, names) for column in titles]
    is_whole = getattr(row, "is_overall", False) and getattr(row, next(iter(titles))) is None
    return ["合计", *cells[1:]] if is_whole else cells


def _cell(row: read.Row, column: str, titles: Mapping[str, str], names: Names) -> str:
    value = getattr(row, column)
    if column == "subject" or f"{column}_name" in titles:
        return cell(value)
    if value is None and column.endswith("_name"):
        return _nameless(getattr(row, column.removesuffix("_name"), None), names)
    if isinstance(value, list | tuple):
        told = [worded(one, column, names) for one in value[:ENTRIES]]
        return ", ".join(told) + (f" … 共 {len(value)}" if len(value) > ENTRIES else "")
    return worded(value, column, names)


def _nameless(reference: str | None, names: Names) -> str:
    """People have no names here; of others the register, or what is missing in it."""
    if reference is None:
        return cell(None)
    is_person = reference.startswith("person/")
    return names.get(reference) or (reference if is_person else f"未登记 {reference}")


def worded(value: Any, column: str, names: Names) -> str:
    """A value as staff read it: words for codes, names for references, Shanghai's time."""
    if isinstance(value, read.Indicator):
        return f"{read.word(value.indicator, 'indicator')} {cell(value.points)}/{cell(value.points_of)}"
    if isinstance(value, read.Post):
        return value.name or value.place
    if isinstance(value, msgspec.Struct):
        value = msgspec.structs.asdict(value)
    if isinstance(value, dict):
        return " ".join(worded(one, name, names) for name, one in value.items() if one is not None)
    if isinstance(value, list):
        return "、".join(worded(one, column, names) for one in value)
    if isinstance(value, str):
        if _is_time(value):
            return cell(datetime.fromisoformat(value))
        return cell(names.get(value) or read.word(value, column))
    return cell(value)
