"""The decider's process: one leader, undecided requests in order, each answer and its mark in one transaction."""

from __future__ import annotations

import time
from typing import Any

import structlog
from prometheus_client import Counter, Gauge

from ledger.errors import ShanzhiError
from ledger.vault import Vault
from processors.decider.answer import commit
from processors.decider.asked import Asked, ask_again, settle, unanswered, undecided, waiting
from processors.decider.batch import KINDS, decide, read_desk
from processors.decider.ground import Grounds
from processors.decider.staff import remember_given
from processors.leader import Leader
from processors.metrics import Backed
from processors.standing import await_tables
from projections.store.connection import answering
from projections.store.generation import read_current
from projections.store.now import now_of

LOCK = 7_283_021
PAUSE_SECONDS = 0.01
AT_ONCE = 100
ASK_AGAIN_SECONDS = 10.0
_NOBODY = "vault:nobody"  # an owner who has no key and never gets one
_ANY = "select exists (select from shanzhi.request where decided_at is null and kind = any(%s))"
log = structlog.get_logger("shanzhi.decider")


class Decider(Leader):
    """Opens locations with the vault's keys, and seals what it tells."""

    def __init__(self, database_url: str, vault: Vault) -> None:
        super().__init__("decider", log, database_url, LOCK, PAUSE_SECONDS)
        self._vault = vault
        self._grounds = Grounds()
        self._at_once = AT_ONCE
        self._asked_again_at = -ASK_AGAIN_SECONDS
        self._backed = Backed(self._registry, "requests", "Requests without an answer")
        self._undecided = Gauge(
            "shanzhi_requests_undecided", "Requests that nothing could be decided for", registry=self._registry
        )
        self._answered_by_kind = Counter(
            "shanzhi_requests_answered", "Requests decided, by kind", ("kind",), registry=self._registry
        )

    def prepare(self) -> None:
        """Waits for the tables of a worker, and looks whether the master key is the vault's."""
        await_tables(self._url, "shanzhi decider")
        self._vault.existing([_NOBODY])

    def look(self, connection: Any) -> None:
        """What waits for its first answer, and what nothing could be decided for."""
        with connection, connection.cursor() as cursor:
            self._backed.saw(*unanswered(cursor, KINDS))
            self._undecided.set(undecided(cursor, KINDS))

    def rests(self) -> None:
        """Nothing waits for this one."""
        self._backed.saw(0, 0.0)
        self._undecided.set(0)

    def step(self, connection: Any) -> bool:
        """Decides what waits. Of a batch that fails each is tried alone, and the one to blame is marked."""
        try:
            more = self._decide(connection)
            self._at_once = min(AT_ONCE, self._at_once * 2)
            return more
        except ShanzhiError:
            raise
        except Exception as error:
            with answering():
                return self._fails(connection, error)

    def _decide(self, connection: Any) -> bool:
        if not self._is_any(connection):
            return False
        with answering(), connection, connection.cursor() as cursor:
            generation, asked = self._waiting(cursor)
            if not asked:
                return False
            now = now_of(cursor)
            desk = read_desk(cursor, generation, asked, self._vault, self._grounds, now)
            settle(cursor, commit(cursor, decide(asked, desk), self._vault), now)
            remember_given(cursor, desk.given)
        for one in asked:
            self._answered_by_kind.labels(one.kind).inc()
        return True

    def _is_any(self, connection: Any) -> bool:
        """Whether anything waits: asked before anything that costs more."""
        with answering(), connection, connection.cursor() as cursor:
            if time.monotonic() - self._asked_again_at > ASK_AGAIN_SECONDS:
                ask_again(cursor, KINDS, AT_ONCE)
                self._asked_again_at = time.monotonic()
            cursor.execute(_ANY, (list(KINDS),))
            return bool(cursor.fetchone()[0])

    def _waiting(self, cursor: Any) -> tuple[str, list[Asked]]:
        cursor.execute("set transaction isolation level repeatable read")
        generation, _ = read_current(cursor)
        cursor.execute(f"set local search_path = {generation}")
        return generation, waiting(cursor, KINDS, self._at_once)

    def _fails(self, connection: Any, error: Exception) -> bool:
        if self._at_once > 1:
            self._at_once = 1
            return True
        with connection, connection.cursor() as cursor:
            _, asked = self._waiting(cursor)
            settle(cursor, [(one.id, f"failed: {type(error).__name__}") for one in asked], now_of(cursor))
        log.error("failed", requests=[one.id for one in asked], error=type(error).__name__)
        return True


def run(*, database_url: str, vault: Vault, probe_host: str = "127.0.0.1", probe_port: int | None = None) -> int:
    """Runs the decider until SIGTERM or SIGINT; returns the exit code. Of several, one works and the others wait."""
    return Decider(database_url, vault).run(probe_host, probe_port)
