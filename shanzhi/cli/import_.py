"""`shanzhi import`: a table of another system (12345, 311) as events."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, closing
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ledger.errors import EventRefused
from ledger.injected_time import time_of, utc_now
from ledger.writer import Writer
from producers.tables.aside import aside
from producers.tables.checking import checked_rows
from producers.tables.draft import draft
from producers.tables.facts import Facts
from producers.tables.guess import guess as guess_mapping
from producers.tables.head import headed
from producers.tables.importing import Counts, Way, import_rows
from producers.tables.looking import look
from producers.tables.mapping import TableMapping, read_mapping
from producers.tables.preparing import Part, prepared_table
from producers.tables.reading import opened
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
    if (_dry_run if dry_run else _import)(file, read_mapping(mapping), place, as_json):
        raise typer.Exit(EventRefused.exit_code)


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


def _dry_run(file: Path, mapping: TableMapping, place: Path, as_json: bool) -> int:
    """How many rows were refused."""
    now = utc_now()
    with headed(file, mapping) as (read, head), closing(Rejects(place)) as rejects:
        refused = Refused(rejects)
        with progress("核对 · checking", read.total) as show:
            rows = checked_rows(read.rows, head, Facts(head, now), now)
            looked = look(rows, refused.add, lambda count: show(read.done(), f"{count} 行 rows"))
        tell_looked(looked, head.ignored, refused, as_json)
    return rejects.rows


def _import(file: Path, mapping: TableMapping, place: Path, as_json: bool) -> int:
    """How many rows were refused, or told otherwise before. Rows are prepared in a process of their own."""
    settings = read_settings()
    endpoints = ready(settings)
    url, began = endpoints.database_url, time.monotonic()
    times = time_of(url)
    keys, clocks = partial(vault_of, settings, url), partial(_clocks, url)
    with closing(aside(partial(prepared_table, file, mapping, times.now(), keys, clocks))) as parts:
        begun = next(parts)  # raises where that is no table, before anything is replaced
        with (
            closing(Rejects(place)) as rejects,
            Writer(endpoints.kafka_bootstrap, linger_ms=LINGER_MS, stamp_ms=times.stamp_ms) as writer,
            closing(TableReceipts(url)) as receipts,
            progress("导入 · importing", begun.total) as show,
        ):
            refused = Refused(rejects)

            def shown(counts: Counts, part: Part) -> None:
                show(part.done, f"{counts.rows} 行 rows, {counts.refused} 退回")

            counts = import_rows(parts, Way(writer, receipts), refused.add, shown)
    tell_imported(counts, refused, time.monotonic() - began, as_json)
    return rejects.rows


def _clocks(url: str) -> AbstractContextManager[TableRequests]:
    return closing(TableRequests(url))
