"""`shanzhi doctor`: looks at everything, changes nothing, and says of each thing that is wrong what to do."""

from __future__ import annotations

import msgspec
import typer

from shanzhi.cli.output import AsJson, notes, plain, print_json, results
from shanzhi.doctor.examination import Examined, examine
from shanzhi.endpoints import find
from shanzhi.settings import read_settings

_MARKS = {"ok": "[green]✓[/]", "notice": "[yellow]![/]", "bad": "[bold red]✗[/]", "unknown": "[dim]?[/]"}


def doctor(as_json: AsJson = False) -> None:
    """体检：服务器、设置、各表、各进程 · Checks everything; the exit code is that of the first thing that is wrong."""
    settings = read_settings()
    found: list[Examined] = []
    for one in examine(settings, find(settings)):
        found.append(one)
        if not as_json:
            _print(one)
    if as_json:
        print_json([{"check": one.check.name, **msgspec.to_builtins(one.finding)} for one in found])
    else:
        _summary(found)
    code = next((one.finding.exit_code for one in found if one.finding.state == "bad"), 0)
    if code:
        raise typer.Exit(code)


def _print(one: Examined) -> None:
    check, finding = one
    results.print(f"{_MARKS[finding.state]} {plain(check.title)}: {plain(finding.what)}", soft_wrap=True)
    if finding.remedy:
        results.print(f"    [bold]→[/] {plain(finding.remedy)}", soft_wrap=True)


def _summary(found: list[Examined]) -> None:
    states = [one.finding.state for one in found]
    bad, notices, unknown = (states.count(state) for state in ("bad", "notice", "unknown"))
    notes.print(
        f"{len(found)} 项 checks: {bad} 项有误 wrong, {notices} 项提醒 to know, {unknown} 项未能检查 could not be asked"
    )
