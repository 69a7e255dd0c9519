"""`shanzhi explain`: a figure opened to its terms, entities and events, and computed anew from the ledger.

Exit code 9 where the ledger makes another figure than the tables hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Annotated, Any

import msgspec
import typer

from audit.explain import (
    BRIEF,
    WHOLE,
    GridQuestion,
    PersonQuestion,
    Question,
    RatesQuestion,
    UnitQuestion,
    cell_question,
    explain,
)
from ledger.reader import RecordFetcher
from projections.read import QuestionRefused, parse_period
from projections.store.connection import answering, connect
from projections.store.now import now_of
from shanzhi.cli.explained import explanation_tree
from shanzhi.cli.output import AsJson, print_json, progress, results
from shanzhi.cli.show import tables_there
from shanzhi.endpoints import find
from shanzhi.errors import CountsDiffer
from shanzhi.settings import read_settings

app = typer.Typer(help="解释一个数字并从总账重算 · A figure, opened and computed anew.", no_args_is_help=True)

Month = Annotated[str, typer.Argument(metavar="PERIOD", help="时段 · 2024-03, 2024, 2024-03..2024-05")]
All = Annotated[bool, typer.Option("--all", help="列出全部来源与事件 · all entities and events, not the first ones")]


@app.command()
def unit(
    unit: Annotated[str, typer.Argument(metavar="UNIT", help="单位 · a unit, like unit/zy-001")],
    period: Month, everything: All = False, as_json: AsJson = False,
) -> None:  # fmt: skip
    """驻区单位协同考核得分 · A unit's score: indicators, joint score, grade."""
    days = parse_period(period).in_whole_months()
    _explain(lambda now: UnitQuestion(unit, days, now), everything, as_json)


@app.command()
def place(
    place: Annotated[str, typer.Argument(metavar="PLACE", help="地点及其下级 · with what is below: place/xicheng")],
    period: Month,
    rates: Annotated[bool, typer.Option("--rates/--workload", help="三率，或当月得分 · rates or the month")] = True,
    everything: All = False, as_json: AsJson = False,
) -> None:  # fmt: skip
    """三率（或工作量得分）· The three rates of a place and all below it, or the score of its month."""
    days = parse_period(period)
    if rates:
        _explain(lambda now: RatesQuestion(place, days, now), everything, as_json)
    else:
        _explain(lambda now: GridQuestion(place, days.in_whole_months(), now), everything, as_json)


@app.command()
def grid(
    grid: Annotated[str, typer.Argument(metavar="GRID", help="网格 · a grid, like place/grid-001")],
    period: Month, everything: All = False, as_json: AsJson = False,
) -> None:  # fmt: skip
    """网格负荷与当月得分 · What a grid carries, and the score of its months."""
    days = parse_period(period).in_whole_months()
    _explain(lambda now: GridQuestion(grid, days, now), everything, as_json)


@app.command()
def person(
    person: Annotated[str, typer.Argument(metavar="PERSON", help="人员 · a person, like person/zy-0001")],
    period: Month, everything: All = False, as_json: AsJson = False,
) -> None:  # fmt: skip
    """一事一记的时长与积分 · A person's credited hours and points."""
    days = parse_period(period)
    _explain(lambda now: PersonQuestion(person, days, now), everything, as_json)


@app.command()
def cell(
    tally: Annotated[str, typer.Argument(metavar="TALLY", help="统计表 · a tally, like case_day")],
    key: Annotated[list[str], typer.Argument(metavar="COLUMN=VALUE…", help="格子 · place=place/g1 day=2024-03-05")],
    measure: Annotated[str | None, typer.Option(help="只看一项 · one measure only, like handled")] = None,
    everything: All = False, as_json: AsJson = False,
) -> None:  # fmt: skip
    """任一统计格 · Any cell of any tally."""
    question = cell_question(tally, dict(_pair(one) for one in key), measure)
    _explain(lambda now: question, everything, as_json)


def _pair(text: str) -> tuple[str, str]:
    column, equals, value = text.partition("=")
    if not equals:
        raise QuestionRefused(f"“{text}” 缺少等号 · has no =", "写成 day=2024-03-05 · Write it as day=2024-03-05.")
    return column, value


def _explain(asked: Callable[[datetime], Question], everything: bool, as_json: bool) -> None:
    endpoints = find(read_settings())
    fetching = closing(RecordFetcher(endpoints.kafka_bootstrap))
    bar = progress("重读总账 · reading the ledger again", None)
    with answering(), _transaction(endpoints.database_url) as cursor, fetching as fetch, bar as advance:
        found = explain(
            cursor, asked(now_of(cursor)), fetch, WHOLE if everything else BRIEF,
            lambda done, total: advance(done, f"{done}/{total}"),
        )  # fmt: skip
    if as_json:
        print_json(msgspec.to_builtins(found))
    else:
        results.print(explanation_tree(found))
    if not found.equal:
        raise typer.Exit(CountsDiffer.exit_code)


@contextmanager
def _transaction(database_url: str) -> Iterator[Any]:
    """One state of the tables for as long as it takes; nothing of it is kept."""
    connection = connect(
        database_url, "shanzhi explain", transaction_timeout="0", idle_in_transaction_session_timeout="0"
    )
    with closing(connection), tables_there(connection), connection.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read")
        yield cursor
        connection.rollback()
