"""Wires the readers: tables, accounts, keys and the way to the gateway, given to `readers`."""

from __future__ import annotations

import socket
from contextlib import ExitStack, closing

from ledger.errors import ShanzhiError
from ledger.injected_time import time_of
from processors.metrics import process_registry
from processors.probes import Probes
from processors.process import END_SECONDS, leave_within
from producers.gateway.server import serve
from readers.accounts.accounts import Accounts
from readers.api.service import stop_streams
from readers.app import application
from readers.measuring import Measured
from readers.publishing import Gateway
from readers.services import Services
from readers.tables import Tables
from shanzhi.keys import vault_of
from shanzhi.settings import Settings
from shanzhi.stack import Endpoints


def run_dashboard(settings: Settings, endpoints: Endpoints, listening: socket.socket, gateway: str, key: str) -> None:
    """Serves pages and read API on a listening socket until SIGTERM or SIGINT.

    `gateway` is the address that forms publish at, `key` that of the publisher `pages`. Figures are told on the port
    of the probes alone, where one is given: the pages' port is everybody's.
    """
    url = endpoints.database_url
    with ExitStack() as opened:
        tables = opened.enter_context(closing(Tables(url)))
        services = Services(
            tables=tables,
            gateway=opened.enter_context(closing(Gateway(gateway, key))),
            accounts=Accounts(url),
            keys=vault_of(settings, url),
            kafka_bootstrap=endpoints.kafka_bootstrap,
            database_url=url,
            now=time_of(url).now,
        )
        app = application(services)

        def ready() -> str | None:
            try:
                tables.standing()
            except ShanzhiError as error:
                return error.what
            return None

        registry = process_registry("dashboard", ready)
        measured = Measured(app, registry)
        if settings.probe_port is not None:
            opened.enter_context(Probes(settings.probe_host, settings.probe_port, ready, registry=registry))

        def stop() -> None:
            stop_streams(app)
            leave_within(END_SECONDS, 0)  # a server that hangs keeps threads; nobody is promised anything

        serve(measured, listening, stop)
