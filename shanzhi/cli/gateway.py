"""`shanzhi gateway`: the HTTP way in, on servers that run."""

from __future__ import annotations

import time
from contextlib import closing

import structlog

from ledger.errors import OutcomeUnknown
from shanzhi.address import gateway_door, listening
from shanzhi.endpoints import find, prepare
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
    from shanzhi.gateway import run_gateway  # here: slow to import and needed by no other command

    door = gateway_door(settings)
    with closing(listening(door)) as listener:
        try:
            with one_interrupt():
                wait_until_prepared(endpoints, settings)
        except KeyboardInterrupt:
            return
        log.info("listening", host=door.host, port=listener.getsockname()[1])
        run_gateway(settings, endpoints, listener)
    log.info("drained")


def wait_until_prepared(endpoints: Endpoints, settings: Settings) -> None:
    """Tables and topic are there; Kafka or PostgreSQL away is no reason to end."""
    while True:
        try:
            prepare(endpoints, settings.replicas)
            return
        except OutcomeUnknown as error:
            log.warning("not_ready", what=error.what)
            time.sleep(_RETRY_SECONDS)
