"""An intake agent as a process, what publishers send it, and what became of that."""

from __future__ import annotations

import os
import signal
import sys
import threading
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import psycopg2
from kafka import KafkaProducer

from ledger.describe import sample_event
from ledger.event import latest
from ledger.parties import Party
from ledger.publishers import Register
from ledger.reader import Reader
from ledger.topics import INTAKE, INTAKE_PARTITIONS, PARTITIONS, ensure_intake, ensure_ledger
from projections.families import fingerprint
from projections.store.apply import Lane
from projections.store.cache import StateCache
from projections.store.connection import connect
from projections.store.generation import bind_topic, ensure_generation
from shanzhi.stack import Endpoints
from shanzhi.stack.child import Child
from tests.faults.wait import wait_until

ROOT = Path(__file__).parents[1]
MASTER_KEY = bytes(range(64))
STRUCTURED = "application/cloudevents+json"


class Agent(Child):
    """`shanzhi intake` on servers; its log is JSON, one line an event."""

    def __init__(self, endpoints: Endpoints, log: Path) -> None:
        given = {
            "KAFKA_BOOTSTRAP": endpoints.kafka_bootstrap,
            "DATABASE_URL": endpoints.database_url,
            "SHANZHI_MASTER_KEY": urlsafe_b64encode(MASTER_KEY).decode(),
            "SHANZHI_LOG_FORMAT": "json",
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, "-m", "shanzhi", "intake"]
        super().__init__(command, log, signal.SIGTERM, given={**os.environ, **given}, folder=ROOT)

    def end(self, seconds: float = 5) -> int | None:
        """SIGTERM, and its exit code."""
        self.send(signal.SIGTERM)
        assert self.ends_within(seconds), f"still running after {seconds} s:\n{self.tail()}"
        return self.exit_code

    def said(self, event: str) -> list[dict[str, Any]]:
        """The lines of its log about one thing."""
        found = []
        for line in self.log.read_bytes().splitlines():
            if line.startswith(b"{") and line.endswith(b"}") and orjson.loads(line).get("event") == event:
                found.append(orjson.loads(line))
        return found

    def tail(self) -> str:
        """The end of its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-4000:]


class Scene:
    """Servers with an intake, and one publisher that is registered for `urn:test`."""

    def __init__(self, endpoints: Endpoints, folder: Path, name: str, **granted: Any) -> None:
        self.endpoints, self._folder = endpoints, folder
        self.topic_id = ensure_intake(endpoints.kafka_bootstrap).topic.id
        self.source = f"urn:{name}"
        party = Party(name, "测试", (self.source,), **granted)
        self.key = Register(endpoints.database_url).add(party, "unit/tests", datetime.now(UTC))
        self.started = 0
        self.running: Agent | None = None

    def agent(self) -> Agent:
        """Starts one."""
        self.started += 1
        return Agent(self.endpoints, self._folder / f"intake-{self.source[4:]}-{self.started}.log")

    def event(self, number: int | str, type_: str = "case.closed", **changed: Any) -> dict[str, Any]:
        """A sound event of the publisher."""
        made = {"id": f"{self.source[4:]}-{number}", "source": self.source}
        return sample_event(latest[type_]) | made | changed

    def producer(self, **options: Any) -> Any:
        """A publisher's own client, with a partitioner that is not ours."""
        return KafkaProducer(bootstrap_servers=self.endpoints.kafka_bootstrap, linger_ms=20, **options)

    def structured(self, event: Mapping[str, Any] | bytes, key: str | None = None) -> dict[str, Any]:
        """An event in structured mode, as arguments of `send`."""
        value = event if isinstance(event, bytes) else orjson.dumps(event)
        return {"value": value, "headers": [("content-type", STRUCTURED.encode()), *self.authorization(key)]}

    def binary(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """An event in binary mode."""
        attributes = [(f"ce_{name}", str(value).encode()) for name, value in event.items() if name != "data"]
        headers = [("content-type", b"application/json"), *attributes, *self.authorization(None)]
        return {"value": orjson.dumps(event["data"]), "headers": headers}

    def authorization(self, key: str | None) -> list[tuple[str, bytes]]:
        """The header with a publisher's key, our own by default."""
        return [("authorization", f"Bearer {key or self.key}".encode())]

    def send(self, records: Iterable[Mapping[str, Any]], **options: Any) -> list[tuple[int, int]]:
        """Where each record stands in the intake."""
        producer = self.producer(**options)
        try:
            sent = [producer.send(INTAKE, **record) for record in records]
            answers = [one.get(timeout=30) for one in sent]
            return [(answer.partition, answer.offset) for answer in answers]
        finally:
            producer.close(timeout=5)

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows, on a connection of its own; committed."""
        connection = psycopg2.connect(self.endpoints.database_url, connect_timeout=5)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql, values or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def left(self) -> int:
        """How many offsets of the intake are not deleted."""
        with Reader(self.endpoints.kafka_bootstrap, INTAKE, INTAKE_PARTITIONS) as reader:
            return sum(reader.ends.values()) - sum(reader.starts.values())

    def deleted(self) -> int:
        """How many offsets of the intake are deleted, since it was made."""
        with Reader(self.endpoints.kafka_bootstrap, INTAKE, INTAKE_PARTITIONS) as reader:
            return sum(reader.starts.values())

    def quarantined(self, places: Iterable[tuple[int, int]]) -> list[str | None]:
        """The reason for each place, None where there is none."""
        sql = "select partition, record_offset, reason from shanzhi.intake_quarantine where topic_id = %s"
        found = {(partition, offset): reason for partition, offset, reason in self.query(sql, self.topic_id)}
        return [found.get(place) for place in places]

    def ids(self) -> Counter[str]:
        """How often each of our ids stands in the ledger."""
        return Counter(event["id"] for event in self.ledger() if event["source"] == self.source)

    def ledger(self) -> list[dict[str, Any]]:
        """Every event of the ledger."""
        with Reader(self.endpoints.kafka_bootstrap) as reader:
            batches = reader.batches(reader.starts, reader.ends)
            return [orjson.loads(record.value or b"{}") for batch in batches for record in batch.records]

    def stamps(self) -> dict[str, datetime]:
        """When the ledger took each of our ids; of repeats, the last."""
        found = {}
        with Reader(self.endpoints.kafka_bootstrap) as reader:
            for batch in reader.batches(reader.starts, reader.ends):
                for record in batch.records:
                    event = orjson.loads(record.value or b"{}")
                    if event["source"] == self.source:
                        found[event["id"]] = datetime.fromtimestamp(record.timestamp / 1000, UTC)
        return found

    def fold(self) -> None:
        """Folds the ledger to its end, as a worker does."""
        with closing(connect(self.endpoints.database_url, "intake test")) as connection:
            bind_topic(connection, ensure_ledger(self.endpoints.kafka_bootstrap))
            ensure_generation(connection, fingerprint())
        lane = Lane(self.endpoints.database_url, fingerprint(), PARTITIONS, StateCache(), threading.Event())
        with closing(lane), Reader(self.endpoints.kafka_bootstrap) as reader:
            for batch in reader.batches(reader.starts, reader.ends):
                lane.apply(batch)


def until(true: Callable[[], object], seconds: float, why: Callable[[], object] = lambda: "") -> float:
    """As `wait_until`, within a time that the test is about."""
    return wait_until(true, why, seconds)
