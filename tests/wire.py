"""What goes over the wire byte by byte, and what the ledger holds of it afterwards."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import orjson
from kafka import KafkaProducer

from ledger.reader import Reader
from ledger.topics import INTAKE
from tests.door import STRUCTURED, Door

ANSWER_SECONDS = 30.0


class Answer(NamedTuple):
    """An HTTP answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """A connection to the gateway that sends whatever it is given."""

    def __init__(self, door: Door) -> None:
        url = urlsplit(door.url)
        self.socket = socket.create_connection((url.hostname, url.port), timeout=ANSWER_SECONDS)
        self._read = self.socket.makefile("rb")

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self._read.close()
        self.socket.close()

    def send(self, *parts: bytes) -> None:
        """All of it, at once."""
        self.socket.sendall(b"".join(parts))

    def answer(self, *, is_head: bool = False) -> Answer:
        """The next answer; raises `ConnectionError` where there is none."""
        line = self._read.readline()
        if not line:
            raise ConnectionResetError("closed without an answer")
        headers = {}
        while (header := self._read.readline().strip()) != b"":
            name, _, value = header.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        size_bytes = 0 if is_head else int(headers.get("content-length", "0"))
        return Answer(int(line.split()[1]), headers, self._read.read(size_bytes))

    def seconds_until_closed(self) -> float:
        """How long until the other side closes, whatever it says before."""
        began = time.monotonic()
        try:
            while self._read.read(4096):
                pass
        except ConnectionError:
            pass
        return time.monotonic() - began


def request(door: Door, body: bytes = b"", method: str = "POST", path: str = "/events", **headers: str) -> bytes:
    """A sound HTTP/1.1 request; `_` in names of headers stands for `-`, an empty value leaves one out."""
    given = {
        "host": "gateway.test",
        "authorization": f"Bearer {door.key}",
        "content_type": STRUCTURED,
        "content_length": str(len(body)),
    } | headers
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in given.items() if value]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode() + body


def produce(door: Door, records: Iterable[Mapping[str, Any]], key: str | None = None) -> list[tuple[int, int]]:
    """Writes records (value, headers, …) with a publisher's key to the intake; where each stands."""
    authorization = ("authorization", f"Bearer {key or door.key}".encode())
    producer = KafkaProducer(bootstrap_servers=door.endpoints.kafka_bootstrap, linger_ms=20)
    try:
        sent = [
            producer.send(INTAKE, **{**one, "headers": [*one.get("headers", ()), authorization]}) for one in records
        ]
        return [(done.partition, done.offset) for done in (one.get(timeout=ANSWER_SECONDS) for one in sent)]
    finally:
        producer.close(timeout=5)


def at(door: Door, receipt: Mapping[str, Any]) -> dict[str, Any]:
    """The event of a receipt as the ledger holds it."""
    partition, offset = receipt["partition"], receipt["offset"]
    with Reader(door.endpoints.kafka_bootstrap) as reader:
        (batch,) = reader.batches({partition: offset}, {partition: offset + 1})
        stored: dict[str, Any] = orjson.loads(batch.records[0].value or b"{}")
        return stored


def arrived(door: Door, event: Mapping[str, Any], seconds: str = "10s") -> dict[str, Any]:
    """The event as the ledger holds it, once it is there, whichever way it came."""
    asked = {"source": event["source"], "id": event["id"], "wait": seconds}
    found = door.client.get("/receipts", params=asked)
    assert found.status_code == 200, found.text
    return at(door, found.json())
