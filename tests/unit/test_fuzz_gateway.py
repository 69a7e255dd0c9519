"""Whatever is asked of the gateway: an answer of its document and no other error; what it refuses reaches no Kafka.

The application is the real one with the real group writer, in process; its producer, its tables and its vault are not.
"""

from __future__ import annotations

import asyncio
import gzip
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from typing import Any, NamedTuple

import orjson
import pytest
from fastapi import FastAPI
from PIL import Image

from ledger.codec import Examiner, Sound
from ledger.fields import Photo
from ledger.parties import Party
from ledger.protocols import Previewed
from ledger.record import StoredRecord
from ledger.submission import Stored
from ledger.topics import PARTITIONS
from ledger.writer import Receipt
from processors.metrics import process_registry
from producers.gateway.answers import Answer, Job
from producers.gateway.app import application
from producers.gateway.metrics import Metrics
from producers.gateway.services import Services
from producers.gateway.writing import GroupWriter
from tests.fuzzing import Program, fuzz, submitted
from tests.unit.test_fuzz import KEY, KEYS, STAMP_MS, binary, keeps_quiet
from tests.unit.test_mistakes import NOW

STATUSES = {200, 201, 207, 400, 401, 403, 404, 405, 409, 413, 415, 422, 429}
PARTY = Party("fuzz", "测试", (submitted()[0]["source"],), rate_per_second=1_000_000_000)
STRUCTURED, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"


class Asked(NamedTuple):
    """A request."""

    path: str
    body: bytes
    headers: Mapping[str, bytes]
    query: str = ""
    method: str = "POST"


class Answered(NamedTuple):
    """Its answer, and what was written meanwhile."""

    status: int
    media_type: str
    body: bytes
    written: Sequence[tuple[int, Stored]]


class Kafka:
    """Takes everything, and acknowledges it at once."""

    def __init__(self) -> None:
        self.written: list[tuple[int, Stored]] = []

    def sending(self) -> Kafka:
        return self

    def send_raw(self, stored: Stored, key: bytes, value: bytes, partition: int) -> Any:
        self.written.append((partition, stored))
        return _Acknowledged(Receipt(stored.id, stored.source, partition, len(self.written)))


class _Acknowledged(NamedTuple):
    receipt: Receipt

    def then(self, done: Callable[[Receipt], None]) -> None:
        done(self.receipt)


class World:
    """Everything else that services ask: one party, no records, no borders, keys for everybody, room for photos."""

    trouble = None

    def __init__(self, kafka: Kafka) -> None:
        self._kafka: Any = kafka

    async def publish(self, party: Party, events: Sequence[bytes]) -> list[Answer]:
        """By a writer that remembers nothing of earlier requests: most samples have the same ids."""
        own: Any = self
        job, group = Job(party, events, lambda _: None), GroupWriter(self._kafka, KEYS, own, own, lambda: NOW)
        group.write(group.checked(job))
        return job.known()

    def remembered(self, key: str) -> Party | None:
        return PARTY if key == KEY else None

    def of_key(self, key: str) -> None: ...

    def first(self, wanted: object) -> Mapping[str, Any]:
        return {}

    def find(self, identity: str, place: object = None) -> None: ...

    def quarantined(self, places: object) -> Sequence[Any]:
        return ()

    def positions(self) -> Mapping[int, int]:
        return dict.fromkeys(range(PARTITIONS), 2**60)

    def outside(self, places: object, grounds: object) -> Sequence[str]:
        return ()

    def of(self, events: Sequence[Stored], now: object) -> list[Previewed]:
        return [Previewed("new", False, None, ()) for _ in events]

    def categories(self) -> Sequence[str]:
        return ["停车管理"]

    def named(self, *_: object) -> Sequence[Any]:
        return ()

    told = steps = external = named

    def forgotten(self, owners: object) -> set[str]:
        return set()

    def existing(self, owners: Iterable[str]) -> Mapping[str, bytes]:
        return KEYS.existing(owners)

    def keep(self, owner: str, content: bytes, media_type: str) -> Photo:
        return Photo("p1", media_type, len(content) or 1, "f")


@contextmanager
def door() -> Iterator[Callable[[Asked], Answered]]:
    """A way to ask the application."""
    kafka = Kafka()
    world: Any = World(kafka)
    metrics = Metrics(process_registry("gateway", lambda: None))
    given: dict[str, Any] = {"clock": lambda: NOW, "ready": lambda: None, "remark": lambda: None, "metrics": metrics}
    services = Services(**(dict.fromkeys([one.name for one in fields(Services)], world) | given))
    app = application(services)
    with asyncio.Runner() as runner:

        def ask(asked: Asked) -> Answered:
            kafka.written = []
            return runner.run(_asked(app, asked))._replace(written=kafka.written)

        yield ask


