"""`shanzhi up`: servers, tables, topic and workers, watched over until Ctrl-C."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Annotated

import typer

from shanzhi.cli.output import reporting, say
from shanzhi.endpoints import prepare, serve
from shanzhi.settings import Settings, read_settings
from shanzhi.signals import one_interrupt
from shanzhi.stack import Endpoints
from shanzhi.supervision import Servers
from shanzhi.workers import Workers

TICK_SECONDS = 0.2

Count = Annotated[int, typer.Option("--workers", min=1, max=12, help="处理进程数 · worker processes")]


def up(workers: Count = 1) -> None:
    """启动并看护 Kafka、PostgreSQL 和处理进程 · Start Kafka, PostgreSQL and workers, and watch over them."""
    settings = read_settings()
    try:
        with one_interrupt():
            run_up(settings, workers)
    except KeyboardInterrupt:
        say("已停止，数据已保留 · stopped, data kept")


def run_up(settings: Settings, count: int) -> None:
    """Until interrupted; workers stop first, so that they can finish their batch, then the servers."""
    with ExitStack() as all_of_it:
        with reporting("正在启动 · starting") as report:
            endpoints, stack = all_of_it.enter_context(serve(settings, report))
            prepare(endpoints, settings.replicas)
        watched = Workers(endpoints, count, lanes=settings.lanes, logs=settings.logs, report=say)
        workers = all_of_it.enter_context(watched)
        servers = Servers(stack, report=say)
        _welcome(endpoints, settings, count)
        while True:
            workers.tend()
            servers.tend()
            time.sleep(TICK_SECONDS)


def place_of(database_url: str) -> str:
    """Host, port and name of the database, for a terminal: what else an address says may be a secret."""
    authority, _, path = database_url.partition("://")[2].partition("/")
    host, is_query, _ = authority.rpartition("@")[2].partition("?")
    name = "" if is_query else path.partition("?")[0]
    return f"{host}/{name}".strip("/") or "DATABASE_URL"


def _welcome(endpoints: Endpoints, settings: Settings, count: int) -> None:
    say(f"就绪 · ready: {count} worker(s), logs in {settings.logs.resolve()}")
    say(f"  Kafka       {endpoints.kafka_bootstrap}")
    say(f"  PostgreSQL  {place_of(endpoints.database_url)}")
    say("另开终端 · in another terminal:  shanzhi simulate   shanzhi show cases   shanzhi describe")
    say("Ctrl-C 停止 · stops; data stays")
