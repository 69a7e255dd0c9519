"""`shanzhi publisher`: who may publish, and the secret keys by which they are known.

The register is written first and announced to the ledger afterwards; what Kafka did not take is announced by the
next command of this group.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from ledger.acls import admit_publisher, dismiss_publisher
from ledger.broker import as_user
from ledger.errors import OutcomeUnknown
from ledger.injected_time import time_of
from ledger.parties import Party
from ledger.publisher_rows import Registered
from ledger.publishers import Register
from projections.store.migrate import migrate
from shanzhi.announcing import announce
from shanzhi.cli.output import AsJson, cell, print_json, results, say, table
from shanzhi.durations import parse_duration
from shanzhi.endpoints import find
from shanzhi.errors import NotRunning, SettingsRefused
from shanzhi.least import PASSWORD_BYTES, wants_logins
from shanzhi.pages_key import PAGES
from shanzhi.settings import read_settings

app = typer.Typer(help="登记发布方，发放和更换密钥 · Who may publish, and their keys.", no_args_is_help=True)

_Id = Annotated[str, typer.Argument(metavar="ID", help="编号，如 hotline-12345 · a-z, 0-9, -")]
_Name = Annotated[str | None, typer.Option(help="名称 · what people call it")]
_Sources = Annotated[list[str] | None, typer.Option("--source", help="来源 URI，可多个 · its own source, repeatable")]
_Types = Annotated[list[str] | None, typer.Option("--type", help="case.rated, case.*；默认全部 · every one by default")]
_Places = Annotated[list[str] | None, typer.Option("--place", help="含其下级；默认全部 · with all below; every one")]
_Rate = Annotated[int | None, typer.Option("--rate", help="每秒事件数 · events a second, 1 to 100000; 1000")]
_Rhythm = Annotated[str | None, typer.Option(help="至少多久发一次 · at least one event in: 30m, 2h, 1d")]
_By = Annotated[str, typer.Option(help="由谁决定（不透明编号）· who decided it, an opaque id")]
_KeyOnly = Annotated[bool, typer.Option("--key-only", help="只输出密钥 · the key and nothing else")]
BY = "unit/system"
_COLUMNS = ("编号 id", "来源 sources", "类型 types", "地点 places", "每秒", "节奏", "密钥到期", "状态")


@app.command()
def add(
    id_: _Id,
    name: _Name = None,
    source: _Sources = None,
    type_: _Types = None,
    place: _Places = None,
    rate: _Rate = None,
    rhythm: _Rhythm = None,
    by: _By = BY,
    key_only: _KeyOnly = False,
    as_json: AsJson = False,
) -> None:
    """登记发布方，密钥只显示这一次 · Register a publisher; its key is shown this once."""
    given = _given(name, source, type_, place, rate, rhythm)
    party = Party(**{"id": id_, "name": id_, "sources": ()} | given)
    with _opened() as register:
        _say_key(id_, register.add(party, by, _now()), key_only, as_json)
        _announce(register)


@app.command()
def pages(by: _By = BY, key_only: _KeyOnly = False, as_json: AsJson = False) -> None:
    """登记页面为发布方，或给它新密钥 · Register the pages that people fill in, or give them a new key."""
    with _opened() as register:
        is_there = any(one.party.id == PAGES.id for one in register.listed())
        key = register.rotate(PAGES.id) if is_there else register.add(PAGES, by, _now())
        _say_key(PAGES.id, key, key_only, as_json)
        _announce(register)


@app.command()
def change(
    id_: _Id,
    name: _Name = None,
    source: _Sources = None,
    type_: _Types = None,
    place: _Places = None,
    rate: _Rate = None,
    rhythm: _Rhythm = None,
    every_type: Annotated[bool, typer.Option("--every-type", help="全部类型 · every type again")] = False,
    every_place: Annotated[bool, typer.Option("--every-place", help="全部地点 · every place again")] = False,
    by: _By = BY,
    as_json: AsJson = False,
) -> None:
    """变更授权，列表整体替换；--rhythm 0 取消节奏 · Change what is given; a list replaces the one before."""
    given = _given(name, source, type_, place, rate, rhythm)
    given |= ({"types": ()} if every_type else {}) | ({"places": ()} if every_place else {})
    if not given:
        raise SettingsRefused("没有要变更的内容 · nothing to change", "shanzhi publisher change --help")
    with _opened() as register:
        party = register.change(id_, given, by, _now())
        if as_json:
            print_json(party)
        else:
            say(f"已变更 · changed {id_}")
        _announce(register)


@app.command()
def rotate(
    id_: _Id,
    grace: Annotated[str, typer.Option(help="旧密钥还能用多久 · how long the old keys stay valid: 0, 24h")] = "24h",
    key_only: _KeyOnly = False,
    as_json: AsJson = False,
) -> None:
    """发放新密钥，旧密钥到期作废 · A new key; the old ones expire after the grace."""
    kept = parse_duration(grace)
    with _opened() as register:
        _say_key(id_, register.rotate(id_, kept), key_only, as_json)
        _announce(register)


@app.command()
def kafka(id_: _Id) -> None:
    """Kafka 登录，只能写 governance.intake，只显示这一次 · A login of Kafka that may write the intake and nothing else.

    再执行会换新的 · Another run gives a new one in its place.
    """
    address = find(read_settings()).kafka_bootstrap
    if not wants_logins(address):
        raise SettingsRefused(
            "这个 Kafka 没有登录 · this Kafka asks nobody for a login",
            "见 · See docs/security.md: SHANZHI_SECURE_KAFKA, KAFKA_BOOTSTRAP",
        )
    with _opened() as register:
        if not any(one.party.id == id_ and not one.revoked_at for one in register.listed()):
            raise SettingsRefused(f"没有发布方 {id_} · no publisher {id_}", "shanzhi publisher list")
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    typer.echo(as_user(address, admit_publisher(address, id_, password), password))


@app.command()
def revoke(
    id_: _Id,
    reason: Annotated[str | None, typer.Option(help="原因 · why")] = None,
    by: _By = BY,
) -> None:
    """注销发布方，密钥在 5 秒内失效 · End a publisher; its keys are nobody's within 5 s."""
    with _opened() as register:
        register.revoke(id_, reason, by, _now())
        say(f"已注销 · revoked {id_}")
        _announce(register)
    _dismiss(id_)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """列出发布方（不含密钥）· The register; never a key."""
    with _opened() as register:
        _announce(register)
        listed = register.listed()
    if as_json:
        print_json([_as_json(one) for one in listed])
    elif listed:
        results.print(table("发布方 · publishers", _COLUMNS, map(_row, listed)))
    else:
        say("还没有发布方 · no publisher yet: shanzhi publisher add --help")


