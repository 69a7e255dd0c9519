"""`shanzhi show`: what is true now, as tables or JSON. The questions are those of `projections.read`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
import typer

from ledger.errors import StoreUnsound
from projections import read
from projections.store.connection import connect, postgres_away
from projections.store.generation import current_generation
from shanzhi.cli.output import AsJson, cell, print_json, results, say, table
from shanzhi.endpoints import find
from shanzhi.settings import read_settings

app = typer.Typer(help="查看台账、负荷、考核、三率 · What is true now.", no_args_is_help=True)

Place = Annotated[str | None, typer.Option(help="地点及其下级 · with what is below: place/xicheng")]
Unit = Annotated[str | None, typer.Option(help="单位 · a unit, like unit/zy-001")]
Month = Annotated[str | None, typer.Option(help="2024-05, 2024, 2024-03..2024-05; 默认本月 · this one")]
Limit = Annotated[int, typer.Option(min=1, max=read.MOST_ROWS, help="最多行数 · rows at most")]
ROWS = 20
_MISSING = ("42P01", "42883", "3F000")  # table, function, schema


@app.command()
def cases(
    place: Place = None, unit: Unit = None, month: Month = None, limit: Limit = ROWS, as_json: AsJson = False
) -> None:
    """诉求台账 · The case book, newest first; of all months unless one is given."""
    _show("诉求台账", read.cases, as_json, place=place, unit=unit, period=month, limit=limit)


@app.command()
def funnel(place: Place = None, month: Month = None, limit: Limit = ROWS, as_json: AsJson = False) -> None:
    """诉求漏斗 · From 发现 to 满意, by community, the whole first."""
    _show("诉求漏斗", read.funnel, as_json, place=place, period=month, limit=limit)


@app.command()
def grids(
    place: Place = None, unit: Unit = None, month: Month = None, limit: Limit = ROWS, as_json: AsJson = False
) -> None:
    """网格负荷与得分 · Grids by open load, with the month's score."""
    _show("网格", read.grids, as_json, place=place, unit=unit, period=month, limit=limit)


@app.command()
def workers(
    place: Place = None, unit: Unit = None, month: Month = None, limit: Limit = ROWS, as_json: AsJson = False
) -> None:
    """网格员负荷 · Grid workers by open load."""
    _show("网格员", read.workers, as_json, place=place, unit=unit, period=month, limit=limit)


@app.command()
def units(
    place: Place = None, unit: Unit = None, month: Month = None, limit: Limit = ROWS, as_json: AsJson = False
) -> None:
    """驻区单位考核 · The league of units of the month."""
    _show("驻区单位考核", read.units, as_json, place=place, unit=unit, period=month, limit=limit)


@app.command()
def duty(
    place: Place = None, unit: Unit = None, month: Month = None, limit: Limit = ROWS, as_json: AsJson = False
) -> None:
    """双报到双服务 · The duty roll by unit."""
    _show("双报到双服务", read.duty, as_json, place=place, unit=unit, period=month, limit=limit)


@app.command()
def volunteers(
    place: Place = None, unit: Unit = None, month: Month = None, limit: Limit = ROWS, as_json: AsJson = False
) -> None:
    """志愿服务 · Volunteers, the most confirmed time first."""
    _show("志愿服务", read.volunteers, as_json, place=place, unit=unit, period=month, limit=limit)


@app.command()
def rates(place: Place = None, month: Month = None, limit: Limit = ROWS, as_json: AsJson = False) -> None:
    """三率 · Response, resolution and satisfaction by call-back, the whole first."""
    _show("三率", read.rates, as_json, place=place, period=month, limit=limit)


@app.command()
def anomalies(limit: Limit = ROWS, as_json: AsJson = False) -> None:
    """不合常理的事件 · Events that made no sense where they came."""
    _show("异常", read.anomalies, as_json, limit=limit)


@app.command()
def reasons(limit: Limit = ROWS, as_json: AsJson = False) -> None:
    """异常原因 · Anomalies by reason, the commonest first."""
    _show("异常原因", read.anomaly_reasons, as_json, limit=limit)


def _show(title: str, question: Callable[..., read.Answer[Any]], as_json: bool, **filters: object) -> None:
    answer = _answer(find(read_settings(), kafka=False).database_url, question, filters)
    if as_json:
        print_json(msgspec.to_builtins(answer))
    else:
        _print(title, answer)


def _answer(
    database_url: str, question: Callable[..., read.Answer[Any]], filters: dict[str, object]
) -> read.Answer[Any]:
    connection = connect(database_url, "shanzhi show")
    try:
        return question(connection, current_generation(connection), **filters)
    except connection.OperationalError as error:
        raise postgres_away(error) from error
    except connection.ProgrammingError as error:
        if error.pgcode not in _MISSING:
            raise
        raise StoreUnsound(
            f"数据库里缺少所需的表 · the database lacks what this needs ({error.diag.message_primary})",
            "启动新版处理进程即可补上 · Start a worker of this version, it makes them: shanzhi up",
        ) from error
    finally:
        connection.close()


def _print(title: str, answer: read.Answer[Any]) -> None:
    period = f" {answer.period.first} – {answer.period.last}" if answer.period else ""
    rules = "".join(f" · {rule.title} {rule.version}" for rule in answer.rules)
    if not answer.rows:
        say(f"{title}{period}: 没有记录 · nothing{'（另一个月份？--month 2024-03）' if answer.period else ''}")
        return
    titles = type(answer.rows[0]).titles
    shown = [[_shown(getattr(row, name)) for name in titles] for row in answer.rows]
    results.print(table(f"{title}{period}{rules}", list(titles.values()), shown))
    if answer.is_cut:
        say(f"还有更多，加 --limit · there are more rows than {len(answer.rows)}")


def _shown(value: Any) -> Any:
    """Lists in one cell: names, or indicators with their points."""
    return ", ".join(_word(one) for one in value) if isinstance(value, list) else value


def _word(value: Any) -> str:
    if isinstance(value, read.Indicator):
        return f"{value.indicator} {cell(value.points)}/{cell(value.points_of)}"
    if isinstance(value, read.Post):
        return value.name or value.place
    return str(value)
