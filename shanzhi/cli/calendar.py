"""`shanzhi calendar`: which days are worked, and loading a further year's arrangement."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from projections.read import parse_period
from projections.rules import CalendarRefused
from projections.rules.calendar import parse_arrangement
from projections.store.calendar import days_between, load_year
from projections.store.connection import connect
from projections.store.migrate import migrate
from shanzhi.cli.output import AsJson, print_json, results, say, table
from shanzhi.endpoints import find
from shanzhi.settings import read_settings

app = typer.Typer(help="工作日历：查看、载入 · The working-day calendar.", no_args_is_help=True)

_Period = Annotated[str, typer.Argument(metavar="PERIOD", help="2024-05, 2024, 2024-05-11")]
_File = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="TOML，一年 · one year")]
_WEEKDAYS = "一二三四五六日"


@app.command()
def show(period: _Period, as_json: AsJson = False) -> None:
    """哪些天上班 · Which days are worked."""
    asked = parse_period(period)
    url = find(read_settings(), kafka=False).database_url
    with closing(connect(url, "shanzhi calendar")) as connection, connection, connection.cursor() as cursor:
        days = days_between(cursor, asked.first, asked.last)
    if len(days) < (asked.last - asked.first).days + 1:
        raise CalendarRefused(
            f"{period} 的工作日历没有全部载入 · the calendar of {period} is not loaded",
            "shanzhi calendar load FILE",
        )
    if as_json:
        print_json([{"day": day, "is_working": is_working, "note": note} for day, is_working, note in days])
        return
    rows = [(day, _WEEKDAYS[day.weekday()], _word(is_working), note) for day, is_working, note in days]
    worked = sum(is_working for _, is_working, _ in days)
    results.print(table(f"{period} · {worked} 个工作日 working days", ("日期", "星期", "", "说明"), rows))


@app.command()
def load(file: _File, as_json: AsJson = False) -> None:
    """载入或更新一年的安排 · Loads a year's arrangement, or replaces it where it was amended."""
    arrangement = parse_arrangement(file.read_text(encoding="utf-8", errors="replace"), file.name)
    url = find(read_settings(), kafka=False).database_url
    migrate(url)
    with closing(connect(url, "shanzhi calendar")) as connection, connection, connection.cursor() as cursor:
        load_year(cursor, arrangement)
    worked = sum(day.is_working for day in arrangement.days().values())
    if as_json:
        print_json({"year": arrangement.year, "working_days": worked})
    else:
        say(f"已载入 · loaded {arrangement.year}: {worked} 个工作日 · working days")


def _word(is_working: bool) -> str:
    return "上班 worked" if is_working else "休 off"
