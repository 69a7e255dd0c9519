"""A bounded pool of read-only connections, and the read models by name on the generation that readers see."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2

from ledger.errors import OutcomeUnknown
from projections import read
from projections.store.connection import answering, connect
from projections.store.generation import current_generation

CONNECTIONS = 8
WAIT_SECONDS = 5.0
_STATEMENT_SECONDS = 5


class Tables:
    """Thread-safe. A lost connection is replaced once; whoever waits too long for one is told so."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._free: list[Any] = []
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(CONNECTIONS)

    @contextmanager
    def connection(self) -> Iterator[Any]:
        """A connection outside a transaction. Raises `OutcomeUnknown` where PostgreSQL is away or all are in use."""
        if not self._places.acquire(timeout=WAIT_SECONDS):
            raise OutcomeUnknown("Too many questions at once", "Ask again in a moment.")
        try:
            connection = self._taken()
            try:
                with answering():
                    yield connection
            except BaseException:
                connection.close()  # whatever state it is in
                raise
            with self._lock:
                self._free.append(connection)
        finally:
            self._places.release()

    def ask(self, name: str, **options: Any) -> read.Answer[Any]:
        """The answer of a read model. Raises `QuestionRefused`, `OutcomeUnknown`, `StoreUnsound`."""
        try:
            return self._ask(name, options)
        except (OutcomeUnknown, psycopg2.errors.UndefinedTable):  # a lost connection; a generation that was dropped
            return self._ask(name, options)

    def names_of(self, references: set[str]) -> dict[str, str]:
        """Names of places, units and teams."""
        with self.connection() as connection:
            return dict(read.names_of(connection, current_generation(connection), references))

    def close(self) -> None:
        """Ends the free connections."""
        with self._lock:
            free, self._free = self._free, []
        for connection in free:
            connection.close()

    def _ask(self, name: str, options: dict[str, Any]) -> read.Answer[Any]:
        with self.connection() as connection:
            return read.named(connection, current_generation(connection), name, **options)

    def _taken(self) -> Any:
        with self._lock:
            if self._free:
                return self._free.pop()
        return connect(self._url, "shanzhi readers", statement_timeout=f"{_STATEMENT_SECONDS}s")
