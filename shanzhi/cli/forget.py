"""`shanzhi forget`: destroys the keys of a person's data for ever, and says what of it is still to expire."""

from __future__ import annotations

import re
import sys
from typing import Annotated, Any

import typer

from audit.erasing import Remains, remains, rewrite
from audit.forgetting import destroy, nothing_sealed, one_person, tell
from ledger.event import kinds
from ledger.fields import SUBJECT_PATTERN
from ledger.injected_time import time_of
from ledger.sealing import NoKeys
from producers import Publisher
from projections.store.migrate import migrate
from shanzhi.announcing import DELIVERY_SECONDS
from shanzhi.cli import audited
from shanzhi.cli.output import AsJson, print_json, results, say, table
from shanzhi.endpoints import find, prepare
from shanzhi.errors import SettingsRefused
from shanzhi.settings import read_settings
from shanzhi.stack import Endpoints

BY = "unit/system"
_OWNERS_AT_ONCE = 100
_AGAIN = "请再执行一次 shanzhi forget · run shanzhi forget again"
_is_owner = re.compile(SUBJECT_PATTERN).match
_WHO = "人员，如 person/zhao-9b1e；匿名反映的写案件编号 · a person; where they had no id, the case"
_Owners = Annotated[list[str], typer.Argument(metavar="PERSON…", help=_WHO)]
_Basis = Annotated[str | None, typer.Option(help="依据，公开，不写姓名 · why; public, without a name")]
_By = Annotated[str, typer.Option(help="由谁决定（不透明编号）· who decided it, an opaque id")]
_Status = Annotated[bool, typer.Option("--status", help="只看还有什么未过期 · only say what is still to expire")]
_Yes = Annotated[bool, typer.Option("--yes", help="不再询问 · do not ask: nothing brings the keys back")]


def forget(
    persons: _Owners,
    basis: _Basis = None,
    by: _By = BY,
    yes: _Yes = False,
    status: _Status = False,
    as_json: AsJson = False,
) -> None:
    """销毁个人信息的密钥，不可恢复；统计与证明不变 · Destroys the keys of a person's data; totals and proofs stay.

    中断后重新执行即可 · Run it again after an interruption. 合并过的编号一并遗忘 · Ids that were merged go along.
    """
    owners = _checked(persons)
    settings = read_settings()
    if status:
        url = find(settings, kafka=False).database_url
        migrate(url)
        _show(url, owners, as_json)
        return
    if not basis:
        raise SettingsRefused("未写依据 · why is not said", "请填写 --basis · Give it, for example --basis 本人申请.")
    endpoints = find(settings)
    prepare(endpoints, settings.replicas)
    url = endpoints.database_url
    owners = one_person(url, owners)
    if unknown := nothing_sealed(url, owners):
        say(f"从未有其个人信息，请核对编号 · nothing was ever sealed of them, check the ids: {', '.join(unknown)}")
    _ask(owners, yes)
    audited.tell(url, "forgotten", by=by, owners=", ".join(owners), basis=basis)
    destroy(url, owners, basis, by, time_of(url))
    _tell(endpoints)
    if not rewrite(url):
        say("密钥已销毁；仍有较早的事务在读 · destroyed; an older transaction still reads:")
        say(_AGAIN)
    _show(url, owners, as_json)


def _checked(owners: list[str]) -> list[str]:
    if len(owners) > _OWNERS_AT_ONCE:
        raise SettingsRefused(f"一次最多 {_OWNERS_AT_ONCE} 个 · at most so many at once", "请分批 · Run it in parts.")
    known = {subject for kind in kinds.values() for subject in kind.subjects}
    for owner in owners:
        if not _is_owner(owner) or owner.partition("/")[0] not in known:
            raise SettingsRefused("编号不合规 · not the id of an owner", "写成 person/zhao-9b1e · Write it so.")
    return owners


def _ask(owners: list[str], yes: bool) -> None:
    if yes:
        return
    say(f"将永久遗忘 · to be forgotten for ever: {', '.join(owners)}")
    if not sys.stdin.isatty() or not typer.confirm("确定？· Are you sure?", err=True):
        raise SettingsRefused("未执行 · nothing was done", "确认无误后加 --yes · Add --yes once you are sure.")


def _tell(endpoints: Endpoints) -> None:
    url = endpoints.database_url
    with Publisher(
        endpoints.kafka_bootstrap, NoKeys(), time_of(url), delivery_seconds=DELIVERY_SECONDS
    ) as publisher:
        tell(url, publisher.publish)


def _show(url: str, owners: list[str], as_json: bool) -> None:
    found = remains(url, owners)
    if as_json:
        print_json([_as_json(one) for one in found])
        return
    for one in found:
        title = f"{one.owner} · 遗忘于 forgotten {one.forgotten_at:%Y-%m-%d %H:%M} UTC · {one.basis} · {one.decided_by}"
        results.print(table(title, ("什么 what", "状态 state"), _rows(one)))
    if missing := sorted(set(owners) - {one.owner for one in found}):
        say(f"未被遗忘 · not forgotten: {', '.join(missing)}")


def _as_json(one: Remains) -> dict[str, Any]:
    return one._asdict() | {"told": one.told, "done": one.done}


def _rows(one: Remains) -> list[tuple[str, str]]:
    at = f"{one.partition}:{one.offset}" if one.offset is not None else "恢复前已写 · told before the restore"
    return [
        ("密钥 keys", "已销毁 destroyed" if one.destroyed else _AGAIN),
        ("事件 event", at if one.told else _AGAIN),
        ("照片 photos", _AGAIN if one.photos else "无 none"),
        ("进程内存 memory of processes", "至多 10 秒不再使用 · used for at most 10 s more"),
        ("数据表 tables", "已重写 written anew" if one.rewritten_at else _AGAIN),
        ("预写日志 WAL", _log(one)),
        ("备份、副本 backups, replicas", _copies(one)),
    ]


def _log(one: Remains) -> str:
    if one.wal_bytes_left is None:
        kept = "角色无权做检查点，或旧日志被保留 · the role may make no checkpoint, or older WAL is kept"
        return f"未知 unknown · {kept if one.rewritten_at else _AGAIN}"
    mib = -(-one.wal_bytes_left // 2**20)
    return f"再写 {mib} MiB 后覆盖完 · gone after {mib} MiB more" if mib else "已无 gone"


def _copies(one: Remains) -> str:
    if one.master_key_is_newer:
        return "主密钥已更换，旧主密钥销毁后即无法打开 · nobody opens them once the old master key is destroyed"
    return "到期后更换主密钥 · until they expire; then: shanzhi vault rotate"
