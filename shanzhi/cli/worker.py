"""`shanzhi worker`: one worker process on servers that run."""

from __future__ import annotations

import typer

from shanzhi.endpoints import find
from shanzhi.settings import read_settings


def worker() -> None:
    """运行一个处理进程（SIGTERM 后处理完手中批次再退出）· Run one worker until SIGTERM, then drain."""
    settings = read_settings()
    endpoints = find(settings)
    from processors.worker import run  # here: the only command that needs Faust, which is slow to import

    code = run(
        kafka_bootstrap=endpoints.kafka_bootstrap,
        database_url=endpoints.database_url,
        lanes=settings.lanes,
        replication=settings.replicas,
        probe_host=settings.probe_host,
        probe_port=settings.probe_port,
    )
    raise typer.Exit(code)
