"""The read models by name on the generation that readers see: a bounded pool of connections, and answers remembered.

An answer is of one generation and one position vector. As long as the tables stand there it is given again, and who
asks what somebody else is asking already waits for that answer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg2

from ledger.errors import OutcomeUnknown
from projections import read
from projections.read.snapshot import snapshot
from projections.store.connection import answering, connect
from projections.store.generation import current_generation, read_current
from readers.memory import Memory, Taken
from readers.standing import Standing, standing_of

T = TypeVar("T")
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
        self._memory = Memory()

    @contextmanager
    def connection(self) -> Iterator[Any]:
        """A connection outside a transaction. Raises `OutcomeUnknown` where PostgreSQL is away or all are in use."""
        if not self._places.acquire(timeout=WAIT_SECONDS):
            raise OutcomeUnknown("Too many questions at once", "Ask again in a moment.")
        try:
            connection = self._connected()
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
        return self.taken(name, options).answer

    def taken(self, name: str, options: Mapping[str, Any]) -> Taken:
        """As `ask`, with where the tables stood: never before where they stand as this is called."""
        return self._memory.answer(name, options, self.standing(), lambda: self._take(name, options))

    def fresh(self, name: str, **options: Any) -> read.Answer[Any]:
        """As `ask`, and nothing of it is remembered: for who keeps answers themselves."""
        return self._take(name, options)[0]

    def standing(self) -> Standing:
        """Where the tables stand that readers see. Raises `OutcomeUnknown`, `StoreUnsound` where there are none."""
        return self._again(self._stand)

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

    def _again(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except (OutcomeUnknown, psycopg2.errors.UndefinedTable):  # a lost connection; a generation that was dropped
            return work()

    def _stand(self) -> Standing:
        with self.connection() as connection, connection, connection.cursor() as cursor:
            return standing_of(cursor, read_current(cursor)[0])

    def _take(self, name: str, options: Mapping[str, Any]) -> tuple[read.Answer[Any], Standing]:
        return self._again(lambda: self._put(name, options))

    def _put(self, name: str, options: Mapping[str, Any]) -> tuple[read.Answer[Any], Standing]:
        with self.connection() as connection:
            generation = current_generation(connection)
            with snapshot(connection) as tables, tables.cursor() as cursor:
                standing = standing_of(cursor, generation)
                return read.named(tables, generation, name, **options), standing

    def _connected(self) -> Any:
        with self._lock:
            if self._free:
                return self._free.pop()
        return connect(self._url, "shanzhi readers", statement_timeout=f"{_STATEMENT_SECONDS}s")
