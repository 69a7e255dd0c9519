"""An answer as a text: JSON with everything that it says of itself, or CSV that a spreadsheet opens as it is."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, get_args, get_type_hints
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from audit.bulk.spreadsheet import harmless
from projections import read
from readers.api.freshness import Fresh

_SHANGHAI = ZoneInfo("Asia/Shanghai")
_person = re.compile(rb"person/[A-Za-z0-9._~-]{1,120}")
_NOBODY = b"person/*"
BOM = "\ufeff"


class Body(Struct, frozen=True, kw_only=True):
    """What a JSON answer holds. `position` is where the tables stood, as the changes name it; `next` is the address of
    the page after this one."""

    name: str
    title: str
    generation: str
    position: str
    as_of: datetime
    period: read.Period | None
    rules: tuple[read.RuleUsed, ...]
    freshness: Fresh
    options: Mapping[str, Any]
    titles: Mapping[str, str]
    rows: Sequence[Any]
    is_cut: bool
    next: str | None


def row_type(model: read.ReadModel, options: Mapping[str, Any]) -> type[read.Row]:
    """The type of the rows of an answer."""
    if isinstance(model, read.Board):
        first = model.first or read.choices_of(model)["by"][0]
        return read.board_row(model, tuple(options.get("by") or (first,)))
    if isinstance(model, read.Book):
        return read.book_row(model)
    found: type[read.Row] = get_args(get_type_hints(model.ask)["return"])[0]
    return found


def without(rows: Iterable[read.Row], columns: Sequence[str]) -> list[Any]:
    """The rows with these columns left out."""
    return [{name: value for name, value in msgspec.structs.asdict(row).items() if name not in columns} for row in rows]


def json_of(body: Body) -> bytes:
    """The body as JSON."""
    return msgspec.json.encode(body)


def csv_of(titles: Mapping[str, str], rows: Iterable[Any]) -> bytes:
    """The columns that have titles, under these; codes in Chinese, times in Shanghai, UTF-8 with a byte order mark."""
    text = io.StringIO(newline="")
    text.write(BOM)
    writer = csv.writer(text)
    writer.writerow(map(harmless, titles.values()))
    for row in rows:
        value_of = row.get if isinstance(row, dict) else _getter(row)
        writer.writerow([_cell(value_of(column), column) for column in titles])
    return text.getvalue().encode()


def veiled(text: bytes) -> bytes:
    """The text with nobody in it."""
    return _person.sub(_NOBODY, text)


def _getter(row: Any) -> Callable[[str], Any]:
    return lambda column: getattr(row, column)


def _cell(value: Any, column: str) -> Any:
    """Numbers stay numbers; what begins like a formula is made a text."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    return harmless(_worded(value, column))


def _worded(value: Any, column: str) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "是" if value else "否"
        case datetime():
            return value.astimezone(_SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
        case date():
            return value.isoformat()
        case str():
            return read.word(value, column)
        case list() | tuple():
            return "；".join(_worded(one, column) for one in value)
        case dict():
            return " ".join(f"{name}={_worded(one, name)}" for name, one in value.items() if one is not None)
        case Struct():
            return _worded(msgspec.structs.asdict(value), column)
    return str(value)
