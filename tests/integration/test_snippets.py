"""The snippets of docs/snippets do what docs/publishing.md says of them, in every language."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import orjson
import pytest

from tests.door import BATCH, Door, event_of

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "snippets"
SOURCE = "urn:example:snippets"
COMMANDS = {
    "publish.py": [sys.executable],
    "publish.mjs": ["node"],
    "publish.sh": ["sh"],
    "Publish.java": ["java", "-Dfile.encoding=UTF-8"],
    "intake.py": [sys.executable],
    "intake.sh": ["sh"],
}
STAND_INS = Path(__file__).resolve().parents[1] / "bin"
"""kcat alone is on no machine by itself; Java, Node and curl have to be."""
OVER_HTTP = [name for name in COMMANDS if not name.startswith("intake")]
LINES_AT_MOST = 15
SECONDS_AT_MOST = 60


@pytest.fixture(scope="module")
def key(door: Door) -> str:
    """Of a publisher that fills its bucket with one batch, and may then send one event a second."""
    return door.register("snippets", SOURCE, rate_per_second=1)


def run(door: Door, key: str, name: str, id_: str) -> subprocess.CompletedProcess[str]:
    given = {"SHANZHI_GATEWAY": door.url, "SHANZHI_KEY": key, "KAFKA_BOOTSTRAP": door.endpoints.kafka_bootstrap}
    if shutil.which("kcat") is None:
        given["PATH"] = f"{STAND_INS}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    command = [*COMMANDS[name], str(FOLDER / name), id_]
    return subprocess.run(
        command, env=os.environ | given, capture_output=True, encoding="utf-8", timeout=SECONDS_AT_MOST, check=False
    )


def test_every_snippet_publishes_its_event_and_a_second_run_is_a_repeat(door: Door, key: str) -> None:
    ids = {name: f"{name}-{uuid.uuid4()}" for name in COMMANDS}
    for status in ("accepted", "repeat"):
        with ThreadPoolExecutor(3) as threads:
            done = dict(zip(ids, threads.map(lambda name: run(door, key, name, ids[name]), ids), strict=True))
        for name, ran in done.items():
            assert ran.returncode == 0, f"{name}: {ran.stdout}{ran.stderr}"
            if name in OVER_HTTP:
                receipt = orjson.loads(ran.stdout or "{}")
                assert (receipt["id"], receipt["source"], receipt["status"]) == (ids[name], SOURCE, status), ran
            asked = {"source": SOURCE, "id": ids[name], "wait": "10s"}
            headers = {"authorization": f"Bearer {key}"}
            answer = httpx.get(f"{door.url}/receipts", params=asked, headers=headers, timeout=20)
            assert answer.json()["status"] == "accepted", name


def test_who_is_told_to_wait_waits_and_sends_again(door: Door, key: str) -> None:
    events = [event_of("case.rated", source=SOURCE) for _ in range(500)]
    headers = {"authorization": f"Bearer {key}", "content-type": BATCH}
    for size in (500, 250, 125, 60, 30, 15, 7, 3, 2, 1):  # until there is no room for a single one
        while httpx.post(f"{door.url}/events", content=orjson.dumps(events[:size]), headers=headers).is_success:
            pass
    with ThreadPoolExecutor(len(OVER_HTTP)) as threads:
        done = list(threads.map(lambda name: run(door, key, name, str(uuid.uuid4())), OVER_HTTP))
    for ran in done:
        assert ran.returncode == 0, ran
        assert orjson.loads(ran.stdout)["status"] == "accepted"


@pytest.mark.parametrize("name", OVER_HTTP)
def test_a_refusal_is_shown_and_is_a_failure(door: Door, name: str) -> None:
    ran = run(door, "shz_" + "A" * 43, name, "1")
    assert ran.returncode != 0
    assert "urn:shanzhi:problem:key-refused" in ran.stdout + ran.stderr


def test_the_snippets_are_short_and_linked(door: Door) -> None:
    page = (FOLDER.parent / "publishing.md").read_text(encoding="utf-8")
    assert {path.name for path in FOLDER.iterdir()} == COMMANDS.keys()
    for path in FOLDER.iterdir():
        assert len(path.read_text(encoding="utf-8").splitlines()) <= LINES_AT_MOST, path.name
        assert f"](snippets/{path.name})" in page
