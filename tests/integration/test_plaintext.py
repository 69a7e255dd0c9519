"""Personal values go in by every way there is, and are then looked for wherever bytes are kept or said.

One county's worth of processes, with an intake whose segments close after 2 s instead of 10 minutes. The values share
a few stems, so that one search finds all of them, whatever way they came in by.
"""

from __future__ import annotations

import gzip
import json
import re
import tempfile
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from pydantic import SecretStr

from ledger.event import latest
from ledger.photos import PhotoStore
from ledger.publishers import Register
from ledger.topics import INTAKE
from ledger.unsealing import Unsealer
from ledger.vault import Vault
from producers.publisher import utc_now
from shanzhi.pages_key import PAGES
from shanzhi.stack import Stack
from tests import plaintext
from tests.door import BATCH, SOURCE, STRUCTURED, Door, opened
from tests.intake_agent import Scene as Intake
from tests.intake_agent import until
from tests.personal_values import HOME, NAME, PHONE, PLAIN, STEMS, WORDS, events, photo, refused

MASTER_KEY = bytes(reversed(range(64)))
SEAL_KEY = bytes(range(64, 96))
MARKERS_BYTES = 1_000  # what the empty records that close segments take, and no event of these tests
PUBLIC = "case/plain-"  # how the subjects of cases begin


@dataclass
class Traces:
    """What was sent through, and all that was answered."""

    door: Door
    stack: Stack
    intake: Intake
    answers: list[tuple[str, bytes]] = field(default_factory=list)
    photo: str = ""

    def post(self, way: str, path: str, content: bytes, headers: Mapping[str, str], **asked: str) -> httpx.Response:
        answer = self.door.client.post(path, content=content, headers=headers, params=asked)
        said = "".join(f"{name}: {value}\n" for name, value in answer.headers.items()).encode() + answer.content
        self.answers.append((f"the answer {answer.status_code} to {way}", said))
        return answer

    @property
    def searched(self) -> list[str]:
        """What must be nowhere: personal values, and the keys of publishers."""
        return [*STEMS, self.door.key.removeprefix("shz_"), self.intake.key.removeprefix("shz_")]


