"""`shanzhi record`: one event of the ledger, personal fields masked, or in plain for a role that may see them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
import typer

from ledger.codec import Examiner, Verdict
from ledger.envelope import ATTRIBUTES
from ledger.event import kinds
from ledger.reader import Reader
from ledger.record import RawRecord
from ledger.topics import PARTITIONS
from ledger.unsealing import Field, Role, Unsealer, sealed_fields
from projections.read import QuestionRefused
from shanzhi.cli.audited import keeping
from shanzhi.cli.output import AsJson, print_json, results, table
from shanzhi.endpoints import find
from shanzhi.keys import vault_of
from shanzhi.settings import read_settings

_Partition = Annotated[int, typer.Argument(min=0, max=PARTITIONS - 1, help="分区 · partition of the ledger")]
_Offset = Annotated[int, typer.Argument(min=0, help="偏移量 · offset in it")]
_Role = Annotated[Role, typer.Option(help="以何角色查看；mask 只看掩码 · the role that looks; mask sees no plain text")]
_By = Annotated[str, typer.Option(help="何人查看，记入日志 · who looks, for the log")]
_Reason = Annotated[str, typer.Option(help="因何查看，记入日志 · why, for the log")]
_SHOWN = {"plain": "明文 · plain", "masked": "掩码 · masked", "forgotten": "已遗忘 · forgotten", "unreadable": "打不开"}


def record(
    partition: _Partition,
    offset: _Offset,
    role: _Role = "mask",
    by: _By = "",
    reason: _Reason = "",
    as_json: AsJson = False,
) -> None:
    """查看账本中的一条记录，个人信息默认打码 · One event of the ledger; looking at personal fields is logged."""
    settings = read_settings()
    endpoints = find(settings)
    url = endpoints.database_url
    unsealer = Unsealer(vault_of(settings, url), role, by, reason, keeping(url, f"ledger/{partition}/{offset}"))
    raw = _read(endpoints.kafka_bootstrap, partition, offset)
    stamp = datetime.fromtimestamp(raw.timestamp / 1000, UTC)
    place = {"partition": partition, "offset": offset, "stamp": stamp}
    verdict, event, fields = content(raw, partition, unsealer)
    if as_json:
        personal = {field.pointer: field.shown for field in fields}
        print_json({**place, "verdict": verdict, "event": event, "personal": personal})
    else:
        _print({**place, **({"verdict": verdict} if verdict else {})}, event, fields)


def content(
    raw: RawRecord, partition: int, unsealer: Unsealer
) -> tuple[str | None, dict[str, Any] | None, list[Field]]:
    """Verdict, event and its personal fields as the role sees them.

    A record that is no event shows nothing of itself, since it may hold plain text; one of a type that this version
    does not know shows its envelope alone.
    """
    sound = Examiner(PARTITIONS).examine(raw, partition)
    if isinstance(sound, Verdict):
        return f"{sound.reason}: {sound.detail}", None, []
    envelope = orjson.loads(raw.value or b"")
    event = {name: envelope[name] for name in envelope if name in ATTRIBUTES and name != "data"}
    kind = kinds.get(envelope["dataschema"])
    if kind is None or sound.record is None:
        return "unfolded: 本版本不认识该类型 · a type that this version does not know", event, []
    data = {name: envelope["data"][name] for name in kind.wire_names.values() if name in envelope["data"]}
    sealed = sealed_fields(kind, envelope["source"], envelope["id"], envelope["subject"], data)
    fields = unsealer.open(sealed) if sealed else []
    for field in fields:
        data[field.pointer.rpartition("/")[2]] = field.value
    return None, event | {"data": data}, fields


def _read(bootstrap: str, partition: int, offset: int) -> RawRecord:
    with Reader(bootstrap) as reader:
        first, end = reader.starts[partition], reader.ends[partition]
        if first <= offset < end:
            batch = next(reader.batches({partition: offset}, {partition: offset + 1}), None)
            if batch:
                return batch.records[0]
    raise QuestionRefused(
        f"分区 {partition} 没有偏移量 {offset} · partition {partition} has no offset {offset} ({first} to {end - 1})",
        "回执和 shanzhi quarantine list 写有位置 · Receipts say where an event stands.",
    )


def _print(place: dict[str, Any], event: dict[str, Any] | None, fields: list[Field]) -> None:
    shown = {field.pointer: field.shown for field in fields}
    data = (event or {}).get("data", {})
    envelope = {name: value for name, value in (event or {}).items() if name != "data"}
    rows = [(name, value, "") for name, value in {**place, **envelope}.items()]
    rows += [(f"data/{name}", value, _SHOWN.get(shown.get(f"/data/{name}", ""), "")) for name, value in data.items()]
    results.print(table("记录 · record", ("属性", "值", "个人信息"), rows))
