"""`shanzhi as-of`: the ledger as of a moment, for every read model; and which such moments stand."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
import typer

from audit import as_of as moments
from audit.moment import parse_moment
from projections import read
from projections.read import QuestionRefused
from shanzhi.cli.output import AsJson, cell, print_json, progress, results, say, table
from shanzhi.cli.show import ROWS, Level, Limit, Month, Place, Unit, assert_has, show
from shanzhi.endpoints import find
from shanzhi.settings import read_settings

NOW = "now"
_BY = {"event": "事件时间 · event time", "recorded": "入账时间 · recorded time"}

_Time = Annotated[
    str | None,
    typer.Argument(metavar="TIME", help="此刻之前：2024-05-31T24:00；日期含当日；now · before it, a day included"),
]
_Recorded = Annotated[bool, typer.Option("--recorded", help="按入账时间，而非发生时间 · by when it was recorded")]
_Schema = Annotated[str | None, typer.Option(help="存为 as_of_…，此后 shanzhi show --schema · kept under this name")]
_Model = Annotated[str | None, typer.Option(help="只看一张表（见 shanzhi show），看后即删 · one read model, then gone")]
_List = Annotated[bool, typer.Option("--list", help="列出现有的历史时点 · the moments that stand")]
_Drop = Annotated[str | None, typer.Option("--drop", metavar="NAME", help="删除一个 · drops one")]
_Processes = Annotated[int, typer.Option(min=1, max=16, help="并行进程数 · processes that fold")]


def as_of(
    time: _Time = None, recorded: _Recorded = False, schema: _Schema = None, model: _Model = None,
    period: Month = None, place: Place = None,
    level: Level = None, unit: Unit = None, limit: Limit = ROWS, list_: _List = False, drop: _Drop = None,
    processes: _Processes = 2, as_json: AsJson = False,
) -> None:  # fmt: skip
    """历史时点：某一刻之前的全部数据 · The ledger as of a moment, in tables of its own or as one read model."""
    asked = [time is not None, list_, drop is not None]
    if sum(asked) != 1:
        raise QuestionRefused(
            "请给出一个时间，或 --list，或 --drop NAME · give one of these",
            "shanzhi as-of 2024-05-31T24:00 · shanzhi as-of --list",
        )
    if list_:
        _list(as_json)
    elif drop is not None:
        moments.drop(find(read_settings(), kafka=False).database_url, drop)
        say(f"已删除 · dropped {drop}")
    elif time is not None:
        if model is not None:  # what can't be asked is refused before anything is folded
            asked_of = {"place": place, "level": level, "unit": unit, "period": period}
            assert_has(read.read_model(model), {name: value for name, value in asked_of.items() if value is not None})
        moment = None if time == NOW else parse_moment(time, "TIME", day_ends=True)
        made = _fold(moment, recorded, schema, processes)
        if model is None:
            _say_made(made, as_json)
            return
        try:
            show(
                model, place=place, level=level, unit=unit, month=period, limit=limit, schema=made.schema,
                as_json=as_json,
            )  # fmt: skip
        finally:
            if schema is None:
                moments.drop(find(read_settings(), kafka=False).database_url, made.schema)


def _fold(moment: datetime | None, recorded: bool, schema: str | None, processes: int) -> moments.AsOf:
    endpoints = find(read_settings())
    with progress("折叠总账 · folding the ledger", None) as show_progress:
        return moments.fold_as_of(
            endpoints.database_url, endpoints.kafka_bootstrap, moment, is_recorded=recorded, schema=schema,
            processes=processes, report=lambda done, total: show_progress(done, f"/ {total}"),
        )  # fmt: skip


def _say_made(made: moments.AsOf, as_json: bool) -> None:
    if as_json:
        print_json(msgspec.to_builtins(made))
        return
    say(f"{cell(made.time)} 之前（{_BY[made.told_by]}），{made.records} 条 · records → {made.schema}")
    if made.unread:
        say(f"另有 {made.unread} 条尚未由处理进程读入，未计 · records that no worker has read yet are missing")
    say(f"查看 · ask it: shanzhi show NAME --schema {made.schema}；删除 · drop it: shanzhi as-of --drop {made.schema}")


def _list(as_json: bool) -> None:
    found = moments.standing(find(read_settings(), kafka=False).database_url)
    if as_json:
        print_json(msgspec.to_builtins(found))
        return
    rows = [
        (one.schema, one.time, _BY[one.told_by], one.records, one.made_at, "" if one.is_current else "旧版 · old folds")
        for one in found
    ]
    results.print(table("历史时点 · moments", ("名称", "时间", "依据", "条数", "生成", ""), rows))
