"""A county on a database without Kafka, a decider beside it, and a hand that carries the outbox into the tables."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import orjson
import psycopg2

from ledger.partition import partition_of
from ledger.record import Batch, StoredRecord
from ledger.submission import Stored, check, stored
from ledger.topics import LEDGER, PARTITIONS, Topic
from ledger.writer import Receipt
from processors.decider.process import Decider
from processors.relay import mark
from projections.families import fingerprint
from projections.store.apply import Lane
from projections.store.cache import StateCache
from projections.store.connection import connect
from projections.store.generation import bind_topic, ensure_generation
from tests.fixed_keys import FixedKeys

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MORNING = datetime.fromisoformat("2024-05-11T09:00:00+08:00")  # a make-up Saturday


_OURS = re.compile(r'"((?:place|person|unit|case|survey|curtain|camera)/(?!county)[a-z0-9-]{1,12})"')


class Deciding:
    """`now` is the injected time; events happen at it unless another time is said, and are stamped with it.

    Each test is a `scene` with people and places of its own: their ids carry its number, which tests don't see.
    """

    def __init__(self, database_url: str) -> None:
        self.url, self.now = database_url, MORNING
        self.connection = connect(database_url, "test of decisions")
        bind_topic(self.connection, Topic(LEDGER, "test", PARTITIONS))
        self.generation = ensure_generation(self.connection, fingerprint())
        self.scene = 0
        self._lane = Lane(database_url, fingerprint(), PARTITIONS, StateCache(), threading.Event())
        self._next: dict[int, int] = defaultdict(int)
        self._told = 0

    def begin(self) -> None:
        """Another scene, another decider, the first morning again."""
        self.scene += 1
        self.decider = Decider(self.url, FixedKeys())  # type: ignore[arg-type]
        self.at(MORNING)

    def own(self, text: str) -> str:
        """The ids in a JSON text as this scene's."""
        return _OURS.sub(rf'"\1~{self.scene}"', text)

    def at(self, now: datetime) -> None:
        """Moves the injected time."""
        self.now = now
        self.query(
            "insert into shanzhi.injected_time (time) values (%s) on conflict (only_row) do update set time = %s",
            now,
            now,
        )

    def tell(self, subject: str, type_: str, data: dict[str, Any], *, ago: timedelta = timedelta(0)) -> str:
        """An event of a stream is published and folded; its id."""
        self._told += 1
        event = {
            "specversion": "1.0", "id": f"{self._told}", "source": "urn:test", "type": type_, "subject": subject,
            "time": (self.now - ago).isoformat(), "authid": "test/1", "data": data,
        }  # fmt: skip
        for one in stored([check(self.own(orjson.dumps(event).decode()).encode(), self.now)], FixedKeys()):
            self._fold(one)
        return str(self._told)

    def discover(self, name: str, place: str | None = "place/g1", **more: Any) -> str:
        """`case/<name>` becomes known; the event's id."""
        data = {
            "channel": "hotline", "demand": "complaint", "category": "停车管理", "urgency": "ordinary",
            "text": "占道", **({"place": place} if place else {}), **more,
        }  # fmt: skip
        return self.tell(f"case/{name}", "case.discovered", data)

    def decide(self) -> None:
        """Until nothing waits."""
        while self.decider.step(self.connection):
            pass

    def carry(self) -> list[dict[str, Any]]:
        """What the relay and a worker do: the outbox goes into the ledger and from there into the tables."""
        unpublished = "select source, id, subject, value from shanzhi.outbox where published_at is null order by number"
        told = []
        for source, id_, subject, value in self.query(unpublished):
            receipt = self._fold(Stored(id_, source, subject.encode(), bytes(value)))
            with self.connection, self.connection.cursor() as cursor:
                mark(cursor, [receipt], self.now)
            told.append(orjson.loads(bytes(value).replace(f"~{self.scene}".encode(), b"")))
        return told

    def follow(self) -> list[dict[str, Any]]:
        """Decides and carries until nothing follows any more; everything that was told."""
        told: list[dict[str, Any]] = []
        while True:
            self.decide()
            more = self.carry()
            if not more:
                return told
            told += more

    def answer(self, subject: str) -> dict[str, Any]:
        """The one event of ours about a subject that follows now."""
        (one,) = [one for one in self.follow() if one["subject"] == subject]
        return one

    def outcomes(self, subject: str, kind: str) -> list[str]:
        """What came of the requests of a stream, in their order."""
        return [
            outcome.replace(f"~{self.scene}", "")
            for (outcome,) in self.query(
                "select outcome from shanzhi.request where subject = %s and kind = %s order by stamp, ledger_offset",
                f"{subject}~{self.scene}",
                kind,
            )
        ]

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows, committed."""
        with self.connection, self.connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            with suppress(psycopg2.ProgrammingError):
                return list(cursor.fetchall())
            return []

    def close(self) -> None:
        """Closes both connections."""
        self._lane.close()
        self.connection.close()

    def _fold(self, one: Stored) -> Receipt:
        partition = partition_of(one.key, PARTITIONS)
        offset = self._next[partition]
        self._next[partition] += 1
        record = StoredRecord(offset, int(self.now.timestamp() * 1000), one.key, one.value)
        self._lane.apply(Batch(partition, [record], offset))
        return Receipt(one.id, one.source, partition, offset)