async def _asked(app: FastAPI, asked: Asked) -> Answered:
    """One request by ASGI, as uvicorn would hand it on."""
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": asked.method, "scheme": "http",
        "path": asked.path, "raw_path": asked.path.encode(), "root_path": "", "server": ("gateway", 80),
        "query_string": asked.query.encode(), "client": ("127.0.0.1", 1),
        "headers": [(name.encode("latin-1", "replace"), value) for name, value in asked.headers.items()],
    }  # fmt: skip
    pieces = [asked.body[at : at + 30_000] for at in range(0, len(asked.body) or 1, 30_000)]
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    async def send(message: Any) -> None:
        said.append(message)

    await app(scope, receive, send)
    headers = dict(said[0]["headers"])
    body = b"".join(message.get("body", b"") for message in said[1:])
    return Answered(said[0]["status"], headers.get(b"content-type", b"").decode(), body, ())


def picture() -> bytes:
    """A small PNG."""
    kept = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(kept, "PNG")
    return kept.getvalue()


PICTURE = picture()


def request(text: bytes, program: Program) -> Asked:
    """The input as a body in one of the modes, as a question, as a photo, with a key or without."""
    key = {"authorization": f"Bearer {KEY}".encode()}
    headers, odd = key | {"content-type": STRUCTURED.encode()}, text[: program[-2]]
    match program[-1] % 16:
        case 1 | 2:
            events = b"[" + b",".join([text] * (program[-2] % 4)) + b"]"
            return Asked("/events", events, key | {"content-type": BATCH.encode()})
        case 3 | 4:
            named, data = binary(text)
            attributes = {name.replace("ce_", "ce-", 1): value for name, value in named}
            return Asked("/events", data, attributes)
        case 5:
            return Asked("/events", gzip.compress(text), headers | {"content-encoding": b"gzip"})
        case 6:
            return Asked("/events", text, headers | {"content-encoding": (b"gzip", b"br", odd)[program[-2] % 3]})
        case 7:
            return Asked("/events", text, headers | {"content-type": odd, "content-length": text[:12]})
        case 8:
            return Asked("/receipts", b"", key, odd.decode("latin-1").encode().decode(), "GET")
        case 9:
            return Asked("/receipts", b"", key, f"source=a&id=b&wait={odd[:6].decode('ascii', 'replace')}", "GET")
        case 10:
            at = program[-2] * len(PICTURE) // 256
            return Asked("/photos", PICTURE[:at] + text[:4] + PICTURE[at:], key, "owner=case/1")
        case 11:
            return Asked("/events", text, headers | {"authorization": odd})
        case 12:
            method = ("GET", "PUT", "POST")[program[-2] % 3]
            return Asked(f"/{odd[:30].decode('latin-1')}", text, headers, method=method)
        case 13:
            return Asked("/events", text, headers, "dry_run=true")
        case 14:
            return Asked("/events", text, headers, ("wait=2s", "wait=-1s", odd.decode("latin-1"))[program[-2] % 3])
    return Asked("/events", text, headers)


def test_the_gateway_takes_any_request() -> None:
    with door() as ask:
        fuzz(2_500, submitted, lambda text, program: answered(ask, text, request(text, program)))


def answered(ask: Callable[[Asked], Answered], text: bytes, asked: Asked) -> None:
    """By its document; nothing is told of anybody, and exactly what was accepted is written."""
    answer = ask(asked)
    assert answer.status in STATUSES, answer
    keeps_quiet(refused(answer), text)
    if answer.status >= 400 and asked.method != "HEAD":
        assert answer.media_type == "application/problem+json", answer
    assert len(answer.written) == accepted(answer), answer
    for partition, one in answer.written:
        sound = Examiner(PARTITIONS).examine(StoredRecord(0, STAMP_MS, one.key, one.value), partition)
        assert isinstance(sound, Sound), sound


def refused(answer: Answered) -> str:
    """What it says of what it does not take; a receipt names the event by its id."""
    if answer.status >= 400 or not answer.body.startswith((b"{", b"[")):
        return answer.body.decode()
    said = orjson.loads(answer.body)
    results = said.get("results", [said]) if isinstance(said, dict) else said
    return orjson.dumps([one.get("problem") for one in results]).decode()


def accepted(answer: Answered) -> int:
    """How many events it says were written."""
    if answer.status not in (200, 201, 207) or not answer.body.startswith((b"{", b"[")):
        return 0
    said = orjson.loads(answer.body)
    results = said.get("results", [{"receipt": said}]) if isinstance(said, dict) else []
    return sum(one.get("receipt", {}).get("status") == "accepted" for one in results)


@pytest.mark.parametrize("mode", range(16))
def test_a_sound_sample_passes_where_it_is_sent_as_it_has_to_be(mode: int) -> None:
    """Else the fuzz would only meet refusals."""
    text, program = orjson.dumps(submitted()[0]), bytes([0, 0, *bytes(10), 2, mode])
    with door() as ask:
        answer = ask(request(text, program))
    if mode in (0, 1, 2, 3, 4, 5, 15):
        assert len(answer.written) == accepted(answer) == 1, answer
    assert mode != 13 or orjson.loads(answer.body)["valid"] is True