@contextmanager
def _opened() -> Iterator[Register]:
    database_url = find(read_settings(), kafka=False).database_url
    migrate(database_url)
    with closing(Register(database_url)) as register:
        yield register


def _now() -> datetime:
    """Of the machine, or the injected one."""
    return time_of(find(read_settings(), kafka=False).database_url).now()


def _announce(register: Register) -> None:
    waiting = announce(register, read_settings())
    if waiting:
        say(f"登记已生效，尚未写入账本 · in force, not announced to the ledger yet: {waiting}")
        say("  → 下一条 shanzhi publisher 命令会补上 · The next shanzhi publisher command announces it.")


def _dismiss(id_: str) -> None:
    """Its keys are nobody's by now, so that the intake takes nothing from it any more, whether this succeeds or not."""
    try:
        dismiss_publisher(find(read_settings(), postgres=False).kafka_bootstrap, id_)
    except (NotRunning, OutcomeUnknown) as failure:
        say(f"Kafka 登录尚未注销，请再执行一次 · its login of Kafka may still be there, run this again: {failure.what}")


def _given(
    name: str | None,
    source: list[str] | None,
    type_: list[str] | None,
    place: list[str] | None,
    rate: int | None,
    rhythm: str | None,
) -> dict[str, Any]:
    """The fields of a `Party` that were given."""
    given = {
        "name": name,
        "sources": tuple(source or ()) or None,
        "types": tuple(type_ or ()) or None,
        "places": tuple(place or ()) or None,
        "rate_per_second": rate,
        "rhythm_minutes": None if rhythm is None else parse_duration(rhythm) // timedelta(minutes=1),
    }
    return {field: value for field, value in given.items() if value is not None}


def _say_key(id_: str, key: str, key_only: bool, as_json: bool) -> None:
    """Before anything else can fail: nobody can show it again."""
    if as_json:
        print_json({"id": id_, "key": key})
    else:
        typer.echo(key)
        if not key_only:
            say(f"{id_} 的密钥，只显示这一次 · the key of {id_}, shown this once: keep it now")


def _as_json(one: Registered) -> dict[str, Any]:
    announced = one.announced_revision == one.revision
    row = asdict(one)
    return {**row.pop("party"), **row, "announced": announced}


def _row(one: Registered) -> tuple[Any, ...]:
    """One item a line in a cell, so that nothing is broken in the middle on a narrow screen."""
    party = one.party
    state = "已注销 revoked" if one.revoked_at else "有效 active"
    return (
        f"{party.id}\n{party.name}",
        "\n".join(party.sources),
        "\n".join(party.types) or "全部 all",
        "\n".join(party.places) or "全部 all",
        party.rate_per_second,
        party.rhythm_minutes,
        "\n".join("长期" if at is None else cell(at) for at in one.keys) or None,
        state if one.announced_revision == one.revision else f"{state}\n未公告 waiting",
    )
