"""A first mapping from what a table's columns are called and what stands in them, for somebody to look over."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from ledger import opaque
from ledger.errors import EventRefused
from producers.tables.reading import Row
from producers.tables.refusals import RowRefused, TableRefused
from producers.tables.values import Texts, Times

ROWS_LOOKED_AT = 2_000
HEADS_LOOKED_AT = 10  # a title may stand above the head
VALUES_SHOWN = 40
_SEVERAL = ("text",)  # fields that take what stands in several columns
_TIMES = ("discovered", "assigned", "due", "closed", "rated")
FORMATS = (
    "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y",
    "%Y%m%d%H%M%S", "%Y%m%d %H:%M:%S",
)  # fmt: skip
_aside = re.compile(r"[\s()（）\[\]【】:：*]+")


class Guess(NamedTuple):
    """Which columns are which field, what their values are likely to mean, and what a person has to decide."""

    header_row: int
    columns: Mapping[str, Sequence[str]]
    personal: Sequence[str]
    values: Mapping[str, Mapping[str, Any]]
    times: Sequence[str]
    prefix: str
    rows: int

    @property
    def missing(self) -> list[str]:
        """Fields that every mapping has to have and that no column is called after."""
        return [field for field in ("number", "discovered") if field not in self.columns]


def guess(rows: Iterable[Row | RowRefused]) -> Guess:
    """Raises `TableRefused` for a table without a head."""
    looked_at = [row for row in islice(rows, ROWS_LOOKED_AT) if isinstance(row, Row)]
    heads = [row for row in looked_at[:HEADS_LOOKED_AT] if any(_text(cell) for cell in row.cells)]
    if not heads:
        raise TableRefused("表中没有表头 · the table has no head", "第一行写列名 · Its first row has to name columns.")
    head = max(heads, key=lambda row: (sum(len(columns) for columns in _columns(_names(row)).values()), -row.number))
    names, body = _names(head), [row for row in looked_at if row.number > head.number]
    columns = _columns(names)
    seen = {field: _seen(names.index(found[0]), body) for field, found in columns.items()}
    personal = [name for name in names if _plain(name) in _known()["personal"]]
    return Guess(
        header_row=head.number,
        columns=columns,
        personal=personal,
        values={
            field: dict(_meanings(field, seen[field], columns[field][0]))
            for field in _known()["values"]
            if field in seen
        },
        times=list(_formats(seen)),
        prefix=_prefix(seen.get("number", ())),
        rows=len(body),
    )


def _names(row: Row) -> list[str]:
    return [_text(cell) for cell in row.cells]


def _text(cell: Any) -> str:
    return Texts(()).of(cell)


def _plain(name: str) -> str:
    """A name as names are compared."""
    return _aside.sub("", name).lower().replace("_", "")


def _columns(names: Sequence[str]) -> dict[str, list[str]]:
    """Columns by field, each column once: a name that stands first in a field's list goes before the others."""
    at = {_plain(name): name for name in reversed(names) if name}
    found: dict[str, list[str]] = {}
    taken: set[str] = set()
    for field, known in _known()["columns"].items():
        wanted = [at[one] for one in known if one in at and at[one] not in taken]
        if wanted:
            found[field] = wanted if field in _SEVERAL else wanted[:1]
            taken.update(found[field])
    return found


def _seen(index: int, rows: Sequence[Row]) -> Counter[str]:
    """Texts of a column and how often they stand there; times as they are written."""
    cells = (row.cells[index] for row in rows if index < len(row.cells))
    return Counter(text for cell in cells if not isinstance(cell, datetime) and (text := _text(cell)))


def _meanings(field: str, seen: Counter[str], column: str) -> Iterator[tuple[str, Any]]:
    """What each of the most frequent values is likely to mean, None where nobody can tell; then what else the next
    table may hold, in the language of the column's name."""
    known = _known()["values"][field]
    for value, _ in seen.most_common(VALUES_SHOWN):
        yield value, known.get(value)
    for value, meaning in known.items():
        if value not in seen and value.isascii() == column.isascii():
            yield value, meaning


def _formats(seen: Mapping[str, Counter[str]]) -> Iterator[str]:
    """The formats that read what nothing else does."""
    zone = ZoneInfo("UTC")
    texts = {text for field in _TIMES for text in islice(seen.get(field, ()), 200)}
    unread = {text for text in texts if not _reads(Times((), zone), text)}
    for one in FORMATS:
        read = {text for text in unread if _reads(Times((one,), zone), text)}
        if read:
            yield one
            unread -= read


def _reads(times: Times, text: str) -> bool:
    with suppress(RowRefused):
        times.of("", text, text)
        return True
    return False


def _prefix(numbers: Iterable[str]) -> str:
    """Numbers that look like somebody's identity or phone number are refused as ids, unless something stands before."""
    for number in numbers:
        try:
            opaque.check(number.encode(errors="replace"), {"number": number}, frozenset())
        except EventRefused:
            return "N"
    return ""


@cache
def _known() -> Mapping[str, Any]:
    text = (files("producers.tables") / "names.toml").read_text(encoding="utf-8")
    read = tomllib.loads(text)
    columns = {field: [_plain(name) for name in names] for field, names in read["columns"].items()}
    return {
        "columns": columns,
        "personal": {_plain(name) for name in read["personal"]["contact"]},
        "values": read["values"],
    }
