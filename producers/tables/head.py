"""The head of a table: which column each field of the mapping is in, and what a row has there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple, get_args

import msgspec

from ledger.events.case import Channel, Demand, HandleClass, Satisfaction, Urgency
from producers.tables.mapping import Columns, Status, TableMapping
from producers.tables.reading import Cell, Row, Table, opened
from producers.tables.refusals import MappingRefused, RowRefused, TableRefused
from producers.tables.values import Texts, Times, meant

_CODES: Mapping[str, Mapping[str, Any]] = {
    "channel": dict(zip(get_args(Channel), get_args(Channel), strict=True)),
    "demand": dict(zip(get_args(Demand), get_args(Demand), strict=True)),
    "urgency": dict(zip(get_args(Urgency), get_args(Urgency), strict=True)),
    "handle_class": dict(zip(get_args(HandleClass), get_args(HandleClass), strict=True)),
    "status": dict(zip(get_args(Status), get_args(Status), strict=True)),
    "satisfaction": dict(zip(get_args(Satisfaction), get_args(Satisfaction), strict=True)),
    "resolved": {"true": True, "false": False},
}


class Column(NamedTuple):
    """A column by its name and where it stands, from 0."""

    name: str
    place: int


class Head:
    """The columns of a table as a mapping uses them. Raises `MappingRefused` for one that is not there, or twice."""

    def __init__(self, cells: Sequence[Cell], mapping: TableMapping) -> None:
        self.mapping = mapping
        self._texts, self._times = Texts(mapping.empty), Times(mapping.times, mapping.timezone)
        names = [str(cell or "").strip() for cell in cells]
        self._columns = {
            field: tuple(_found(name, names) for name in wanted) for field, wanted in _wanted(mapping.columns)
        }
        self._width = len(names)
        used = {column.place for columns in self._columns.values() for column in columns}
        self.ignored = [name for index, name in enumerate(names) if name and index not in used]

    def of(self, row: Row) -> Fields:
        """A row's fields. Raises `RowRefused` where it has more than the head: something in it was divided that belongs
        together, and what stands in a column may be of the one before."""
        if any(map(self._texts.of, row.cells[self._width :])):
            chinese = f"比表头多：{len(row.cells)} 列，表头 {self._width} 列；含分隔符的内容要加引号"
            english = f"{len(row.cells)} cells, the head has {self._width}: quote what has the delimiter in it"
            raise RowRefused("", "", "more_than_the_head", chinese, english)
        return Fields(row, self._columns, self.mapping, self._texts, self._times)

    def is_blank(self, row: Row) -> bool:
        """Whether there is nothing in any cell."""
        return not any(map(self._texts.of, row.cells))

    def name_of(self, field: str) -> str:
        """The column of a field, the field itself where it has none."""
        columns = self._columns.get(field)
        return columns[0].name if columns else field


@contextmanager
def headed(file: Path, mapping: TableMapping) -> Iterator[tuple[Table, Head]]:
    """The table of a file, its rows up to the head read. Raises `TableRefused`, `MappingRefused`."""
    with opened(file, sheet=mapping.sheet, encoding=mapping.encoding, delimiter=mapping.delimiter) as read:
        for row in read.rows:
            if isinstance(row, Row) and row.number >= mapping.header_row:
                yield read, Head(row.cells, mapping)
                return
        what = f"第 {mapping.header_row} 行没有表头 · row {mapping.header_row} is no head of a table"
        raise TableRefused(what, "改 header_row · Correct header_row in the mapping.")


class Fields:
    """What one row has in the fields of the mapping. Cells become texts once, since most are asked for."""

    __slots__ = ("_cells", "_columns", "_mapping", "_texts", "_times")

    def __init__(
        self, row: Row, columns: Mapping[str, tuple[Column, ...]], mapping: TableMapping, texts: Texts, times: Times
    ) -> None:
        self._cells, self._columns, self._mapping, self._times = row.cells, columns, mapping, times
        self._texts = [texts.of(cell) for cell in row.cells]

    def name_of(self, field: str) -> str:
        """The column of a field."""
        return self._columns[field][0].name

    def texts(self, field: str) -> list[str]:
        """What stands in the field's columns, empty ones left out."""
        return [text for column in self._columns.get(field, ()) if (text := self._in(column))]

    def text(self, field: str) -> str:
        """The same in lines, "" for nothing."""
        columns = self._columns.get(field, ())
        return self._in(columns[0]) if len(columns) == 1 else "\n".join(self.texts(field))

    def time(self, field: str, *, ends: bool = False) -> datetime | None:
        """The field's time in UTC; see `Times.of`. Raises `RowRefused`."""
        text = self.text(field)
        if not text:
            return None
        column = self._columns[field][0]
        return self._times.of(column.name, self._cells[column.place], text, ends=ends)

    def word(self, field: str) -> Any:
        """What the value means; the mapping's default where there is none, else None. Raises `RowRefused`."""
        text = self.text(field)
        if not text:
            return getattr(self._mapping.defaults, field, None)
        return meant(self.name_of(field), text, getattr(self._mapping.values, field), _CODES[field])

    def _in(self, column: Column) -> str:
        return self._texts[column.place] if column.place < len(self._texts) else ""


def _wanted(columns: Columns) -> Iterator[tuple[str, tuple[str, ...]]]:
    for field, value in msgspec.structs.asdict(columns).items():
        if value is not None:
            yield field, (value,) if isinstance(value, str) else value


def _found(name: str, names: Sequence[str]) -> Column:
    places = [index for index, one in enumerate(names) if one == name]
    if len(places) == 1:
        return Column(name, places[0])
    near = get_close_matches(name, [one for one in names if one], n=3, cutoff=0.4)
    listed = ", ".join(near or [one for one in names if one][:20])
    if places:
        raise MappingRefused(f"列名“{name}”出现多次 · the column {name} is there twice", "改列名 · Rename one of them.")
    raise MappingRefused(
        f"表中没有列“{name}” · the table has no column {name}",
        f"表中有 · There are: {listed}. 表头不在第一行时写 header_row · Where the head stands lower: header_row.",
    )