@pytest.fixture(scope="module")
def traces(session_folder: Path, module_stack: Stack) -> Iterator[Traces]:
    folder = Path(tempfile.mkdtemp(prefix="plain-", dir=session_folder))
    endpoints = module_stack.endpoints
    intake = Intake(endpoints, folder / "logs", "plain")
    admin = KafkaAdminClient(bootstrap_servers=endpoints.kafka_bootstrap)
    settings = {"segment.ms": "2000", "file.delete.delay.ms": "1000"}
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, INTAKE, settings)])
    admin.close()
    pages_key = Register(endpoints.database_url).add(PAGES, "unit/tests", utc_now())
    given: dict[str, Any] = {
        "pages_key": SecretStr(pages_key),
        "kafka_bootstrap": endpoints.kafka_bootstrap,
        "database_url": SecretStr(endpoints.database_url),
        "master_key": SecretStr(urlsafe_b64encode(MASTER_KEY).decode()),
        "seal_key": SecretStr(urlsafe_b64encode(SEAL_KEY).decode()),
        "probe_port": 0,
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHANZHI_LOG_LEVEL", "debug")  # all that can be said
        with opened(folder, **given) as door:
            made = Traces(door, module_stack, intake)
            _through_the_gateway(made)
            _through_the_intake(made)
            yield made


def _through_the_gateway(traces: Traces) -> None:
    for event in events("structured"):
        headers = {"content-type": STRUCTURED}
        assert traces.post("structured", "/events", orjson.dumps(event), headers).status_code == 201
    for event in events("binary"):
        attributes = {f"ce-{name}": str(value) for name, value in event.items() if name != "data"}
        headers = {"content-type": "application/json", **attributes}
        assert traces.post("binary", "/events", orjson.dumps(event["data"]), headers).status_code == 201
    packed = gzip.compress(json.dumps(events("batch")).encode())
    headers = {"content-type": BATCH, "content-encoding": "gzip"}
    assert traces.post("a batch", "/events", packed, headers, wait="10s").status_code == 200
    dry = traces.post("a dry run", "/events", orjson.dumps(events("dry")), {"content-type": BATCH}, dry_run="true")
    assert all(one["valid"] for one in dry.json())
    for text in refused("refused"):
        for asked in ({}, {"dry_run": "true"}):
            traces.post("what is refused", "/events", text, {"content-type": STRUCTURED}, **asked)
    traces.post("no key", "/events", orjson.dumps(events("no-key")[0]), {"authorization": "Bearer shz_" + "A" * 43})
    kept = traces.post("a photo", "/photos", photo(), {"content-type": "image/jpeg"}, owner="case/plain-photo")
    assert kept.status_code == 201, kept.text
    traces.photo = kept.json()["id"]
    traces.post("a broken photo", "/photos", photo()[:900], {"content-type": "image/jpeg"}, owner="case/plain-photo")


def _through_the_intake(traces: Traces) -> None:
    """Sent and worked off. That it stands in the topic's files in plain until its bound is the search's own proof."""
    intake, source = traces.intake, traces.intake.source
    sound = [event | {"source": source} for event in events("intake")]
    intake.send([intake.structured(one) for one in sound], compression_type="gzip")
    intake.send([intake.structured(json.dumps(one).encode()) for one in sound])  # repeats, with \u escapes
    intake.send([intake.binary(one | {"id": f"{one['id']}-binary"}) for one in sound])
    said = [text.replace(SOURCE.encode(), source.encode()) for text in refused("intake")]
    intake.send([intake.structured(text) for text in said])
    intake.send([{"value": text} for text in said])
    held = plaintext.hits(traces.searched, plaintext.kafka(_broker(traces), INTAKE))
    assert {text for text in traces.searched if any(one.startswith(text) for one in held)} == {
        *STEMS,
        intake.key.removeprefix("shz_"),
    }, "the search finds what is there"
    log = traces.door.folder / "logs" / "intake.log"
    until(lambda: not intake.left(), 40, lambda: log.read_text()[-4000:])
    assert len(intake.query("select 1 from shanzhi.intake_quarantine")) >= 2 * len(said) - 2
    assert len(set(intake.ids())) == 2 * len(sound)


def _broker(traces: Traces) -> Path:
    return traces.stack.folder / "kafka" / "data"


def _intake_bytes(traces: Traces) -> int:
    """How much the intake's segments hold on the disk, deleted ones too."""
    sizes = 0
    for file in _broker(traces).glob(f"{INTAKE}-*/*.log*"):
        with suppress(FileNotFoundError):
            sizes += file.stat().st_size
    return sizes


def test_a_photo_as_it_is_sent_tells_who_lives_where() -> None:
    found = plaintext.hits([NAME, PHONE, HOME, WORDS], iter([("the photo", photo())]))
    assert {one.split()[0] for one in found} == {NAME, PHONE, HOME, WORDS}


def test_every_personal_field_of_the_catalogue_is_filled() -> None:
    names = {kind.wire_names[one.name] for kind in latest.values() for one in kind.personal}
    assert names == set(PLAIN)
    assert all(any(stem in str(value) for stem in STEMS) for value in PLAIN.values())


@pytest.mark.parametrize("stem", STEMS)
def test_every_form_is_found_wherever_it_begins(stem: str) -> None:
    for written in plaintext.forms(stem):
        assert plaintext.hits([stem], iter([("x", b"\0" * 77 + written + b"\xff")])), written


def test_neither_a_dump_nor_the_write_ahead_log_holds_them(traces: Traces) -> None:
    """What tables and their log hold is what backups and replicas hold."""
    dumped = plaintext.dump(traces.door.endpoints.database_url)
    assert plaintext.hits([f"{PUBLIC}batch"], iter([("the dump", dumped)]))
    wal = traces.stack.folder / "postgres" / "data" / "pg_wal"
    assert plaintext.hits([f"{PUBLIC}batch"], plaintext.files(wal))
    vault = Vault(traces.door.endpoints.database_url, MASTER_KEY)
    unsealer = Unsealer(vault, "desk", "person/tests", "回访")
    fetched = PhotoStore(traces.door.endpoints.database_url, vault).fetch(traces.photo, unsealer)
    assert fetched is not None and not plaintext.hits(STEMS, iter([("the photo", fetched[1])]))
    piece = fetched[1][-200:-100]
    assert piece not in dumped and piece.hex().encode() not in dumped, "the picture is sealed too"
    assert traces.photo.encode() in dumped
    assert plaintext.hits(traces.searched, iter([("the dump", dumped)])) == []
    assert plaintext.hits(traces.searched, plaintext.files(wal)) == []


def test_no_log_and_no_file_of_ours_holds_them(traces: Traces) -> None:
    folders = (traces.door.folder, traces.stack.folder / "logs")
    assert plaintext.hits(["quarantined"], plaintext.files(*folders)), "the intake has said what it did"
    secrets = [urlsafe_b64encode(key).decode().rstrip("=") for key in (MASTER_KEY, SEAL_KEY)]
    assert plaintext.hits([*traces.searched, *secrets], plaintext.files(*folders)) == []


def test_no_answer_holds_them(traces: Traces) -> None:
    statuses = {int(name.split()[2]) for name, _ in traces.answers}
    assert statuses >= {200, 201, 400, 401, 403, 422}
    assert plaintext.hits(["urn:shanzhi:problem:event-refused"], iter(traces.answers))
    assert plaintext.hits(traces.searched, iter(traces.answers)) == []


def test_no_figure_holds_them(traces: Traces) -> None:
    logs = traces.door.folder / "logs"
    ports = {name: re.findall(r'"port": (\d+)', (logs / f"{name}.log").read_text()) for name in ("worker-1", "intake")}
    urls = [traces.door.url, *(f"http://127.0.0.1:{found[-1]}" for found in ports.values())]
    said = [(url, httpx.get(f"{url}/metrics").content) for url in urls]
    assert b'shanzhi_gateway_refused_total{code="not_json"}' in said[0][1]
    assert b"shanzhi_intake_quarantined_total" in said[2][1]
    assert plaintext.hits(traces.searched, iter(said)) == []


def test_no_process_is_told_them(traces: Traces) -> None:
    """Command lines, which everybody on the machine can read, and environments; a worker has no master key either."""
    running = plaintext.processes()
    secrets = [urlsafe_b64encode(key).decode() for key in (MASTER_KEY, SEAL_KEY)]
    keyed, signing = (
        sorted(name.split()[-1] for name, (_, environment) in running.items() if secret.encode() in environment)
        for secret in secrets
    )
    assert keyed == ["dashboard", "decider", "gateway", "intake"], "those that seal or open"
    assert signing == ["sealer"]
    password = traces.door.endpoints.database_url.split(":")[2].partition("@")[0]
    commands = [(name, command) for name, (command, _) in running.items()]
    shown = [*traces.searched, *(secret.rstrip("=") for secret in secrets), password]
    assert plaintext.hits(shown, iter(commands)) == []
    assert plaintext.hits(traces.searched, ((name, environment) for name, (_, environment) in running.items())) == []


def test_no_file_of_kafka_holds_them_once_the_intakes_bound_is_over(traces: Traces) -> None:
    """Last, since a broker takes 30 s after its start before it looks for old segments."""
    assert plaintext.hits([f"{PUBLIC}structured"], plaintext.kafka(_broker(traces), "governance.ledger"))
    assert plaintext.hits([f"{PUBLIC}intake"], plaintext.kafka(_broker(traces), "governance.ledger"))
    until(lambda: _intake_bytes(traces) < MARKERS_BYTES, 60)
    assert plaintext.hits(traces.searched, plaintext.kafka(_broker(traces))) == []
