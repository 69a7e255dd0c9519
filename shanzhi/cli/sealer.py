"""`shanzhi sealer`: the process that seals the ledger as it grows."""

from __future__ import annotations

import typer

from shanzhi.endpoints import find
from shanzhi.seal_key import signer
from shanzhi.settings import read_settings


def sealer() -> None:
    """运行封印进程（定时为总账封印，SIGTERM 后退出）· Seal the ledger as it grows, until SIGTERM."""
    settings = read_settings()
    endpoints = find(settings)
    from audit.seal_file import SealFile
    from audit.sealing import Every
    from shanzhi.sealer import run  # here: needed by no other command

    code = run(
        kafka_bootstrap=endpoints.kafka_bootstrap,
        database_url=endpoints.database_url,
        signer=signer(settings),
        file=SealFile(settings.seal_file),
        every=Every(settings.seal_records, settings.seal_minutes * 60),
        probe_host=settings.probe_host,
        probe_port=settings.probe_port,
    )
    raise typer.Exit(code)
