"""Excel and OpenDocument workbooks, read by calamine: whole, so their size is bounded before it begins."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from producers.tables.refusals import TableRefused

FILE_BYTES = 64 * 1024 * 1024
UNPACKED_BYTES = 512 * 1024 * 1024  # of a zip that says more than it holds no more is unpacked than it says
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_AS_CSV = "另存为 CSV UTF-8 再导入 · Save it as CSV UTF-8 and import that."


def is_one(beginning: bytes) -> bool:
    """Whether a file that begins so is a workbook (xlsx, ods; xls)."""
    return beginning.startswith((_ZIP, _OLE))


def rows_of(path: Path, sheet: str | None) -> tuple[int, Iterator[tuple[int, list[Any]]]]:
    """How many rows a sheet (else the first) has, and each by its number. Raises `TableRefused`."""
    _check_size(path)
    try:
        import python_calamine  # an extra, and slow to load
    except ImportError:
        remedy = "安装 · pip install 'shanzhi[tables]'; 或 · or: " + _AS_CSV
        raise TableRefused("读 Excel 需要 python-calamine · Excel files need python-calamine", remedy) from None
    try:
        with python_calamine.CalamineWorkbook.from_path(str(path)) as book:
            if sheet is not None and sheet not in book.sheet_names:
                remedy = f"有 · There are: {', '.join(book.sheet_names)}"
                raise TableRefused(f"{path} 没有工作表 {sheet} · has no sheet {sheet}", remedy)
            found = book.get_sheet_by_name(sheet) if sheet is not None else book.get_sheet_by_index(0)
            first = found.start[0] if found.start else 0  # empty rows above what has anything are left out
            return first + found.height, enumerate(found.iter_rows(), first + 1)
    except python_calamine.CalamineError as error:
        raise TableRefused(f"{path} 无法读取 · can't be read ({str(error)[:200]})", _AS_CSV) from None


def _check_size(path: Path) -> None:
    size = path.stat().st_size
    if size > FILE_BYTES:
        raise TableRefused(f"{path} 超过 64 MiB · is over 64 MiB", _AS_CSV)
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as packed:
            unpacked = sum(one.file_size for one in packed.infolist())
    except zipfile.BadZipFile as error:
        raise TableRefused(f"{path} 已损坏 · is damaged ({str(error)[:200]})", _AS_CSV) from None
    if unpacked > UNPACKED_BYTES:
        raise TableRefused(f"{path} 解压后超过 512 MiB · is over 512 MiB once unpacked", _AS_CSV)
