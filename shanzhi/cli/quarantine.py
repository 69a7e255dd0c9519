"""`shanzhi quarantine`: what is in quarantine, what it says, and what is decided about it."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.injected_time import time_of
from ledger.submission import check
from ledger.unsealing import Unsealer
from ledger.vault import Vault
from ledger.writer import Receipt
from processors.desk.advice import advice, rule_remedies
from processors.desk.originals import event_text, original_of, submitted
from processors.desk.references import DeskRefused, reference
from processors.desk.register import MOST_ROWS, Item, Register
from processors.desk.repair import assert_not_in_vain, changed, parse_change, parsed
from processors.desk.vouching import admit_as, assert_vouched
from producers import Publisher
from projections.family import SHANGHAI
from shanzhi.cli.audited import keeping
from shanzhi.cli.output import AsJson, print_json, results, say, table
from shanzhi.endpoints import find
from shanzhi.errors import SettingsRefused
from shanzhi.keys import vault_of
from shanzhi.settings import read_settings
from shanzhi.stack import Endpoints

app = typer.Typer(help="隔离区：查看、修复、丢弃 · The quarantine desk.", no_args_is_help=True)
_WORDS_CHARACTERS = 200

_Ref = Annotated[str, typer.Argument(metavar="REF", help="ledger/7/1234 · intake/0/99")]
_Reason = Annotated[str | None, typer.Option(help="只看此原因 · this reason alone")]
_Since = Annotated[str | None, typer.Option(metavar="DAY", help="自此日起 · since that day: 2024-05-01")]
_Open = Annotated[bool, typer.Option("--open", help="只看未处理的 · not decided yet")]
_Limit = Annotated[int, typer.Option(min=1, max=MOST_ROWS, help="最多行数 · rows at most")]
_Role = Annotated[str | None, typer.Option(help="desk：查看原件 · to see the original")]
_By = Annotated[str, typer.Option(help="何人，记入日志 · who")]
_Why = Annotated[str, typer.Option("--reason", help="为何，记入日志 · why")]
_Set = Annotated[list[str] | None, typer.Option("--set", metavar="POINTER=VALUE", help="修改一处 · /data/place=…")]
_File = Annotated[Path | None, typer.Option("--file", metavar="JSON", help="修好的事件 · the repaired event")]
_As = Annotated[
    str | None, typer.Option("--as", metavar="PUBLISHER", help="以该发布方的权限 · with that publisher's rights")
]
_Again = Annotated[bool, typer.Option("--again", help="已处理过也再做一次 · although it was decided")]


@app.command("list")
def list_(
    reason: _Reason = None, since: _Since = None, is_open: _Open = False, limit: _Limit = 50, as_json: AsJson = False
) -> None:
    """列出隔离记录 · Both quarantines, the newest first."""
    items = _register().listed(reason, _day(since), is_open, limit)
    if as_json:
        print_json([_members(one) for one in items])
        return
    rows = [
        (str(one.reference), one.stamp, _meaning(one), one.publisher, one.code, one.pointer, one.decision)
        for one in items
    ]
    if not rows:
        say("没有隔离记录 · nothing in quarantine")
        return
    results.print(table("隔离区 · quarantine", ("编号", "时间", "原因", "发布方", "规则", "位置", "处理"), rows))


@app.command()
def show(ref: _Ref, role: _Role = None, by: _By = "", reason: _Why = "", as_json: AsJson = False) -> None:
    """查看一条记录；原件须说明角色、何人、为何 · One record; who sees its original is logged."""
    endpoints = find(read_settings())
    register = Register(endpoints.database_url)
    item = register.item(reference(ref))
    original = None if role is None else _original(item, register, endpoints, role, by, reason)
    words, more = advice(item.origin, item.reason), rule_remedies(item.code)
    if as_json:
        print_json({**_members(item), **words._asdict(), "original": original})
        return
    rows: list[tuple[str, Any]] = [
        ("时间 · stamp", item.stamp),
        ("原因 · reason", f"{words.meaning_chinese} · {words.meaning} ({item.reason})"),
        ("怎么办 · what to do", f"{words.remedy_chinese} · {words.remedy}"),
        ("规则 · rule", f"{item.code}: {item.detail}" if item.code else item.detail),
        *([("改正 · remedy", " · ".join(more))] if more else []),
        ("位置 · pointer", item.pointer),
        ("发布方 · publisher", item.publisher),
        ("处理 · decision", _decided(item)),
        *((f"原件 · {name}", value) for name, value in (original or {}).items()),
    ]
    results.print(table(f"隔离记录 {ref}", ("", ""), rows))


@app.command()
def retry(
    ref: _Ref,
    changes: _Set = None,
    file: _File = None,
    as_: _As = None,
    by: _By = "",
    reason: _Why = "",
    again: _Again = False,
    as_json: AsJson = False,
) -> None:
    """修复并重新发布 · Publish the repaired copy; it folds as a late event. Refused: nothing changes."""
    by, reason = _words(by, reason)
    steps = [parse_change(one) for one in changes or []]
    settings = read_settings()
    endpoints = find(settings)
    register = Register(endpoints.database_url)
    with register.deciding(reference(ref)) as item:
        _assert_open(item, again)
        assert_vouched(item, as_)
        vault = vault_of(settings, endpoints.database_url)
        event: Any = _read(file) if file else _repairable(item, register, vault, endpoints, by, reason)
        event = changed(event, steps) if steps else event
        if item.reason == "id_reused" and item.identity:
            assert_not_in_vain(event, item.identity)
        times = time_of(endpoints.database_url)
        submission = check(event, times.now())
        if as_ is not None:
            admit_as(as_, submission, endpoints.database_url)
        with closing(Publisher(endpoints.kafka_bootstrap, vault, times)) as publisher:
            receipt = publisher.publish(event)
        register.retried(item, by, reason if as_ is None else f"{reason} (as {as_})", receipt)
    _say_published(ref, receipt, as_json)


@app.command()
def drop(ref: _Ref, by: _By = "", reason: _Why = "", again: _Again = False) -> None:
    """丢弃；直连记录的原件随即销毁 · Decide that it is no event; an intake record's original is destroyed."""
    by, reason = _words(by, reason)
    register = _register()
    with register.deciding(reference(ref)) as item:
        _assert_open(item, again)
        register.dropped(item, by, reason)
    say(f"已丢弃 · dropped {ref}")


