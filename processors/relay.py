"""The relay: of several equal processes one publishes the outbox, each event once it is sure of the one before.

Of every subject one event is on its way at a time, so that their order in the ledger is that of the outbox whatever
fails. An event whose mark was lost is published again, and counts once by its identity.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

import structlog
from prometheus_client import Counter

from ledger.errors import OutcomeUnknown
from ledger.injected_time import time_of
from ledger.submission import Stored
from ledger.writer import Pending, Receipt, Writer
from processors.aside import aside
from processors.leader import Leader
from processors.metrics import Backed
from processors.standing import await_tables
from projections.store.connection import answering

LOCK = 7_283_022
PAUSE_SECONDS = 0.01
AT_ONCE = 500
DELIVERY_SECONDS = 10.0
LINGER_MS = 1
_UNPUBLISHED = (
    "select source, id, subject, value from shanzhi.outbox where published_at is null order by number limit %s"
)
_WAITING = (
    "select count(*), coalesce(extract(epoch from clock_timestamp() - min(made_at)), 0)::float8 "
    "from shanzhi.outbox where published_at is null"
)
_PUBLISHED = (
    "update shanzhi.outbox set published_at = %s, partition = told.partition, ledger_offset = told.place "
    "from unnest(%s::text[], %s::text[], %s::smallint[], %s::bigint[]) told (source, id, partition, place) "
    'where outbox.source = told.source collate "C" and outbox.id = told.id collate "C" and published_at is null'
)
log = structlog.get_logger("shanzhi.relay")


class _Sent(NamedTuple):
    receipts: list[Receipt]
    failure: OutcomeUnknown | None


class Relay(Leader):
    """Publishes what the decider, the clock and the notices decided to tell."""

    def __init__(self, kafka_bootstrap: str, database_url: str) -> None:
        super().__init__("relay", log, database_url, LOCK, PAUSE_SECONDS)
        self._bootstrap = kafka_bootstrap
        self._writer: Writer | None = None
        self._backed = Backed(self._registry, "outbox", "Events of the outbox")
        self._published = Counter("shanzhi_outbox_published", "Events published", registry=self._registry)

    async def work(self) -> int:
        """As every leader; what was handed to Kafka is waited for at the end."""
        try:
            return await super().work()
        finally:
            if self._writer is not None:
                await aside(self._writer.close)

    def prepare(self) -> None:
        """Waits for the outbox and for Kafka."""
        await_tables(self._url, "shanzhi relay")
        self._writer = Writer(self._bootstrap, DELIVERY_SECONDS, LINGER_MS, time_of(self._url).stamp_ms)

    def look(self, connection: Any) -> None:
        """What waits to be published."""
        with connection, connection.cursor() as cursor:
            cursor.execute(_WAITING)
            self._backed.saw(*cursor.fetchone())

    def rests(self) -> None:
        """Nothing waits for this one."""
        self._backed.saw(0, 0.0)

    def step(self, connection: Any) -> bool:
        """Publishes the first unpublished event of each subject, and marks what was acknowledged."""
        with answering(), connection, connection.cursor() as cursor:
            cursor.execute(_UNPUBLISHED, (AT_ONCE,))
            rows = cursor.fetchall()
        if not rows:
            return False
        sent = self._send(first_of_each(rows))
        with answering(), connection, connection.cursor() as cursor:
            mark(cursor, sent.receipts, datetime.now(UTC))
        self._published.inc(len(sent.receipts))
        if sent.failure:
            raise sent.failure
        return True

    def _send(self, rows: list[Stored]) -> _Sent:
        assert self._writer is not None
        failure: OutcomeUnknown | None = None
        pending: list[Pending] = []
        receipts: list[Receipt] = []
        try:
            sending = self._writer.sending()
            for row in rows:
                pending.append(sending.send(row))
        except OutcomeUnknown as error:
            failure = error
        for one in pending:
            try:
                receipts.append(one.receipt(DELIVERY_SECONDS))
            except OutcomeUnknown as error:
                failure = error
        return _Sent(receipts, failure)


def first_of_each(rows: list[tuple[str, str, str, Any]]) -> list[Stored]:
    """Of each subject the first row, in their order."""
    first: dict[str, Stored] = {}
    for source, id_, subject, value in rows:
        if subject not in first:
            first[subject] = Stored(id_, source, subject.encode(), bytes(value))
    return list(first.values())


def mark(cursor: Any, receipts: list[Receipt], at: datetime) -> None:
    """Remembers where each event stands in the ledger."""
    cursor.execute(
        _PUBLISHED,
        (
            at,
            [one.source for one in receipts],
            [one.id for one in receipts],
            [one.partition for one in receipts],
            [one.offset for one in receipts],
        ),
    )


def run(
    *, kafka_bootstrap: str, database_url: str, probe_host: str = "127.0.0.1", probe_port: int | None = None
) -> int:
    """Runs the relay until SIGTERM or SIGINT; returns the exit code. Of several, one works and the others wait."""
    return Relay(kafka_bootstrap, database_url).run(probe_host, probe_port)
