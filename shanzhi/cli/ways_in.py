"""What commands that write need: servers that are ready, the vault, and a publisher."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ledger.injected_time import time_of
from producers import Publisher
from shanzhi.endpoints import find, prepare
from shanzhi.keys import master_key, vault_of
from shanzhi.settings import Settings
from shanzhi.stack import Endpoints


@contextmanager
def publisher_of(settings: Settings, endpoints: Endpoints) -> Iterator[Publisher]:
    """A publisher that seals with the settings' master key."""
    vault = vault_of(settings, endpoints.database_url)
    with Publisher(endpoints.kafka_bootstrap, vault, time_of(endpoints.database_url)) as publisher:
        yield publisher


def ready(settings: Settings) -> Endpoints:
    """Running servers with topic and tables. Asks for the key first: a missing one costs nothing then."""
    endpoints = find(settings)
    master_key(settings)
    prepare(endpoints, settings.replicas)
    return endpoints
