"""Every process with rights of its own: what the owner of both servers prepares, and by which address each comes in."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime

from ledger.acls import install_acls, set_logins
from ledger.broker import access, as_user
from ledger.logins import login_name
from ledger.topics import ensure_intake
from projections.families import fingerprint
from projections.store.connection import answering, as_owner, connect
from projections.store.generation import ensure_generation
from projections.store.roles import ROLES, install_roles, set_password
from shanzhi.endpoints import prepare
from shanzhi.settings import Settings
from shanzhi.stack import Endpoints

PASSWORD_BYTES = 24
_own_part = re.compile(r"(?P<scheme>[a-z]+://)(?:[^/?#]*@)?(?P<rest>.*)\Z", re.DOTALL).match


def prepare_all(endpoints: Endpoints, replication: int, injected_time: datetime | None = None) -> list[str]:
    """Database, topics, roles with their rights, and the tables of these folds: all that a process may not make itself.

    Gives the roles that there are; may be run again, also while everything runs. Raises as `endpoints.prepare`,
    `StoreUnsound` or `OutcomeUnknown` where an address is not the owner's.
    """
    prepare(endpoints, replication, injected_time)
    kafka = endpoints.kafka_bootstrap
    if wants_logins(kafka):
        ensure_intake(kafka, replication)
        install_acls(kafka)
    with answering(), closing(connect(endpoints.database_url, "shanzhi prepare")) as connection:
        with as_owner(), connection, connection.cursor() as cursor:
            roles = install_roles(cursor)
        ensure_generation(connection, fingerprint())
    return roles


def wants_logins(kafka: str) -> bool:
    """Whether that Kafka knows who comes."""
    return access(kafka).user is not None


def own_endpoints(endpoints: Endpoints, *, kafka: bool, postgres: bool) -> Mapping[str, Endpoints]:
    """The servers by kind of process, under a login of its own with a password that was made just now.

    `kafka`, `postgres`: which of them; there we have to be the owner. The other one stays as it is given, and so does
    a Kafka without logins.
    """
    passwords = {process: secrets.token_urlsafe(PASSWORD_BYTES) for process in ROLES}
    if kafka and wants_logins(endpoints.kafka_bootstrap):
        set_logins(endpoints.kafka_bootstrap, passwords)
    if postgres:
        connecting = closing(connect(endpoints.database_url, "shanzhi prepare"))
        with answering(), as_owner(), connecting as connection, connection, connection.cursor() as cursor:
            for process, password in passwords.items():
                set_password(cursor, process, password)
    return {
        process: Endpoints(
            as_user(endpoints.kafka_bootstrap, login_name(process), password) if kafka else endpoints.kafka_bootstrap,
            url_as(endpoints.database_url, login_name(process), password) if postgres else endpoints.database_url,
        )
        for process, password in passwords.items()
    }


def logins_of(endpoints: Endpoints, settings: Settings) -> Mapping[str, Endpoints]:
    """As `own_endpoints`, on the embedded servers; a given one is used as it is given."""
    is_ours = {"kafka": settings.kafka_bootstrap is None, "postgres": settings.given_database is None}
    return own_endpoints(endpoints, **is_ours)


def url_as(database_url: str, role: str, password: str) -> str:
    """The same database for somebody else; the password has to be safe in an address."""
    parts = _own_part(database_url)
    assert parts is not None, "settings take nothing else"
    return f"{parts['scheme']}{role}:{password}@{parts['rest']}"
