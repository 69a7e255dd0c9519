"""`shanzhi decider`: the process that answers what events ask for, on servers that run."""

from __future__ import annotations

import typer

from shanzhi.endpoints import find
from shanzhi.keys import vault_of
from shanzhi.settings import read_settings


def decider() -> None:
    """运行决策进程（派单、重办、衍生诉求，SIGTERM 后退出）· Run the decider until SIGTERM."""
    settings = read_settings()
    endpoints = find(settings)
    vault = vault_of(settings, endpoints.database_url)
    from processors.decider.process import run  # here: slow to import and needed by no other command

    code = run(
        database_url=endpoints.database_url,
        vault=vault,
        probe_host=settings.probe_host,
        probe_port=settings.probe_port,
    )
    raise typer.Exit(code)
