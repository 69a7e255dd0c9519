"""`shanzhi intake`: the process that takes what publishers write to Kafka themselves."""

from __future__ import annotations

import typer

from shanzhi.endpoints import find
from shanzhi.keys import vault_of
from shanzhi.settings import read_settings


def intake() -> None:
    """运行直连入口（governance.intake，SIGTERM 后退出）· Take what publishers write to Kafka, until SIGTERM."""
    settings = read_settings()
    endpoints = find(settings)
    vault = vault_of(settings, endpoints.database_url)
    from processors.intake.agent import run  # here: Faust is slow to import

    code = run(
        kafka_bootstrap=endpoints.kafka_bootstrap,
        database_url=endpoints.database_url,
        vault=vault,
        replication=settings.replicas,
        probe_host=settings.probe_host,
        probe_port=settings.probe_port,
    )
    raise typer.Exit(code)
