"""Publishes what the register of publishers has not told the ledger yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ledger.errors import OutcomeUnknown
from ledger.publishers import Register
from producers import Publisher
from shanzhi.endpoints import find, prepare
from shanzhi.errors import NotRunning
from shanzhi.settings import Settings

DELIVERY_SECONDS = 10.0  # a person waits, and the next command tries again


class _NoKeys:
    """Keys for events that hold nothing personal: the register needs no vault and no master key."""

    def for_owners(self, owners: Iterable[str]) -> Mapping[str, bytes]:
        return {}


def announce(register: Register, settings: Settings) -> str | None:
    """Announces what waits, each revision after the one before it. Why something still waits, or None."""
    if not register.unannounced():
        return None
    try:
        endpoints = find(settings)
        prepare(endpoints, settings.replicas)
        with Publisher(endpoints.kafka_bootstrap, _NoKeys(), delivery_seconds=DELIVERY_SECONDS) as publisher:
            for one in register.unannounced():
                publisher.publish(one.event)
                register.announced(one)
    except (OutcomeUnknown, NotRunning) as failure:
        return failure.what
    return None
