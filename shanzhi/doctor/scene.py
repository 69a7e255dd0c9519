"""What the checks look at: settings, one connection to PostgreSQL, a few looks at Kafka. They change nothing."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cached_property
from typing import Any, NamedTuple

from audit.seal_store import last_seal
from audit.seals import Seal
from ledger.cluster import Cluster, describe_cluster
from ledger.reader import SINGLE_BYTES, Reader
from ledger.record import RawRecord
from ledger.topics import INTAKE, INTAKE_PARTITIONS, LEDGER, Intake, Topic, describe_intake, describe_ledger
from projections.read import MOST_ROWS
from projections.read.publishers import publishers
from projections.store.connection import answering, connect
from projections.store.generation import read_current
from projections.store.now import is_injected
from shanzhi.settings import Settings
from shanzhi.stack import Endpoints

STRETCH_RECORDS = 50
_SESSION = {"statement_timeout": "10s", "lock_timeout": "2s", "default_transaction_read_only": "on"}


class Waiting(NamedTuple):
    """What the intake has still to do: how many records, and the oldest of them."""

    records: int
    oldest: RawRecord | None


class Scene(AbstractContextManager["Scene"]):
    """One examination. What fails once raises for each check that asks for it."""

    def __init__(self, settings: Settings, endpoints: Endpoints) -> None:
        self.settings, self.endpoints = settings, endpoints
        self._connection: Any = None
        self._opened = ExitStack()

    def __exit__(self, *_: object) -> None:
        self._opened.close()
        if self._connection is not None:
            self._connection.close()

    def rows(self, statement: str, arguments: Any = None) -> list[tuple[Any, ...]]:
        """What PostgreSQL answers. Raises `OutcomeUnknown`, `StoreUnsound` as `connect`."""
        with self.cursor() as cursor:
            cursor.execute(statement, arguments)
            return list(cursor.fetchall())

    def value(self, statement: str, arguments: Any = None) -> Any:
        """The first value of the first row."""
        return self.rows(statement, arguments)[0][0]

    @contextmanager
    def cursor(self) -> Iterator[Any]:
        """For what asks by itself; raises as `rows`."""
        with answering():
            if self._connection is None or self._connection.closed:
                self._connection = connect(self.endpoints.database_url, "shanzhi doctor", **_SESSION)
                self._connection.autocommit = True
            with self._connection.cursor() as cursor:
                yield cursor

    @cached_property
    def current(self) -> tuple[str, str]:
        """The generation that readers see and the fingerprint of its folds. Raises `StoreUnsound`."""
        with self.cursor() as cursor:
            return read_current(cursor)

    @cached_property
    def is_injected(self) -> bool:
        """Whether time was injected here, so that stamps say nothing about clocks."""
        with self.cursor() as cursor:
            return is_injected(cursor)

    @cached_property
    def last_seal(self) -> Seal | None:
        """The newest seal in PostgreSQL. Raises `StoreUnsound`."""
        with self.cursor() as cursor:
            return last_seal(cursor)

    def missed_publishers(self) -> list[str]:
        """Registered publishers who broke their declared rhythm."""
        generation, _ = self.current
        with answering():
            answer = publishers(self._connection, generation, limit=MOST_ROWS)
        return [row.subject for row in answer.rows if row.is_missed]

    @cached_property
    def cluster(self) -> Cluster:
        """Kafka's brokers, and the replication of our topics. Raises `OutcomeUnknown`."""
        return describe_cluster(self.endpoints.kafka_bootstrap, (LEDGER, INTAKE))

    @cached_property
    def topic(self) -> Topic:
        """The ledger's topic, its settings asserted. Raises `LedgerUnsound`, `OutcomeUnknown`."""
        return describe_ledger(self.endpoints.kafka_bootstrap, is_injected=self.is_injected)

    @cached_property
    def bounds(self) -> tuple[dict[int, int], dict[int, int]]:
        """Where the ledger's partitions start and end. Raises `OutcomeUnknown`."""
        return self._reader.starts, self._reader.ends

    @cached_property
    def stretches(self) -> Mapping[int, Sequence[Sequence[RawRecord]]]:
        """Of each partition the newest records that the index has read, and some from a place taken at random."""
        starts, ends = self.bounds
        read = dict(self.rows("select partition, next from shanzhi.index_position"))
        return {
            number: [found for offsets in _stretches(starts[number], min(end, read.get(number, 0)))
                     if (found := list(self._reader.records(number, offsets).values()))]
            for number, end in ends.items()
        }  # fmt: skip

    @cached_property
    def intake(self) -> Intake | None:
        """The intake's topic, its settings asserted, None where there is none. Raises as `topic`."""
        return describe_intake(self.endpoints.kafka_bootstrap)

    @cached_property
    def intake_waiting(self) -> Waiting:
        """What lies in the intake's topic. Raises `OutcomeUnknown`."""
        with Reader(self.endpoints.kafka_bootstrap, INTAKE, INTAKE_PARTITIONS, SINGLE_BYTES) as reader:
            held = {number: end for number, end in reader.ends.items() if reader.starts[number] < end}
            oldest: dict[int, RawRecord] = {}
            for number, end in held.items():
                batch = next(reader.batches({number: reader.starts[number]}, {number: end}), None)
                if batch is not None:  # else it holds nothing but the end of a publisher's transaction
                    oldest[number] = batch.records[0]
            records = sum(held[number] - record.offset for number, record in oldest.items())
            return Waiting(records, min(oldest.values(), key=lambda record: record.timestamp, default=None))

    @cached_property
    def _reader(self) -> Reader:
        return self._opened.enter_context(Reader(self.endpoints.kafka_bootstrap, fetch_bytes=SINGLE_BYTES))


def _stretches(start: int, end: int) -> list[range]:
    """The newest offsets last."""
    newest = range(max(start, end - STRETCH_RECORDS), end)
    if newest.start - start <= STRETCH_RECORDS:
        return [newest]
    first = random.randrange(start, newest.start - STRETCH_RECORDS)
    return [range(first, first + STRETCH_RECORDS), newest]
