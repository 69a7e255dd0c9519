"""Rows of a file: CSV in UTF-8 or GB18030 as a stream, Excel and OpenDocument by calamine; everything bounded."""

from __future__ import annotations

import csv
import io
from codecs import BOM_UTF8, getincrementaldecoder
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import BinaryIO, NamedTuple, TextIO

from producers.tables import workbook
from producers.tables.refusals import RowRefused, TableRefused

ROWS = 2_000_000
COLUMNS = 300
CELL_CHARACTERS = 30_000
LINE_CHARACTERS = 1_000_000  # of one line of text: what has none is no table
_LOOKED_AT_BYTES = 1024 * 1024
_DELIMITERS = (",", "\t", ";", "|")

Cell = str | int | float | bool | datetime | date | time | timedelta | None


class Row(NamedTuple):
    """A row by its number in the file, the first being 1."""

    number: int
    cells: list[Cell]


class Table(NamedTuple):
    """Rows in their order, refused ones among them; `done` says how much of `total` was read, in bytes or rows."""

    rows: Iterator[Row | RowRefused]
    total: int | None
    done: Callable[[], int]


@contextmanager
def opened(path: Path, *, sheet: str | None = None, encoding: str = "auto", delimiter: str = "auto") -> Iterator[Table]:
    """The table of a file, from its first row on. Raises `TableRefused`, also while rows are read."""
    try:
        file = path.open("rb")
    except OSError as failure:
        what = f"{path} 无法读取 · can't be read ({failure.strerror})"
        raise TableRefused(what, "写对文件名 · Give a file of CSV or Excel.") from None
    with file:
        if workbook.is_one(file.read(8)):
            total, rows = workbook.rows_of(path, sheet)
            read = [0]
            yield Table(_counted(rows, read), total, lambda: read[0])
        else:
            file.seek(0)
            with closing(_csv_rows(file, encoding, delimiter)) as texts:
                yield Table(texts, path.stat().st_size, file.tell)


def _counted(rows: Iterator[tuple[int, list[Cell]]], read: list[int]) -> Iterator[Row | RowRefused]:
    for number, cells in rows:
        read[0] = number
        yield _bounded(number, cells)


def encoding_of(beginning: bytes) -> str:
    """UTF-8 where the beginning of a file is that or says so, else GB18030."""
    if beginning.startswith(BOM_UTF8):
        return "utf-8-sig"  # a byte that is none of it is a row's fault
    try:
        getincrementaldecoder("utf-8")().decode(beginning)  # the last character may be cut
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def _csv_rows(file: BinaryIO, encoding: str, delimiter: str) -> Generator[Row | RowRefused, None, None]:
    beginning = file.read(_LOOKED_AT_BYTES)
    file.seek(0)
    if b"\0" in beginning:
        raise TableRefused(
            f"{file.name} 不是文本表格 · is no table of text",
            "另存为 CSV UTF-8 或 xlsx · Save it as CSV UTF-8, or as xlsx.",
        )
    found = encoding_of(beginning) if encoding == "auto" else "utf-8-sig" if encoding == "utf-8" else encoding
    text = io.TextIOWrapper(file, encoding=found, errors="surrogateescape", newline="")
    try:
        separator = _delimiter_of(beginning.decode(found, "replace")) if delimiter == "auto" else delimiter
        csv.field_size_limit(CELL_CHARACTERS)
        reader = csv.reader(_lines(text, file.name), delimiter=separator)
        number = 0
        while True:
            number += 1
            try:
                texts = next(reader)
            except StopIteration:
                return
            except csv.Error as error:  # a cell over the limit, most often because a quote is never closed
                yield _too_large(number, str(error))
            else:
                yield _decoded(number, texts)
    finally:
        text.detach()  # the file is closed by who opened it


def _lines(text: TextIO, name: str) -> Iterator[str]:
    while line := text.readline(LINE_CHARACTERS):
        if len(line) == LINE_CHARACTERS:
            raise TableRefused(
                f"{name}: 一行超过 {LINE_CHARACTERS} 字 · a line of over {LINE_CHARACTERS} characters",
                "检查文件是否为表格 · Look whether the file is a table.",
            )
        yield line


def _delimiter_of(beginning: str) -> str:
    """What the first line that has any is divided by, the most frequent one."""
    for line in beginning.splitlines():
        if line.strip():
            return max(_DELIMITERS, key=line.count)
    return ","


def _bounded(number: int, cells: list[Cell]) -> Row | RowRefused:
    if number > ROWS:
        raise TableRefused(f"超过 {ROWS} 行 · over {ROWS} rows", "分成几个文件 · Divide it into several files.")
    if len(cells) > COLUMNS:
        chinese, english = f"超过 {COLUMNS} 列", f"over {COLUMNS} columns"
        return RowRefused("", f"{len(cells)}", "too_many_columns", chinese, english, number)
    if any(isinstance(cell, str) and len(cell) > CELL_CHARACTERS for cell in cells):
        return _too_large(number, "")
    return Row(number, cells)


def _decoded(number: int, texts: list[str]) -> Row | RowRefused:
    """A row without bytes that are none of the file's encoding; the reader has bounded its cells."""
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        chinese, english = "编码有误：不是 UTF-8（或 GB18030）", "bytes that are no text: not UTF-8, or not GB18030"
        return RowRefused("", "", "encoding_wrong", chinese, english, number)
    return _bounded(number, list(texts))


def _too_large(number: int, value: str) -> RowRefused:
    chinese = f"单元格超过 {CELL_CHARACTERS} 字，或引号没有配对"
    english = f"a cell over {CELL_CHARACTERS} characters, or an open quote"
    return RowRefused("", value, "cell_too_large", chinese, english, number)
