"""Rows of any read model as people read them: words for codes, names for references, links to what a cell speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

import msgspec

from projections import read
from projections.families import FAMILIES
from projections.family import SHANGHAI
from readers.forms import words
from readers.language import Language, Text

ENTRIES = 6
"""Of a list in one cell; the CSV has them all."""
NOBODY = Text("（不公开）", "(not public)")
_WHOLE = Text("合计", "All")
_YES, _NO, _NONE = Text("是", "Yes"), Text("否", "No"), "—"
_REFERENCE = re.compile(r"([a-z]+)/[A-Za-z0-9._~-]{1,120}\Z", re.ASCII)
_TIME = re.compile(r"2[0-9]{3}-[01][0-9]-[0-3][0-9]T[0-9:.]+(?:Z|[+-][0-9:]+)\Z", re.ASCII)
_LINKED = frozenset(FAMILIES) - {"notice"}


class Cell(NamedTuple):
    """`href` leads to the page of what the cell speaks of."""

    text: str
    href: str | None = None
    is_number: bool = False
    is_late: bool = False


def columns(titles: Mapping[str, str], language: Language) -> list[str]:
    """Heads of a table: Chinese titles, or the columns' names as words."""
    return [title if language == "zh" else column.replace("_", " ").capitalize() for column, title in titles.items()]


def references(rows: Iterable[Any], titles: Mapping[str, str]) -> set[str]:
    """Everything that cells refer to, for names."""
    return {one for row in rows for column in titles for one in _texts(_get(row, column)) if _REFERENCE.match(one)}


def cells(
    row: Any, titles: Mapping[str, str], names: Mapping[str, str], language: Language, *, is_veiled: bool
) -> list[Cell]:
    """The cells of a row. `is_veiled`: people are nobody."""
    made = [_cell(row, column, titles, names, language) for column in titles]
    if _get(row, "is_overall") and made and _get(row, next(iter(titles))) is None:
        made[0] = Cell(_WHOLE.in_(language))
    return [_veiled(cell, language) for cell in made] if is_veiled else made


def _cell(row: Any, column: str, titles: Mapping[str, str], names: Mapping[str, str], language: Language) -> Cell:
    value = _get(row, column)
    if column.endswith("_name") and (reference := _get(row, column.removesuffix("_name"))):
        return Cell(str(value or names.get(reference) or reference), _href(reference))
    if isinstance(value, str) and _REFERENCE.match(value):
        is_id = column == "subject" or f"{column}_name" in titles
        return Cell(value if is_id else names.get(value, value), _href(value))
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    is_late = column in ("is_overdue", "overdue", "overdue_cases", "days_late") and bool(value)
    return Cell(_worded(value, column, names, language), None, is_number, is_late)


def _worded(value: Any, column: str, names: Mapping[str, str], language: Language) -> str:
    match value:
        case None:
            return _NONE
        case bool():
            return (_YES if value else _NO).in_(language)
        case float() if column.endswith(("share", "rate")) or column in ("response", "resolution", "satisfaction"):
            return f"{value * 100:.1f}%"
        case int() | float():
            return f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"
        case datetime():
            return value.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
        case date():
            return value.isoformat()
        case str() if _TIME.match(value):
            return _worded(datetime.fromisoformat(value), column, names, language)
        case str():
            return names.get(value) or (words.choice(value, column).in_(language) if value.isascii() else value)
        case list() | tuple():
            told = "、".join(_worded(one, column, names, language) for one in value[:ENTRIES])
            return (told + (f" … {len(value)}" if len(value) > ENTRIES else "")) or _NONE
        case dict():
            return " ".join(_worded(one, name, names, language) for name, one in value.items() if one is not None)
        case read.Indicator() | read.Term():
            return _term(value, language)
        case read.Post():
            return value.name or value.place
        case msgspec.Struct():
            return _worded(msgspec.structs.asdict(value), column, names, language)
    return str(value)


def _term(value: read.Indicator | read.Term, language: Language) -> str:
    """What a score is made of: its name, and how much of it was reached."""
    name = value.indicator if isinstance(value, read.Indicator) else value.term
    told = words.choice(name, "indicator").in_(language)
    return f"{told} {_NONE if value.share is None else f'{value.share * 100:.0f}%'}"


def _href(reference: str) -> str | None:
    """A place leads to its wall, everything else to its own page."""
    family = reference.partition("/")[0]
    if family == "place":
        return f"/wall/{reference}"
    return f"/entities/{reference}" if family in _LINKED else None


def _veiled(cell: Cell, language: Language) -> Cell:
    is_person = (cell.href or "").startswith("/entities/person/") or "person/" in cell.text
    return Cell(NOBODY.in_(language)) if is_person else cell


def _get(row: Any, column: str) -> Any:
    return row.get(column) if isinstance(row, dict) else getattr(row, column, None)


def _texts(value: Any) -> Iterator[str]:
    match msgspec.to_builtins(value):
        case str(text):
            yield text
        case list(values):
            for one in values:
                yield from _texts(one)
        case dict(fields):
            yield from _texts(list(fields.values()))
