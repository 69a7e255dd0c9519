"""`shanzhi publish`: events as JSON lines from a file or a pipe."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from ledger.errors import EventRefused
from producers.lines import Counts, RefusedLine, publish_lines
from shanzhi.cli.output import AsJson, notes, print_json, progress, say, say_refusal
from shanzhi.cli.ways_in import publisher_of, ready
from shanzhi.errors import SettingsRefused
from shanzhi.settings import read_settings

REFUSALS_KEPT = 1_000  # in the summary; all of them are said on standard error

_File = Annotated[str, typer.Argument(metavar="[FILE]", help="每行一个事件，- 为标准输入 · - is stdin")]


@dataclass
class Refusals:
    """Says each refusal where it happens and keeps the first ones for the summary."""

    kept: list[dict[str, Any]] = field(default_factory=list)

    def add(self, refused: RefusedLine) -> None:
        if len(self.kept) < REFUSALS_KEPT:
            self.kept.append(refused.as_problem())
        notes.print(f"[red]第 {refused.line} 行 · line {refused.line}:[/]")
        say_refusal(refused.refusal)


def publish(file: _File = "-", as_json: AsJson = False) -> None:
    """发布事件（NDJSON）· Publish events, one JSON object a line. Exit code 0 only if none was refused."""
    settings = read_settings()
    with _opened(file) as stream:
        endpoints = ready(settings)
        refusals = Refusals()
        with (
            publisher_of(settings, endpoints) as publisher,
            progress("发布 · publishing", _size_bytes(stream)) as show,
        ):

            def on_progress(counts: Counts) -> None:
                done = stream.tell() if stream.seekable() else sum(counts)
                show(done, f"{counts.published} 已发布，{counts.refused} 被退回")

            counts = publish_lines(stream, publisher, refusals.add, on_progress)
    if as_json:
        print_json({**counts._asdict(), "refusals": refusals.kept})
    else:
        say(f"已发布 · published {counts.published}, 退回 · refused {counts.refused}")
    if counts.refused:
        raise typer.Exit(EventRefused.exit_code)


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    if file == "-":
        if sys.stdin.isatty():
            say("从键盘读取，每行一个事件，Ctrl-D 结束 · reading events from the keyboard, end with Ctrl-D")
        yield sys.stdin.buffer
        return
    with ExitStack() as opened:
        try:
            stream = opened.enter_context(Path(file).open("rb"))
        except OSError as failure:
            what = f"{file} can't be read ({failure.strerror})"
            raise SettingsRefused(what, "Give a file of JSON lines, or -.") from None
        yield stream


def _size_bytes(stream: BinaryIO) -> int | None:
    """Of a file; None for a pipe."""
    try:
        return os.fstat(stream.fileno()).st_size if stream.seekable() else None
    except OSError:
        return None
