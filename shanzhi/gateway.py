"""Wires the gateway: what it asks of ledger and tables, given to `producers.gateway`."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
import time
from concurrent.futures import Future
from contextlib import ExitStack, closing
from functools import partial

import structlog

from ledger.broker import kafka_away
from ledger.errors import OutcomeUnknown
from ledger.injected_time import time_of
from ledger.parties import Parties
from ledger.photos import PhotoStore
from ledger.reader import fetch_records
from ledger.writer import Writer
from processors.metrics import process_registry
from processors.readiness import OTHER_FOLDS
from producers.gateway.app import application
from producers.gateway.failure import outside, where
from producers.gateway.front import Front
from producers.gateway.metrics import Metrics
from producers.gateway.server import serve
from producers.gateway.services import Services
from producers.gateway.writing import GroupWriter
from projections.families import fingerprint
from projections.read.receipts import TableReceipts
from projections.read.requests import TableRequests
from projections.read.territory import PlaceTree
from projections.store.preview import TablePreview
from shanzhi.keys import vault_of
from shanzhi.settings import Settings
from shanzhi.stack import Endpoints
from shanzhi.stack.ports import is_answering

DELIVERY_SECONDS = 10.0  # a publisher waits no longer; it sends again
LINGER_MS = 2  # events are gathered before they are sent, so that the producer need not wait for more
_NOBODY = "vault:nobody"  # an owner who has no key and never gets one
READY_SECONDS = 2.0  # how long an answer about the servers is good for
LOOK_SECONDS = 3.0  # how long one is waited for
HURRY_SECONDS = 3.0  # after SIGTERM: who still waits is told that the outcome is unknown
END_SECONDS = 4.4
log = structlog.get_logger("shanzhi.gateway")


def run_gateway(settings: Settings, endpoints: Endpoints, listening: socket.socket) -> None:
    """Serves on a listening socket until SIGTERM or SIGINT. Raises `OutcomeUnknown` where Kafka is away by now."""
    url = endpoints.database_url
    with ExitStack() as opened:
        times = time_of(url)
        writer = opened.enter_context(Writer(endpoints.kafka_bootstrap, DELIVERY_SECONDS, LINGER_MS, times.stamp_ms))
        asking = opened.enter_context(closing(TableReceipts(url)))  # one for the front, one for those who ask
        answering = opened.enter_context(closing(TableReceipts(url)))
        parties = opened.enter_context(closing(Parties(url)))
        vault, territory = vault_of(settings, url), PlaceTree(url)
        vault.existing([_NOBODY])  # a wrong master key shows now, and not at the first personal field
        front = Front(GroupWriter(writer, vault, asking, territory, times.now))
        readiness = _Readiness(endpoints.kafka_bootstrap, answering, front)
        services = Services(
            parties=parties,
            front=front,
            receipts=answering,
            preview=TablePreview(url, partial(fetch_records, endpoints.kafka_bootstrap)),
            territory=territory,
            requests=TableRequests(url),
            vault=vault,
            photos=PhotoStore(url, vault),
            clock=times.now,
            ready=readiness.ask,
            metrics=Metrics(process_registry("gateway", readiness.ask)),
            remark=lambda: readiness.remark,
        )
        serve(application(services), listening, partial(_stop, front))


def _stop(front: Front) -> None:
    """Nobody is promised anything once all are answered: what waits for a server then may not hold up the end."""
    asyncio.get_running_loop().call_later(HURRY_SECONDS, front.hurry)
    end = threading.Timer(END_SECONDS, _abandon)
    end.daemon = True
    end.start()


def _abandon() -> None:
    log.warning("abandoned", what="Kafka or PostgreSQL does not answer; all requests were answered")
    logging.shutdown()
    os._exit(0)


class _Readiness:
    """Whether Kafka takes connections and PostgreSQL answers, asked at most once in `READY_SECONDS`, and the last
    group of events could be written. Tables of other folds are a `remark`: publishing needs none of them."""

    def __init__(self, bootstrap: str, receipts: TableReceipts, front: Front) -> None:
        self._bootstrap, self._receipts, self._front = bootstrap, receipts, front
        self._lock = threading.Lock()
        self._good_until = 0.0
        self._looking: Future[str | None] | None = None
        self.remark: str | None = None

    def ask(self) -> str | None:
        """Why not, None where all is well."""
        if self._front.trouble:
            return self._front.trouble
        with self._lock:
            if time.monotonic() < self._good_until:
                return None
            if self._looking is None or self._looking.done():
                self._looking = Future()
                threading.Thread(target=self._look, args=(self._looking,), name="readiness", daemon=True).start()
            looking = self._looking
        try:
            return looking.result(LOOK_SECONDS)
        except TimeoutError:
            return "PostgreSQL does not answer"

    def _look(self, looking: Future[str | None]) -> None:
        """In a thread of its own: a frozen server keeps it."""
        try:
            if not is_answering(self._bootstrap):
                raise kafka_away(self._bootstrap, TimeoutError())
            folded_by = self._receipts.folded_by()
            self.remark = OTHER_FOLDS if folded_by not in (None, fingerprint()) else None
            self._good_until = time.monotonic() + READY_SECONDS
            looking.set_result(None)
        except OutcomeUnknown as error:
            looking.set_result(outside(error))
        except Exception as error:
            log.error("unexpected", **where(error))
            looking.set_result(type(error).__name__)
