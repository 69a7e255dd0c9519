"""The servers of the tests: a broker that can be reached through a proxy too, a new database and ledger for each."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import psycopg2
from kafka import KafkaAdminClient

from ledger.topics import LEDGER, ensure_ledger
from projections.store.migrate import migrate
from shanzhi.stack import Stack
from shanzhi.stack.broker import Broker
from shanzhi.stack.ports import HOST, free_port
from tests.faults.wait import wait_until

_MIGRATED = "migrated"
_PROXIED = """
listeners=BROKER://{host}:{port},PROXIED://{host}:{proxied_port},CONTROLLER://{host}:{controller_port}
advertised.listeners=BROKER://{host}:{port},PROXIED://{host}:{advertised_port}
listener.security.protocol.map=BROKER:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT
"""


class ProxiedBroker(Broker):
    """Whoever asks at `proxied_port` is told to come to `advertised_port`, where a test may put a proxy."""

    def __init__(self, plain: Broker) -> None:
        super().__init__(plain.folder, plain.port, log=plain.log, report=plain.report)
        self.proxied_port, self.advertised_port = free_port(), free_port()

    def _prepare(self) -> list[str]:
        command = super()._prepare()
        text = self._properties.read_text(encoding="ascii")
        (controller,) = (line for line in text.splitlines() if line.startswith("controller.quorum.voters="))
        ports = {
            "port": self.port,
            "proxied_port": self.proxied_port,
            "advertised_port": self.advertised_port,
            "controller_port": controller.rpartition(":")[2],
        }
        self._properties.write_text(text + _PROXIED.format(host=HOST, **ports), encoding="ascii")
        return command


class Servers(Stack):
    """As every stack, with such a broker."""

    def __enter__(self) -> Servers:
        self.start()
        return self

    def _make_services(self) -> None:
        super()._make_services()
        self._broker = self.proxied = ProxiedBroker(self.broker)


class Databases:
    """One database after another, each as a migrated one; what was in the one before is dropped."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._number = 0

    @property
    def url(self) -> str:
        """Of the present one."""
        return self._url_of(f"county_{self._number}")

    def anew(self) -> None:
        """Makes the next one, another installation."""
        with closing(psycopg2.connect(self._url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                if not self._number:
                    self._make_template(cursor)
                cursor.execute(f"drop database if exists county_{self._number} with (force)")
                self._number += 1
                cursor.execute(f"create database county_{self._number} template {_MIGRATED}")
        with closing(psycopg2.connect(self.url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute("update shanzhi.installation set id = gen_random_uuid()")

    def _make_template(self, cursor: Any) -> None:
        cursor.execute(f"create database {_MIGRATED}")
        migrate(self._url_of(_MIGRATED))

    def _url_of(self, name: str) -> str:
        return f"{self._url.rpartition('/')[0]}/{name}"


def make_ledger_anew(bootstrap: str) -> None:
    """Deletes the topic and makes it again: another id, no records."""
    delete_ledger(bootstrap)
    ensure_ledger(bootstrap)


def delete_ledger(bootstrap: str) -> None:
    """With all its records, if there is one."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        if LEDGER in admin.list_topics():
            admin.delete_topics([LEDGER])
            wait_until(lambda: LEDGER not in admin.list_topics())
    finally:
        admin.close()