def _register() -> Register:
    return Register(find(read_settings(), kafka=False).database_url)


def _original(
    item: Item, register: Register, endpoints: Endpoints, role: str, by: str, reason: str
) -> dict[str, str | None]:
    settings = read_settings()
    vault = vault_of(settings, endpoints.database_url)
    keep = keeping(endpoints.database_url, f"quarantine/{item.reference}")
    looking = Unsealer(vault, role, by, reason, keep)  # type: ignore[arg-type]  # it says itself what is no role
    if not looking.may_see("quarantine/original"):
        raise DeskRefused(f"{role} 不能查看原件 · role {role} sees no originals", "--role desk")
    found = original_of(item, register, vault, endpoints.kafka_bootstrap)
    looking.tell(f"quarantine {item.reference}", found.owners, {"originals": 1})
    headers = {f"header {name}": value.decode("utf-8", "replace") for name, value in found.original.headers}
    value = found.original.value
    return {**headers, "value": None if value is None else value.decode("utf-8", "replace")}


def _repairable(
    item: Item, register: Register, vault: Vault, endpoints: Endpoints, by: str, reason: str
) -> dict[str, object]:
    """The original as it was submitted; that personal data was opened for it is logged."""
    found = original_of(item, register, vault, endpoints.kafka_bootstrap)
    event, owners = submitted(item, parsed(event_text(item, found)), vault)
    owners += found.owners
    if owners:
        keep = keeping(endpoints.database_url, f"quarantine/{item.reference}")
        looking = Unsealer(vault, "desk", by, reason, keep)
        looking.tell(f"quarantine retry {item.reference}", owners, {"plain": len(owners)})
    return event


def _assert_open(item: Item, again: bool) -> None:
    if item.decision and not again:
        raise DeskRefused(
            f"{item.reference} 已处理过 · was decided before: {_decided(item)}",
            "确要再做一次，加 --again · To do it again all the same: --again",
        )


def _words(by: str, reason: str) -> tuple[str, str]:
    if not by.strip() or not reason.strip():
        raise DeskRefused(
            "须注明何人、为何 · who decides this, and why?",
            "例如 · For example --by person/li-7f3a --reason 发布方已改正",
        )
    return by[:_WORDS_CHARACTERS], reason[:_WORDS_CHARACTERS]


def _read(file: Path) -> dict[str, object]:
    try:
        return parsed(file.read_bytes())
    except OSError as failure:
        raise SettingsRefused(f"{file} 无法读取 · can't be read ({failure.strerror})", "--file REPAIRED.json") from None


def _day(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI) if text else None
    except ValueError:
        raise SettingsRefused("--since 不是日期 · is no day", "例如 · For example --since 2024-05-01") from None


def _say_published(ref: str, receipt: Receipt, as_json: bool) -> None:
    if as_json:
        print_json({"reference": ref, "id": receipt.id, "partition": receipt.partition, "offset": receipt.offset})
    else:
        say(f"已重新发布 · {ref} was published as {receipt.id}, ledger/{receipt.partition}/{receipt.offset}")


def _members(item: Item) -> dict[str, Any]:
    members = item._asdict()
    del members["topic_id"], members["identity"]
    return {"reference": str(item.reference), **members}


def _meaning(item: Item) -> str:
    return f"{advice(item.origin, item.reason).meaning_chinese} · {item.reason}"


def _decided(item: Item) -> str | None:
    if item.decision is None:
        return None
    word = {"retried": "已重新发布 · retried", "dropped": "已丢弃 · dropped"}[item.decision]
    where = f" ledger/{item.ledger_partition}/{item.ledger_offset}" if item.ledger_partition is not None else ""
    return f"{word}{where}, {item.by}, {item.note}"
