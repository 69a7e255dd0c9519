"""`shanzhi relay`: the process that publishes the outbox, on servers that run."""

from __future__ import annotations

import typer

from shanzhi.endpoints import find
from shanzhi.settings import read_settings


def relay() -> None:
    """运行转发进程（把待发事件写入总账，SIGTERM 后退出）· Run the relay of the outbox until SIGTERM."""
    settings = read_settings()
    endpoints = find(settings)
    from processors.relay import run  # here: slow to import and needed by no other command

    code = run(
        kafka_bootstrap=endpoints.kafka_bootstrap,
        database_url=endpoints.database_url,
        probe_host=settings.probe_host,
        probe_port=settings.probe_port,
    )
    raise typer.Exit(code)
