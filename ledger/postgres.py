"""One connection to PostgreSQL for a caller that asks now and then: made anew where it was lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg2

from ledger.errors import OutcomeUnknown, StoreUnsound
from ledger.patience import PatientConnection

T = TypeVar("T")
_PATIENCE_SECONDS = 8.0  # more than a statement may take
_LOST = (psycopg2.OperationalError, psycopg2.InterfaceError)  # the second: a roll-back on an ended connection


class Session:
    """Runs work on a cursor, each in a transaction of its own. Not thread-safe: the caller holds a lock.

    Raises `OutcomeUnknown` where PostgreSQL is away, `StoreUnsound` where the tables are missing.
    """

    def __init__(self, database_url: str, name: str) -> None:
        self._url = database_url
        self._name = name
        self._connection: Any = None

    def ask(self, work: Callable[[Any], T]) -> T:
        """The answer of work that only reads. A connection that turns out to be lost is replaced once."""
        was_open = self._connection is not None
        try:
            return self.write(work)
        except OutcomeUnknown:
            if not was_open:
                raise
            return self.write(work)

    def write(self, work: Callable[[Any], T]) -> T:
        """As `ask`, never tried again: whether it was written is unknown where this raises `OutcomeUnknown`."""
        with self.transaction() as cursor:
            return work(cursor)

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """A cursor in a transaction of its own, committed where nothing was raised; errors as those of `write`."""
        try:
            if self._connection is not None and self._connection.is_doubtful:
                self.close()
            if self._connection is None or self._connection.closed:
                self._connection = self._connect()
            with self._connection, self._connection.cursor() as cursor:
                yield cursor
        except _LOST as error:
            self.close()
            lines = str(error).strip().splitlines() or [type(error).__name__]
            raise OutcomeUnknown(
                "PostgreSQL does not answer", "Try again once it is back; DATABASE_URL says where it is.", lines[0]
            ) from error
        except (psycopg2.errors.InvalidSchemaName, psycopg2.errors.UndefinedTable) as error:
            raise StoreUnsound(
                f"The database lacks what {self._name} needs", "Start a worker of this version, or shanzhi up."
            ) from error

    def close(self) -> None:
        """Ends the connection; the next work makes another one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _connect(self) -> Any:
        made = psycopg2.connect(
            self._url,
            connection_factory=PatientConnection,
            application_name=self._name,
            options="-c timezone=UTC -c statement_timeout=5s -c lock_timeout=5s "
            "-c idle_in_transaction_session_timeout=10s",
            connect_timeout=5,
            keepalives_idle=5,
            keepalives_interval=2,
            keepalives_count=3,
            tcp_user_timeout=15_000,
        )
        made.patience_seconds = _PATIENCE_SECONDS
        return made
