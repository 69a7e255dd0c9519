"""Wires the gateway: what it asks of ledger and tables, given to `producers.gateway`."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import ExitStack, closing

from ledger.broker import await_broker, kafka_away
from ledger.errors import OutcomeUnknown
from ledger.parties import Parties
from ledger.photos import PhotoStore
from ledger.writer import Writer
from producers.gateway.app import application
from producers.gateway.front import Front
from producers.gateway.server import serve
from producers.gateway.services import Services
from producers.publisher import utc_now
from projections.read.receipts import TableReceipts
from projections.read.territory import PlaceTree
from projections.store.preview import TablePreview
from shanzhi.keys import vault_of
from shanzhi.settings import Settings
from shanzhi.stack import Endpoints

DELIVERY_SECONDS = 10.0  # a publisher waits no longer; it sends again
LINGER_MS = 1  # events are gathered before they are sent, so that the producer need not wait for more
READY_SECONDS = 2.0  # how long an answer about the servers is good for


def run_gateway(settings: Settings, endpoints: Endpoints, listening: socket.socket) -> None:
    """Serves on a listening socket until SIGTERM or SIGINT. Raises `OutcomeUnknown` where Kafka is away by now."""
    url = endpoints.database_url
    with ExitStack() as opened:
        writer = opened.enter_context(Writer(endpoints.kafka_bootstrap, DELIVERY_SECONDS, LINGER_MS))
        asking = opened.enter_context(closing(TableReceipts(url)))  # one for the front, one for those who ask
        answering = opened.enter_context(closing(TableReceipts(url)))
        parties = opened.enter_context(closing(Parties(url)))
        vault, territory = vault_of(settings, endpoints.database_url), PlaceTree(url)
        front = Front(writer, vault, asking, territory, utc_now)
        services = Services(
            parties=parties,
            front=front,
            receipts=answering,
            preview=TablePreview(url),
            territory=territory,
            vault=vault,
            photos=PhotoStore(url, vault),
            clock=utc_now,
            ready=_Readiness(endpoints.kafka_bootstrap, answering, front).ask,
        )
        serve(application(services), listening)


class _Readiness:
    """Whether Kafka takes connections and PostgreSQL answers, asked at most once in `READY_SECONDS`, and the last
    group of events could be written."""

    def __init__(self, bootstrap: str, receipts: TableReceipts, front: Front) -> None:
        self._bootstrap, self._receipts, self._front = bootstrap, receipts, front
        self._lock = threading.Lock()
        self._good_until = 0.0

    def ask(self) -> None:
        """Raises `OutcomeUnknown` where one is away, or nothing can be written for another reason."""
        if self._front.trouble:
            raise OutcomeUnknown(self._front.trouble, "See the gateway's log.")
        with self._lock:
            if time.monotonic() < self._good_until:
                return
            try:
                await_broker(self._bootstrap, wait_seconds=0)
            except OSError as error:
                raise kafka_away(self._bootstrap, error) from error
            self._receipts.positions()
            self._good_until = time.monotonic() + READY_SECONDS
