"""Is a broker there at all? Asked with a plain connection, before a client is made that would wait and leak."""

from __future__ import annotations

import socket
import time

from ledger.errors import OutcomeUnknown


def kafka_away(bootstrap: str, error: BaseException) -> OutcomeUnknown:
    """The error for a broker that does not answer."""
    return OutcomeUnknown(
        "Kafka does not answer",
        "Try again once the broker is back; what was sent and not acknowledged may be sent again.",
        f"{bootstrap}: {type(error).__name__}",
    )


def addresses(bootstrap: str) -> list[tuple[str, int]]:
    """Host and port of each broker that `host:port[,host:port]` names."""
    split = (address.strip().rpartition(":") for address in bootstrap.split(","))
    return [(host.strip("[]"), int(port)) for host, _, port in split]


def await_broker(bootstrap: str, wait_seconds: float) -> None:
    """Returns once a broker takes connections, else raises `OSError`: a producer that finds none leaks."""
    deadline = time.monotonic() + wait_seconds
    while True:
        for address in addresses(bootstrap):
            try:
                socket.create_connection(address, timeout=2).close()
                return
            except OSError as error:
                last = error
        if time.monotonic() > deadline:
            raise last
        time.sleep(0.2)
