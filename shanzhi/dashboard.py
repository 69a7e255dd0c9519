"""Wires the readers: tables, accounts, keys and the way to the gateway, given to `readers`."""

from __future__ import annotations

import socket
from contextlib import closing

from ledger.injected_time import time_of
from producers.gateway.server import serve
from readers.accounts.accounts import Accounts
from readers.api.service import stop_streams
from readers.app import application
from readers.publishing import Gateway
from readers.services import Services
from readers.tables import Tables
from shanzhi.keys import vault_of
from shanzhi.settings import Settings
from shanzhi.stack import Endpoints


def run_dashboard(settings: Settings, endpoints: Endpoints, listening: socket.socket, gateway: str, key: str) -> None:
    """Serves pages and read API on a listening socket until SIGTERM or SIGINT.

    `gateway` is the address that forms publish at, `key` that of the publisher `pages`.
    """
    url = endpoints.database_url
    with closing(Tables(url)) as tables, closing(Gateway(gateway, key)) as publishing:
        services = Services(
            tables=tables,
            gateway=publishing,
            accounts=Accounts(url),
            keys=vault_of(settings, url),
            kafka_bootstrap=endpoints.kafka_bootstrap,
            database_url=url,
            now=time_of(url).now,
        )
        app = application(services)
        serve(app, listening, lambda: stop_streams(app))
