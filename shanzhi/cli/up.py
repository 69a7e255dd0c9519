"""`shanzhi up`: servers, tables, topic, workers, gateway and intake, watched over until Ctrl-C."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Annotated

import typer

from ledger.broker import shown
from ledger.injected_time import InjectedTime
from shanzhi.cli.output import cell, reporting, say
from shanzhi.everything import Everything, everything
from shanzhi.settings import Settings, read_settings
from shanzhi.signals import one_interrupt

TICK_SECONDS = 0.2

Count = Annotated[int, typer.Option("--workers", min=1, max=12, help="处理进程数 · worker processes")]


Injected = Annotated[
    str | None, typer.Option("--injected-time", help="时间停在此刻，用 shanzhi time 推进 · stands until it is moved")
]


def up(workers: Count = 1, injected_time: Injected = None) -> None:
    """启动并看护 Kafka、PostgreSQL、处理进程、网关和接收进程 · Start all servers and processes, and watch over them."""
    settings = read_settings(injected_time)
    try:
        with one_interrupt():
            run_up(settings, workers)
    except KeyboardInterrupt:
        say("已停止，数据已保留 · stopped, data kept")


def run_up(settings: Settings, count: int) -> None:
    """Until interrupted; the processes stop first, so that they can finish their work, then the servers."""
    with ExitStack() as opened:
        with reporting("正在启动 · starting") as report:
            running = opened.enter_context(everything(settings, count, report=report, said=say))
        _welcome(running, settings, count)
        while True:
            running.tend()
            time.sleep(TICK_SECONDS)


def place_of(database_url: str) -> str:
    """Host, port and name of the database, for a terminal: what else an address says may be a secret."""
    authority, _, path = database_url.partition("://")[2].partition("/")
    host, is_query, _ = authority.rpartition("@")[2].partition("?")
    name = "" if is_query else path.partition("?")[0]
    return f"{host}/{name}".strip("/") or "DATABASE_URL"


def _welcome(running: Everything, settings: Settings, count: int) -> None:
    say(f"就绪 · ready: {count} worker(s), gateway, dashboard, intake; logs in {settings.logs.resolve()}")
    say(f"  Kafka       {shown(running.endpoints.kafka_bootstrap)}")
    say(f"  PostgreSQL  {place_of(running.endpoints.database_url)}")
    say(f"  网关 HTTP   {running.gateway}")
    say(f"  页面 pages  {running.dashboard}")
    if time := InjectedTime(running.endpoints.database_url).read():
        say(f"  注入时间     {cell(time)}，推进 · moved by: shanzhi time advance 1h")
    say("另开终端 · in another terminal:  shanzhi simulate   shanzhi show cases   shanzhi describe")
    say("Ctrl-C 停止 · stops; data stays")
