"""`shanzhi gateway`: the HTTP way in, on servers that run."""

from __future__ import annotations

import time
from contextlib import closing

import structlog

from ledger.errors import OutcomeUnknown
from shanzhi.address import DEFAULT_PORT
from shanzhi.endpoints import find, prepare
from shanzhi.errors import SettingsRefused
from shanzhi.keys import master_key
from shanzhi.settings import Settings, read_settings
from shanzhi.signals import one_interrupt
from shanzhi.stack import Endpoints

_RETRY_SECONDS = 1.0
log = structlog.get_logger("shanzhi.gateway")


def gateway() -> None:
    """运行 HTTP 网关（SIGTERM 后答完手中请求再退出）· Run the HTTP gateway until SIGTERM, then drain."""
    settings = read_settings()
    endpoints = find(settings)
    master_key(settings)  # a missing one costs nothing yet
    from producers.gateway.server import listen  # here: slow to import and needed by no other command
    from shanzhi.gateway import run_gateway

    host, port = settings.gateway_host, settings.gateway_port or DEFAULT_PORT
    try:
        listening = listen(host, port)
    except OSError as failure:
        raise SettingsRefused(
            f"{host}:{port} 不能监听 · can't be listened on ({failure.strerror})",
            "换一个地址或端口 · Give another one: SHANZHI_GATEWAY_HOST, SHANZHI_GATEWAY_PORT.",
        ) from None
    with closing(listening):
        try:
            with one_interrupt():
                _wait_until_prepared(endpoints, settings)
        except KeyboardInterrupt:
            return
        log.info("listening", host=host, port=port)
        run_gateway(settings, endpoints, listening)
    log.info("drained")


def _wait_until_prepared(endpoints: Endpoints, settings: Settings) -> None:
    """Tables and topic are there; Kafka or PostgreSQL away is no reason to end."""
    while True:
        try:
            prepare(endpoints, settings.replicas)
            return
        except OutcomeUnknown as error:
            log.warning("not_ready", what=error.what)
            time.sleep(_RETRY_SECONDS)
