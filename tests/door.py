"""The front door as a publisher meets it: everything runs, and a publisher is registered."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson

from ledger.admission import DESTROYING
from ledger.describe import sample_event
from ledger.event import latest
from ledger.parties import Party
from ledger.publishers import Register
from producers.publisher import utc_now
from shanzhi.everything import Everything, everything
from shanzhi.settings import Settings
from shanzhi.stack import Endpoints
from shanzhi.stack.ports import free_port

SOURCE = "urn:example:tests"
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"


@dataclass(frozen=True)
class Door:
    """`client` sends the key of a publisher that may say everything, `SOURCE` and the samples' source being its own."""

    client: httpx.Client
    key: str
    endpoints: Endpoints
    folder: Path
    dashboard: str

    @property
    def url(self) -> str:
        """The gateway's address."""
        return str(self.client.base_url).rstrip("/")

    def register(self, id_: str, *sources: str, **granted: Any) -> str:
        """Another publisher; its key."""
        party = Party(id_, id_, sources, **granted)
        return Register(self.endpoints.database_url).add(party, "unit/tests", utc_now())

    def post(self, event: Mapping[str, Any] | bytes, **asked: str) -> httpx.Response:
        """One event in structured mode."""
        text = event if isinstance(event, bytes) else orjson.dumps(event)
        return self.client.post("/events", content=text, headers={"content-type": STRUCTURED}, params=asked)


@contextmanager
def opened(folder: Path, *, is_tended: bool = False, **given: Any) -> Iterator[Door]:
    """Kafka, PostgreSQL and every process of `up` in a folder; they stop at the end. `given`: settings.

    `is_tended`: what falls is started again, as `up` does it.
    """
    said: list[str] = []
    ports = {"gateway_port": free_port(), "dashboard_port": free_port()}  # nobody else's, who may start just now too
    with everything(Settings(folder=folder, **ports | given), 1, report=said.append, said=said.append) as running:
        families = {f"{type_.partition('.')[0]}.*" for type_ in latest}
        types = tuple(sorted({DESTROYING, *families}))
        party = Party("tests", "tests", (SOURCE, sample_event(latest["case.rated"])["source"]), types)
        key = Register(running.endpoints.database_url).add(party, "unit/tests", utc_now())
        headers = {"authorization": f"Bearer {key}"}
        tended = _tended(running) if is_tended else nullcontext()
        with httpx.Client(base_url=running.gateway, headers=headers, timeout=30) as client, tended:
            yield Door(client, key, running.endpoints, folder, running.dashboard)
            assert denied(folder) == [], "a process lacks a right that it needs: projections/store/roles.py"


def denied(folder: Path) -> list[str]:
    """What PostgreSQL has refused somebody for want of a right."""
    log = folder / "logs" / "postgres.log"
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []  # a test moved it
    return [line for line in lines if "permission denied" in line or "must be owner" in line]


@contextmanager
def _tended(running: Everything) -> Iterator[None]:
    ended = threading.Event()

    def tend() -> None:
        while not ended.wait(0.5):
            running.tend()

    tending = threading.Thread(target=tend)
    tending.start()
    yield
    ended.set()
    tending.join()


def event_of(type_: str, subject: str | None = None, **changes: Any) -> dict[str, Any]:
    """The sample of a type as a new event of `SOURCE`, about a new subject where none is given."""
    event = sample_event(latest[type_])
    name = uuid.uuid4().hex
    kind = event["subject"].partition("/")[0]
    return event | {"id": name, "source": SOURCE, "subject": subject or f"{kind}/{name}"} | changes
