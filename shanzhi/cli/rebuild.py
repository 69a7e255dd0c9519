"""`shanzhi rebuild`: the tables made anew from the ledger, and put in place while everything goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import msgspec
import typer

from audit.rebuild import Step
from audit.rebuild import rebuild as make_anew
from shanzhi.cli.audited import tell
from shanzhi.cli.output import AsJson, notes, print_json, progress, say
from shanzhi.endpoints import find
from shanzhi.settings import read_settings
from shanzhi.signals import one_interrupt

_Index = Annotated[bool, typer.Option("--index", help="连同事件索引一起重做 · the event index is made anew, too")]
_Processes = Annotated[int, typer.Option(min=1, max=12, help="进程数 · processes that fold")]
_TENTHS = 10
_SAID = {
    "begin": "准备 · preparing",
    "fold": "折叠 · folding",
    "index": "换上新索引 · putting the new index in place",
    "catch up": "追赶 · catching up",
    "switch": "切换 · switching",
    "switched": "已切换 · switched",
}


def rebuild(index: _Index = False, processes: _Processes = 2, as_json: AsJson = False) -> None:
    """从账本重建全部表，再切换；期间照常读写 · Make all tables anew from the ledger, then switch; work goes on."""
    endpoints = find(read_settings())
    url = endpoints.database_url
    tell(url, "rebuild_begun", "index, tables" if index else "tables")
    with one_interrupt(), _shown() as report:
        made = make_anew(url, endpoints.kafka_bootstrap, processes=processes, with_index=index, report=report)
    tell(url, "rebuilt", made.generation, records=made.records, seconds=round(made.seconds, 1))
    if as_json:
        print_json(msgspec.to_builtins(made))
    else:
        say(
            f"{made.generation} 已启用 · in use: {made.records} 条记录 records, {made.seconds:.1f} s, "
            f"{made.events_per_second} 条/秒 a second。旧表 · old tables: shanzhi generation drop --old"
        )


@contextmanager
def _shown() -> Iterator[Callable[[Step], None]]:
    """A bar with the time that is left; where nobody looks a line for each step, and each tenth of the fold."""
    began, said = time.monotonic(), set[tuple[str, int]]()
    with progress("重建 · rebuilding", None) as bar:

        def report(step: Step) -> None:
            tenth = step.done * _TENTHS // step.total if step.total else 0
            words = f"{_SAID[step.name]}{_left(step, time.monotonic() - began)}"
            bar(step.done, words)
            if not notes.is_terminal and (step.name, tenth) not in said:
                said.add((step.name, tenth))
                say(words)

        yield report


def _left(step: Step, seconds: float) -> str:
    if step.name == "catch up":
        return f": {step.done} 条待处理 records left"
    if not step.total or not step.done:
        return ""
    rest = seconds * (step.total - step.done) / step.done
    share = 100 * step.done // step.total
    return f" {share} % ({step.done}/{step.total}, 约剩 about {rest:.0f} s left)"
