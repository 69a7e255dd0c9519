"""`shanzhi dashboard`: the wall, the pages and the read API, on servers that run."""

from __future__ import annotations

from contextlib import closing

import structlog

from shanzhi.address import dashboard_door, gateway_door, listening, running_at
from shanzhi.cli.gateway import wait_until_prepared
from shanzhi.endpoints import find
from shanzhi.errors import SettingsRefused
from shanzhi.keys import master_key
from shanzhi.pages_key import pages_key
from shanzhi.settings import Settings, read_settings
from shanzhi.signals import one_interrupt

log = structlog.get_logger("shanzhi.dashboard")


def dashboard() -> None:
    """运行一屏、页面和查询接口 · Serve the wall, the pages and the read API until SIGTERM."""
    settings = read_settings()
    endpoints = find(settings)
    master_key(settings)  # a missing one costs nothing yet
    from shanzhi.dashboard import run_dashboard  # here: slow to import and needed by no other command

    gateway, door = _gateway(settings), dashboard_door(settings)
    with closing(listening(door)) as listener:
        try:
            with one_interrupt():
                wait_until_prepared(endpoints, settings)
        except KeyboardInterrupt:
            return
        key = pages_key(settings, endpoints.database_url)
        log.info("listening", host=door.host, port=listener.getsockname()[1])
        run_dashboard(settings, endpoints, listener, gateway, key)
    log.info("drained")


def _gateway(settings: Settings) -> str:
    found = settings.gateway or running_at(gateway_door(settings), settings.folder)
    if found is None:
        raise SettingsRefused(
            "没有正在运行的网关 · no gateway runs in the folder, and SHANZHI_GATEWAY names none",
            "先运行 shanzhi gateway · Start one, or give its address: SHANZHI_GATEWAY=http://127.0.0.1:8080",
        )
    return found
