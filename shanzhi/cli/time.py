"""`shanzhi time`: the time that was injected into embedded servers: how late it is, and moving it forward."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from typing import Annotated

import typer

from ledger.injected_time import InjectedTime
from projections.family import SHANGHAI
from projections.store.connection import connect
from projections.store.now import move
from shanzhi.cli.output import AsJson, print_json, say
from shanzhi.durations import parse_duration
from shanzhi.endpoints import find
from shanzhi.errors import SettingsRefused
from shanzhi.settings import read_settings

app = typer.Typer(help="注入的时间：查看、推进 · Injected time, of embedded servers alone.", no_args_is_help=True)

_Span = Annotated[str, typer.Argument(metavar="SPAN", help="30m, 71h, 7d")]
_Time = Annotated[str, typer.Argument(metavar="TIME", help="2024-05-11T09:00+08:00")]


@app.command()
def show(as_json: AsJson = False) -> None:
    """现在几点 · The injected time."""
    _say(_now(_url()), as_json)


@app.command()
def advance(span: _Span, as_json: AsJson = False) -> None:
    """向前推进一段时间 · Moves it forward by so much."""
    url = _url()
    _move(url, _now(url) + parse_duration(span), as_json)


@app.command("set")
def set_(time: _Time, as_json: AsJson = False) -> None:
    """向前推进到某一时刻 · Moves it forward to a time."""
    _move(_url(), parse_time(time), as_json)


def parse_time(text: str) -> datetime:
    """A time with its zone. Raises `SettingsRefused`."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise SettingsRefused(
            f"{text[:40]!r} 不是带时区的时间 · is no time with a zone",
            "写成 2024-05-11T09:00+08:00 · Write it so.",
        )
    return time


def _url() -> str:
    return find(read_settings(), kafka=False).database_url


def _now(url: str) -> datetime:
    with closing(InjectedTime(url)) as injected:
        time = injected.read()
    if time is None:
        raise SettingsRefused(
            "这里没有注入时间 · no time was injected here",
            "换一个目录启动 · Start new servers: SHANZHI_FOLDER=… shanzhi up --injected-time 2024-05-01T08:00+08:00",
        )
    return time


def _move(url: str, time: datetime, as_json: bool) -> None:
    before = _now(url)
    with closing(connect(url, "shanzhi time")) as connection, connection, connection.cursor() as cursor:
        is_moved = move(cursor, time)
    if not is_moved:
        raise SettingsRefused(
            f"不能从 {_shown(before)} 移到 {_shown(time)} · time can't be moved there",
            "只能向前，且不超过真实时间 · It goes forward only, and never past the real time.",
        )
    _say(time, as_json)


def _say(time: datetime, as_json: bool) -> None:
    if as_json:
        print_json({"time": _shown(time)})
    else:
        say(_shown(time))


def _shown(time: datetime) -> str:
    return time.astimezone(SHANGHAI).isoformat(timespec="seconds")
