"""The demo's tables, drawn from one look at the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table

from shanzhi.cli.output import cell
from shanzhi.demo.numbers import FUNNEL, Numbers


class Moment(NamedTuple):
    """What the screen shows: simulated day, how fast and how far, the numbers, and what was said lately."""

    day: str
    published: int
    per_second: float
    lag_records: int
    numbers: Numbers
    said: Sequence[str]


def draw(moment: Moment) -> RenderableType:
    """Everything; wide terminals have the tables side by side."""
    numbers = moment.numbers
    tables = [
        _table("网格负荷 · 前 8", ("网格", "在办", "紧急", "加急"), numbers.grids),
        _table("单位应哨 · 近 7 天", ("单位", "被吹哨", "已报到", "已办理"), numbers.units),
        _table("最新诉求", ("发现", "类别", "缓急", "地点", "状态"), numbers.cases),
        _table("不合常理的事件", ("原因", "次数"), numbers.anomalies),
    ]
    return Group(_head(moment), _funnel(moment), Columns(tables, padding=(0, 2)), *moment.said)


def line(moment: Moment) -> str:
    """The same in one line, for a pipe or a log."""
    counted, funnel = moment.numbers.counted, zip(FUNNEL.values(), moment.numbers.funnel, strict=True)
    grids = "，".join(f"{row[0]} {row[1]}" for row in moment.numbers.grids[:3])
    return (
        f"{moment.day} 已入库 {counted.indexed}（{moment.per_second:.0f}/秒，待处理 {moment.lag_records}，"
        f"重复 {counted.repeats}，隔离 {counted.quarantined}） | "
        f"{' '.join(f'{name} {value}' for name, value in funnel)} | 最忙：{grids or '–'}"
        f"{''.join(f' | {word}' for word in moment.said[-1:])}"
    )


def _head(moment: Moment) -> Panel:
    counted = moment.numbers.counted
    figures = (
        f"模拟日期 [bold]{moment.day}[/]   已发布 {moment.published}   已入库 [bold]{counted.indexed}[/]   "
        f"[bold green]{moment.per_second:.0f}[/] 件/秒   待处理 {moment.lag_records}   "
        f"重复 {counted.repeats}   隔离 {counted.quarantined}   缺口 {counted.gaps}"
    )
    return Panel(figures, title="善治 · 左云县（模拟）", subtitle="Ctrl-C 停止，数据保留", padding=(0, 1))


def _funnel(moment: Moment) -> Table:
    made = Table(title="当日诉求", title_justify="left", expand=False)
    for name in FUNNEL.values():
        made.add_column(name, justify="right")
    made.add_row(*(str(value) for value in moment.numbers.funnel))
    return made


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    made = Table(title=title, title_justify="left")
    for index, column in enumerate(columns):
        numeric = bool(rows) and isinstance(rows[0][index], int)
        made.add_column(column, justify="right" if numeric else "left", no_wrap=True)
    for row in rows:
        made.add_row(*(cell(value) for value in row))
    return made
