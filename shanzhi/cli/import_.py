"""`shanzhi import`: a table of another system (12345, 311) as events."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from ledger.errors import EventRefused
from ledger.injected_time import time_of, utc_now
from ledger.writer import Writer
from producers.tables.checking import checked_rows
from producers.tables.draft import draft
from producers.tables.facts import Facts
from producers.tables.guess import guess as guess_mapping
from producers.tables.head import Head
from producers.tables.importing import Way, import_rows
from producers.tables.looking import look
from producers.tables.mapping import TableMapping, read_mapping
from producers.tables.reading import Row, Table, opened
from producers.tables.refusals import TableRefused
from producers.tables.rejects import Rejects
from projections.read.receipts import TableReceipts
from projections.read.requests import TableRequests
from shanzhi.cli.imported import Refused, tell_imported, tell_looked
from shanzhi.cli.output import AsJson, print_json, progress, say
from shanzhi.cli.ways_in import ready
from shanzhi.errors import SettingsRefused
from shanzhi.keys import vault_of
from shanzhi.settings import read_settings

LINGER_MS = 50  # nobody waits for a single row, and few large batches cost less than many small ones
_File = Annotated[Path, typer.Argument(help="CSV（UTF-8、GB18030）或 Excel · CSV or Excel")]
_Mapping = Annotated[Path | None, typer.Option(help="对照表 · the mapping: which column means what (TOML)")]
_Guess = Annotated[bool, typer.Option("--guess", help="由列名写出初稿，不导入 · write a first mapping, import nothing")]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="只核对和计数 · check and count, write nothing")]
_Rejects = Annotated[
    Path | None, typer.Option(help="退回的行写到哪里 · where refused rows go: FILE.rejects.csv", show_default=False)
]


def import_(
    file: _File, mapping: _Mapping = None, guess: _Guess = False, dry_run: _DryRun = False, rejects: _Rejects = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """导入其他系统的工单表 · Import a table of cases of another system. Exit code 0 only if no row was refused."""
    if guess:
        _guess(file, mapping, as_json)
        return
    if mapping is None:
        remedy = "先生成 · Write one first: shanzhi import FILE --guess --mapping MAP.toml"
        raise SettingsRefused("缺少 --mapping · --mapping is missing", remedy)
    place = rejects or file.with_name(f"{file.name}.rejects.csv")
    if place.resolve() in (file.resolve(), mapping.resolve()):
        what = f"--rejects {place} 会覆盖输入 · would replace what is read"
        raise SettingsRefused(what, "另选一个文件名 · Choose another name.")
    with _opened(file, read_mapping(mapping)) as (read, head), closing(Rejects(place)) as written:
        refused = Refused(written)
        if dry_run:
            _dry_run(read, head, refused, as_json)
        else:
            _import(read, head, refused, as_json)
    if refused.file.rows:
        raise typer.Exit(EventRefused.exit_code)


@contextmanager
def _opened(file: Path, mapping: TableMapping) -> Iterator[tuple[Table, Head]]:
    """The table, its rows up to the head read."""
    with opened(file, sheet=mapping.sheet, encoding=mapping.encoding, delimiter=mapping.delimiter) as read:
        for row in read.rows:
            if isinstance(row, Row) and row.number >= mapping.header_row:
                yield read, Head(row.cells, mapping)
                return
        what = f"第 {mapping.header_row} 行没有表头 · row {mapping.header_row} is no head of a table"
        raise TableRefused(what, "改 header_row · Correct header_row in the mapping.")


def _guess(file: Path, mapping: Path | None, as_json: bool) -> None:
    with opened(file) as read:
        guessed = guess_mapping(read.rows)
    is_chinese = any(not name.isascii() for names in guessed.columns.values() for name in names)
    text = draft(guessed, "12345" if is_chinese else "311")
    if mapping is not None:
        _write_new(mapping, text)
        missing = f"；没有认出 · not found: {', '.join(guessed.missing)}" if guessed.missing else ""
        say(f"已写入 · written {mapping}: {len(guessed.columns)} 项 fields{missing}；请核对 · look it over")
    if as_json:
        told = {"columns": guessed.columns, "missing": guessed.missing, "personal": guessed.personal, "mapping": text}
        print_json(told)
    elif mapping is None:
        typer.echo(text, nl=False)


def _write_new(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as written:
            written.write(text)
    except OSError as failure:
        what = f"{path} 无法写入 · can't be written ({failure.strerror})"
        raise SettingsRefused(what, "另选一个文件名 · Choose another name.") from None


def _dry_run(read: Table, head: Head, refused: Refused, as_json: bool) -> None:
    now = utc_now()
    with progress("核对 · checking", read.total) as show:
        rows = checked_rows(read.rows, head, Facts(head, now), now)
        looked = look(rows, refused.add, lambda count: show(read.done(), f"{count} 行 rows"))
    tell_looked(looked, head.ignored, refused, as_json)


def _import(read: Table, head: Head, refused: Refused, as_json: bool) -> None:
    settings = read_settings()
    endpoints = ready(settings)
    url, began = endpoints.database_url, time.monotonic()
    times = time_of(url)
    now = times.now()
    with (
        Writer(endpoints.kafka_bootstrap, linger_ms=LINGER_MS, stamp_ms=times.stamp_ms) as writer,
        closing(TableReceipts(url)) as receipts,
        closing(TableRequests(url)) as clocks,
        progress("导入 · importing", read.total) as show,
    ):
        way = Way(writer, vault_of(settings, url), receipts, clocks)
        rows = checked_rows(read.rows, head, Facts(head, now), now)
        counts = import_rows(
            rows, way, refused.add, lambda counts: show(read.done(), f"{counts.rows} 行 rows, {counts.refused} 退回")
        )
    tell_imported(counts, refused, time.monotonic() - began, as_json)
