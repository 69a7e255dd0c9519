"""TCP ports of this machine: which are free, and whether a Kafka broker answers on one."""

from __future__ import annotations

import errno
import random
import socket
import struct
from collections.abc import Collection
from ssl import SSLContext

from ledger.broker import access, addresses, trust
from shanzhi.stack.errors import StackError

HOST = "127.0.0.1"
# Below Linux's range for outgoing connections (32768 up): a client that keeps knocking at a stopped
# server's port from inside that range can connect to itself and so hold the port against the server.
FIRST_PORT, LAST_PORT = 20_000, 31_999


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now; connections still closing don't count."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)  # on Linux two may bind the same port with SO_REUSEADDR, but only one may listen
        except OSError as failure:
            if failure.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def free_port(avoid: Collection[int] = ()) -> int:
    """A free port outside the outgoing range, other than those to avoid."""
    for port in random.sample(range(FIRST_PORT, LAST_PORT + 1), 500):
        if port not in avoid and is_free(port):
            return port
    raise StackError(f"no free port found between {FIRST_PORT} and {LAST_PORT}", "Stop what holds them (see: ss -ltn).")


def refuse_taken(port: int, server: str, option: str) -> None:
    """Raises before a server is started on a port that someone else holds."""
    if not is_free(port):
        raise StackError(
            f"{server} can't listen on {HOST}:{port}: the port is taken (or reserved)",
            f"Stop what listens there (see: ss -ltnp 'sport = :{port}'), or choose another {option}.",
        )


def broker_answers(port: int, host: str = HOST) -> bool:
    """Whether Kafka answers a metadata request and counts at least one live broker.

    An ApiVersions answer alone comes too early: the port is open before the broker may serve.
    """
    header = struct.pack(">hhih", 3, 4, 1, 5) + b"stack"  # Metadata, version 4, correlation 1, client id
    request = header + struct.pack(">i?", 0, False)  # no topics, create none
    try:
        with socket.create_connection((host, port), timeout=1) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            size = struct.unpack(">i", _receive(connection, 4))[0]
            correlation, _throttle, brokers = struct.unpack(">iii", _receive(connection, size)[:12])
    except (OSError, struct.error):
        return False
    return bool(correlation == 1 and brokers > 0)  # a connection to oneself would echo the request


def is_answering(kafka: str) -> bool:
    """Whether one of the brokers that an address names answers; where they want a login, whether one speaks TLS."""
    found = access(kafka)
    if found.user is None:
        return any(broker_answers(port, host) for host, port in addresses(kafka))
    return any(_speaks_tls(host, port, trust(found.ca)) for host, port in addresses(kafka))


def _speaks_tls(host: str, port: int, trusted: SSLContext) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1) as plain:
            trusted.wrap_socket(plain, server_hostname=host).close()
    except OSError:
        return False
    return True


def _receive(connection: socket.socket, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        chunk = connection.recv(min(size - len(received), 65_536))
        if not chunk:
            raise ConnectionError("closed before the whole answer came")
        received += chunk
    return bytes(received)
