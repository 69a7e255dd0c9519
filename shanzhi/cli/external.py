"""`shanzhi external`: the way back, how cases stand by the numbers that another system knows them by."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Annotated

import msgspec
import typer

from projections import read
from projections.family import SHANGHAI
from projections.store.connection import answering, connect
from projections.store.generation import current_generation
from shanzhi.cli.output import AsJson, print_json, results, say, table
from shanzhi.cli.show import ROWS, tables_there
from shanzhi.cli.shown import shown
from shanzhi.endpoints import find
from shanzhi.errors import SettingsRefused
from shanzhi.settings import read_settings

_ACTIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
_System = Annotated[str | None, typer.Argument(help="对方系统；不写则全部 · the other system, else all of them")]
_Number = Annotated[str | None, typer.Option(help="一个对方编号 · one number")]
_Month = Annotated[str | None, typer.Option(help="时段 · 2024-05, 2024, 2024-05-11, 2024-03..2024-05")]
_Csv = Annotated[bool, typer.Option("--csv", help="全部写成 CSV · all of them as CSV, for a spreadsheet")]
_To = Annotated[Path | None, typer.Option("--to", dir_okay=False, help="写入的文件 · the file of --csv, else printed")]


def external(
    system: _System = None, number: _Number = None, month: _Month = None, as_csv: _Csv = False, to: _To = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """按对方编号查状态和结果 · Status and result by the numbers of another system."""
    if to is not None and not as_csv:
        raise SettingsRefused("--to 只用于 --csv · --to goes with --csv", "加上 --csv · Add --csv.")
    database_url = find(read_settings(), kafka=False).database_url
    with answering(), closing(connect(database_url, "shanzhi external")) as connection, tables_there(connection):
        generation = current_generation(connection)
        if as_csv:
            found = read.all_external(connection, generation, system=system, number=number, period=month)
            with _written(to) as file:
                count = write_csv(file, found)
            say(f"{count} 件 cases{f' → {to}' if to else ''}")
            return
        limit = read.MOST_ROWS if as_json else ROWS
        answer = read.external(connection, generation, system=system, number=number, period=month, limit=limit)
    if as_json:
        print_json(msgspec.to_builtins(answer))
        return
    rows = [shown(row, {}) for row in answer.rows]
    results.print(table("对方编号 · numbers elsewhere", list(read.ExternalRow.titles.values()), rows))
    if answer.is_cut:
        say(f"还有更多，用 --csv · there are more than {len(answer.rows)}: --csv has all of them")


def write_csv(file: IO[str], rows: Iterator[read.ExternalRow]) -> int:
    """Codes as they are, times of Shanghai; how many rows."""
    columns = list(read.ExternalRow.titles)
    writer = csv.writer(file)
    writer.writerow(f"{title} {column}" for column, title in read.ExternalRow.titles.items())
    count = 0
    for row in rows:
        writer.writerow([_cell(getattr(row, column)) for column in columns])
        count += 1
    return count


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).isoformat(timespec="seconds")
    text = str(value)
    return "'" + text if text.startswith(_ACTIVE) else text


@contextmanager
def _written(to: Path | None) -> Iterator[IO[str]]:
    """With a byte order mark in a file, so that a spreadsheet reads it; without one in a pipe."""
    if to is None:
        yield sys.stdout
        return
    try:
        with to.open("w", encoding="utf-8-sig", newline="") as file:
            yield file
    except OSError as failure:
        what = f"{to} 无法写入 · can't be written ({failure.strerror})"
        raise SettingsRefused(what, "另选一处 · Choose another place.") from None
