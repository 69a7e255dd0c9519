"""`shanzhi replay`: what happened, event by event, as a timeline or as JSON lines with positions."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Annotated, Any

import msgspec
import typer

from audit.moment import parse_moment
from audit.references import references
from audit.replay import LIMIT, Wanted, replay_subject, types_of
from audit.replay import replay as scan
from audit.told import MOST, Remark, Replayed, Told
from ledger.masking import SEALED
from projections import read
from projections.read import QuestionRefused
from projections.store.connection import connect
from projections.store.generation import current_generation
from shanzhi.cli.output import AsJson, print_json, progress, results, say, table
from shanzhi.cli.shown import worded
from shanzhi.endpoints import find
from shanzhi.settings import read_settings
from shanzhi.stack import Endpoints

_CELL_CHARACTERS = 60
_KINDS = {"anomaly": "异常", "voided": "已作废", "corrected": "已更正"}

_Subject = Annotated[str | None, typer.Argument(metavar="SUBJECT", help="单个主体 · one subject, like case/7")]
_Type = Annotated[str | None, typer.Option("--type", help="事件类型或类别 · case.whistled, or all of case")]
_From = Annotated[str | None, typer.Option("--from", metavar="TIME", help="自（含）· from 2024-05-01T09:00 on")]
_To = Annotated[str | None, typer.Option("--to", metavar="TIME", help="至：日期含当日 · before a time, a day included")]
_Place = Annotated[str | None, typer.Option(help="地点及其下级（今日区划）· with what is below: place/xicheng")]
_Limit = Annotated[int, typer.Option(min=1, max=MOST, help="最多条数，取最早的 · events at most, the earliest")]


def replay(
    subject: _Subject = None, type_: _Type = None, from_: _From = None, to: _To = None, place: _Place = None,
    limit: _Limit = LIMIT, as_json: AsJson = False,
) -> None:  # fmt: skip
    """重放：按时间列出事件 · What happened, event by event; --json gives a line for each. What is sealed stays so."""
    wanted = Wanted(
        types=None if type_ is None else types_of(type_),
        since=None if from_ is None else parse_moment(from_, "--from"),
        until=None if to is None else parse_moment(to, "--to", day_ends=True),
        place=place,
    )
    is_filtered = wanted != Wanted()
    if (subject is not None) == is_filtered:
        raise QuestionRefused(
            "请给出一个主体，或者筛选条件 · give either a subject or filters",
            "shanzhi replay case/7，或 · or shanzhi replay --type case --from 2024-05-01 --place place/xicheng",
        )
    endpoints = find(read_settings())
    with progress("重放 · replaying", None) as show:
        replayed = (
            replay_subject(endpoints.kafka_bootstrap, endpoints.database_url, subject, limit)
            if subject is not None
            else scan(
                endpoints.kafka_bootstrap, endpoints.database_url, wanted, limit,
                lambda done, total: show(done, f"/ {total}"),
            )
        )  # fmt: skip
    if as_json:
        for one in replayed.told:
            print_json(msgspec.to_builtins(one))
    else:
        _print(replayed, endpoints)
    if replayed.is_cut:
        say(f"还有更多，只列出最早的 {limit} 条，可加 --limit · there are more than these {limit} events")


def _print(replayed: Replayed, endpoints: Endpoints) -> None:
    if not replayed.told:
        say("没有符合条件的事件 · no events are like that")
        return
    with closing(connect(endpoints.database_url, "shanzhi replay")) as connection:
        named = {ref for one in replayed.told for ref in references(one.event)}
        names = read.names_of(connection, current_generation(connection), named)
    columns = ("时间", "事件", "主体", "何人", "内容", "位置", "备注")
    rows = [_row(one, names) for one in replayed.told]
    results.print(table(f"重放 · {len(rows)} 条", columns, rows))


def _row(told: Told, names: Mapping[str, str]) -> tuple[Any, ...]:
    event = told.event
    data = event.get("data")
    content = "本版本不认识 · unknown here" if data is None else _content(data, told.sealed, names)
    who = names.get(event["authid"], event["authid"])
    remarks = "；".join(map(_remark, told.remarks))
    type_ = f"{told.term or ''} {event['type']}".strip()
    return told.time, type_, event["subject"], who, content, told.position, remarks


def _content(data: Mapping[str, Any], sealed: tuple[str, ...], names: Mapping[str, str]) -> str:
    return " ".join(
        f"{name}={SEALED if name in sealed else _word(value, name, names)}"
        for name, value in data.items()
        if value is not None
    )


def _word(value: Any, name: str, names: Mapping[str, str]) -> str:
    text = worded(value, name, names)
    return text if len(text) <= _CELL_CHARACTERS else f"{text[:_CELL_CHARACTERS]}…"


def _remark(remark: Remark) -> str:
    text = f"{_KINDS[remark.kind]}：{read.reason_in_chinese(remark.reason) or remark.reason}"
    if remark.field is not None:
        text = f"{_KINDS[remark.kind]} {remark.field} → {_word(remark.to, remark.field, {})}：{remark.reason}"
    return f"{text}（{remark.by}）" if remark.by else text
