"""What the checks look at: settings, one connection to PostgreSQL, one look at Kafka. They change nothing."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cached_property
from typing import Any

from ledger.reader import Reader
from ledger.topics import Topic, describe_ledger
from projections.read import MOST_ROWS
from projections.read.publishers import publishers
from projections.store.connection import answering, connect
from projections.store.generation import read_current
from projections.store.now import is_injected
from shanzhi.settings import Settings
from shanzhi.stack import Endpoints

_SESSION = {"statement_timeout": "10s", "lock_timeout": "2s", "default_transaction_read_only": "on"}


class Scene(AbstractContextManager["Scene"]):
    """One examination. What fails once raises for each check that asks for it."""

    def __init__(self, settings: Settings, endpoints: Endpoints) -> None:
        self.settings, self.endpoints = settings, endpoints
        self._connection: Any = None

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            self._connection.close()

    def rows(self, statement: str, arguments: Any = None) -> list[tuple[Any, ...]]:
        """What PostgreSQL answers. Raises `OutcomeUnknown`, `StoreUnsound` as `connect`."""
        with answering():
            if self._connection is None or self._connection.closed:
                self._connection = connect(self.endpoints.database_url, "shanzhi doctor", **_SESSION)
                self._connection.autocommit = True
            with self._connection.cursor() as cursor:
                cursor.execute(statement, arguments)
                return list(cursor.fetchall())

    def value(self, statement: str, arguments: Any = None) -> Any:
        """The first value of the first row."""
        return self.rows(statement, arguments)[0][0]

    @cached_property
    def current(self) -> tuple[str, str]:
        """The generation that readers see and the fingerprint of its folds. Raises `StoreUnsound`."""
        self.value("select 1")
        with self._connection.cursor() as cursor:
            return read_current(cursor)

    def missed_publishers(self) -> list[str]:
        """Registered publishers who broke their declared rhythm."""
        generation, _ = self.current
        with answering():
            answer = publishers(self._connection, generation, limit=MOST_ROWS)
        return [row.subject for row in answer.rows if row.is_missed]

    @cached_property
    def topic(self) -> Topic:
        """The ledger's topic, its settings asserted. Raises `LedgerUnsound`, `OutcomeUnknown`."""
        self.value("select 1")
        with self._connection.cursor() as cursor:
            injected = is_injected(cursor)
        return describe_ledger(self.endpoints.kafka_bootstrap, is_injected=injected)

    @cached_property
    def bounds(self) -> tuple[dict[int, int], dict[int, int]]:
        """Where the ledger's partitions start and end. Raises `OutcomeUnknown`."""
        with Reader(self.endpoints.kafka_bootstrap) as reader:
            return reader.starts, reader.ends
