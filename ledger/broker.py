"""Which Kafka, and as whom: one text says it, for every client that there is.

`host:port[,host:port]` is a Kafka without logins, for this machine alone. `sasl_ssl://user:password@host:port[,…]?ca=FILE`
is one that speaks TLS and wants a login (SCRAM-SHA-512); without `ca` its certificate has to be one that this system
trusts. User and password are percent-encoded, as in any address.

Is a broker there at all? Asked with a plain connection, before a client is made that would wait and leak.
"""

from __future__ import annotations

import socket
import ssl
import time
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote, unquote, urlsplit

from ledger.errors import OutcomeUnknown

SECURED = "sasl_ssl://"
MECHANISM = "SCRAM-SHA-512"


class Access(NamedTuple):
    """What a Kafka's address says. `servers`: `host:port[,host:port]`; the others are None for one without logins."""

    servers: str
    user: str | None = None
    password: str | None = None
    ca: str | None = None


@cache
def access(kafka: str) -> Access:
    """Raises `ValueError` with what is wrong with an address, never with what it holds."""
    if not kafka.startswith(SECURED):
        if "://" in kafka or "@" in kafka:
            raise ValueError(f"write host:port, or {SECURED}user:password@host:port?ca=FILE")
        return _with_ports(Access(kafka))
    parts = urlsplit(f"//{kafka.removeprefix(SECURED)}")  # an underline is no part of a scheme that it would know
    login, _, servers = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    if not (user and password and servers):
        raise ValueError(f"user, password and servers are needed: {SECURED}user:password@host:port?ca=FILE")
    asked = parse_qs(parts.query, keep_blank_values=True)
    if parts.path or asked.keys() - {"ca"}:
        raise ValueError("nothing but ca=FILE may follow the servers")
    return _with_ports(Access(servers, unquote(user), unquote(password), asked.get("ca", [None])[0]))


def address(servers: str, user: str, password: str, ca: str | None) -> str:
    """The text for a Kafka with logins."""
    trusted = f"?ca={quote(ca, safe='/')}" if ca else ""
    return f"{SECURED}{quote(user, safe='')}:{quote(password, safe='')}@{servers}{trusted}"


def as_user(kafka: str, user: str, password: str) -> str:
    """The same Kafka for somebody else; one without logins as it is."""
    found = access(kafka)
    return kafka if found.user is None else address(found.servers, user, password, found.ca)


def shown(kafka: str) -> str:
    """Its servers, for logs and terminals."""
    try:
        return access(kafka).servers
    except ValueError:
        return "?"


def client_options(kafka: str) -> dict[str, Any]:
    """How kafka-python and aiokafka, which call it alike, come to this Kafka."""
    found = access(kafka)
    options: dict[str, Any] = {"bootstrap_servers": found.servers}
    if found.user is None:
        return options
    return options | {
        "security_protocol": "SASL_SSL",
        "ssl_context": trust(found.ca),
        "sasl_mechanism": MECHANISM,
        "sasl_plain_username": found.user,
        "sasl_plain_password": found.password,
    }


@cache
def trust(ca: str | None) -> ssl.SSLContext:
    """TLS 1.2 or later with a broker whose certificate this authority has signed, for the name that we asked for."""
    return ssl.create_default_context(cafile=ca)


def kafka_away(bootstrap: str, error: BaseException) -> OutcomeUnknown:
    """The error for a broker that does not answer, or refuses us: somebody has to grant what we lack, then we go on."""
    kind = type(error).__name__
    if "Authentication" in kind or "Authorization" in kind:
        return OutcomeUnknown(
            "Kafka refuses this login",
            "Correct KAFKA_BOOTSTRAP, or grant what is missing: shanzhi prepare.",
            f"{access(bootstrap).user or 'without a login'} at {shown(bootstrap)}: {kind}",
        )
    return OutcomeUnknown(
        "Kafka does not answer",
        "Try again once the broker is back; what was sent and not acknowledged may be sent again.",
        f"{shown(bootstrap)}: {kind}",
    )


def addresses(bootstrap: str) -> list[tuple[str, int]]:
    """Host and port of each broker that an address names."""
    split = (one.strip().rpartition(":") for one in access(bootstrap).servers.split(","))
    return [(host.strip("[]"), int(port)) for host, _, port in split]


def await_broker(bootstrap: str, wait_seconds: float) -> None:
    """Returns once a broker takes connections, else raises `OSError`: a producer that finds none leaks."""
    deadline = time.monotonic() + wait_seconds
    while True:
        for one in addresses(bootstrap):
            try:
                socket.create_connection(one, timeout=2).close()
                return
            except OSError as error:
                last = error
        if time.monotonic() > deadline:
            raise last
        time.sleep(0.2)


def _with_ports(found: Access) -> Access:
    for one in found.servers.split(","):
        host, _, port = one.strip().rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) <= 65_535:
            raise ValueError("every server is host:port")
    return found
