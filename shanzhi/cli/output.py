"""What commands say: results on standard output, everything else on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

import orjson
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from ledger.errors import EventRefused, ShanzhiError
from projections.family import SHANGHAI

PIPE_COLUMNS = 200  # nobody looks: wide enough for every table
notes = Console(stderr=True, highlight=False, soft_wrap=True)
_width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPE_COLUMNS
results = Console(highlight=False, width=_width)

_KEPT = "\n\t"
_VISIBLE = (
    {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in _KEPT}
    | {0x7F: "\u2421"}
    | {code: f"\\x{code:02x}" for code in range(0x80, 0xA0)}
    | {code: f"\\u{code:04x}" for code in (0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A))}
)
_VISIBLE_JSON = {code: f"\\u{code:04x}" for code in _VISIBLE if code >= 0x7F}  # JSON escapes the others itself

AsJson = Annotated[bool, typer.Option("--json", help="只输出 JSON · JSON and nothing else")]


def print_json(value: Any) -> None:
    """One line, times in RFC 3339."""
    text = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS, default=str).decode()
    sys.stdout.write(text.translate(_VISIBLE_JSON) + "\n")
    sys.stdout.flush()


def visible(text: str) -> str:
    """The text with visible signs in place of what orders a terminal about or turns the direction of writing.

    Anybody may have sent it: `\\x1b[2J` would clear the screen of whoever looks. Line breaks and tabs stay.
    """
    return text.translate(_VISIBLE)


def plain(text: str) -> str:
    """For `notes` and `results`: shown as it is, neither markup nor orders to the terminal."""
    return escape(visible(text))


def say(message: str) -> None:
    """A line of plain text for people, on standard error."""
    notes.print(plain(message))


def say_refusal(refusal: EventRefused) -> None:
    """What an event was refused for and the next step, in Chinese and below it in English."""
    notes.print(f"  {plain(refusal.what_chinese)}")
    notes.print(f"  [bold]→[/] {plain(refusal.remedy_chinese)}")
    notes.print(f"  {plain(refusal.what)}")
    notes.print(f"  [bold]→[/] {plain(refusal.remedy)}")


def say_error(error: ShanzhiError) -> None:
    """What went wrong, and below it the next step."""
    if isinstance(error, EventRefused):
        notes.print("[bold red]错误 · error:[/]")
        say_refusal(error)
        return
    notes.print(f"[bold red]错误 · error:[/] {plain(error.what)}")
    notes.print(f"  [bold]→[/] {plain(error.remedy)}")


@contextmanager
def reporting(what: str) -> Iterator[Callable[[str], None]]:
    """A spinner with the last message where a person looks; a line for each message elsewhere."""
    if not notes.is_terminal:
        yield say
        return
    with notes.status(plain(what)) as status:
        yield lambda message: status.update(plain(message))


@contextmanager
def progress(what: str, total: int | None) -> Iterator[Callable[[int, str], None]]:
    """A bar on standard error; the callable takes how much is done and a few words. Silent in a pipe."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    tail = (TextColumn("{task.fields[words]}"), TimeElapsedColumn())
    with Progress(*columns, *tail, console=notes, disable=not notes.is_terminal, transient=True) as bar:
        task = bar.add_task(what, total=total, words="")
        yield lambda done, words: bar.update(task, completed=done, words=words)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """Numbers to the right, nothing wrapped in the middle of an id."""
    made = Table(title=plain(title) or None, title_justify="left", header_style="bold", box=SIMPLE_HEAD)
    shown = [list(row) for row in rows]
    for index, column in enumerate(columns):
        numeric = all(isinstance(row[index], int | float | None) for row in shown) and bool(shown)
        made.add_column(plain(column), justify="right" if numeric else "left", overflow="fold")
    for row in shown:
        made.add_row(*(cell(value) for value in row))
    return made


def cell(value: Any) -> str:
    """A value as a table shows it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, datetime):
        return (value.astimezone(SHANGHAI) if value.tzinfo else value).strftime("%Y-%m-%d %H:%M")
    return plain(str(value))
