"""Publishes what the register of publishers has not told the ledger yet."""

from __future__ import annotations

from ledger.errors import OutcomeUnknown
from ledger.injected_time import time_of
from ledger.publishers import Register
from ledger.sealing import NoKeys
from producers import Publisher
from shanzhi.endpoints import find, prepare
from shanzhi.errors import NotRunning
from shanzhi.settings import Settings

DELIVERY_SECONDS = 10.0  # a person waits, and the next command tries again


def announce(register: Register, settings: Settings) -> str | None:
    """Announces what waits, each revision after the one before it. Why something still waits, or None."""
    if not register.unannounced():
        return None
    try:
        endpoints = find(settings)
        prepare(endpoints, settings.replicas)
        with Publisher(
            endpoints.kafka_bootstrap, NoKeys(), time_of(endpoints.database_url), delivery_seconds=DELIVERY_SECONDS
        ) as publisher:
            for one in register.unannounced():
                publisher.publish(one.event)
                register.announced(one)
    except (OutcomeUnknown, NotRunning) as failure:
        return failure.what
    return None
