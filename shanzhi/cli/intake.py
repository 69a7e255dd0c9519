"""`shanzhi intake`: the process that takes what publishers write to Kafka themselves."""

from __future__ import annotations

import typer

from ledger.vault import Vault
from shanzhi.endpoints import find
from shanzhi.keys import master_key, master_key_before
from shanzhi.settings import read_settings


def intake() -> None:
    """运行直连入口（governance.intake，SIGTERM 后退出）· Take what publishers write to Kafka, until SIGTERM."""
    settings = read_settings()
    endpoints = find(settings)
    vault = Vault(endpoints.database_url, master_key(settings), master_key_before(settings))
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
