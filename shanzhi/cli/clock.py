"""`shanzhi clock`: the process that tells what ran out."""

from __future__ import annotations

import typer

from shanzhi.endpoints import find
from shanzhi.settings import read_settings


def clock() -> None:
    """运行时钟：超期、升级、未拉开窗帘（SIGTERM 后退出）· Tell what ran out, until SIGTERM; one of several leads."""
    settings = read_settings()
    endpoints = find(settings)
    from processors.clock.clock import run  # here: needed by no other command

    code = run(
        kafka_bootstrap=endpoints.kafka_bootstrap,
        database_url=endpoints.database_url,
        probe_host=settings.probe_host,
        probe_port=settings.probe_port,
    )
    raise typer.Exit(code)
