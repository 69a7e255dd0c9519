"""`shanzhi rule` from the file to the fold, on a real Kafka and PostgreSQL."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import pytest

from ledger.partition import partition_of
from ledger.reader import Reader
from ledger.topics import LEDGER, PARTITIONS, Topic
from projections.families import fingerprint
from projections.store.apply import Lane
from projections.store.cache import StateCache
from projections.store.connection import connect
from projections.store.generation import bind_topic, ensure_generation
from projections.store.migrate import migrate
from shanzhi.cli import app
from shanzhi.stack import Stack
from tests.integration.test_parties import Database, Shanzhi

FAR_OFF = "2150-01-01"  # the ledger is shared: nobody else's figures may change


@pytest.fixture(scope="module")
def database(stack: Stack) -> Iterator[Database]:
    made = Database(stack.endpoints.database_url, "rule_command")
    migrate(made.url)
    yield made
    made.close()


@pytest.fixture
def shanzhi(
    stack: Stack, database: Database, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Shanzhi:
    """`shanzhi("rule", "list")` in this process; no master key is given, and none is needed."""
    monkeypatch.setenv("DATABASE_URL", database.url)
    monkeypatch.setenv("KAFKA_BOOTSTRAP", stack.endpoints.kafka_bootstrap)
    monkeypatch.delenv("SHANZHI_MASTER_KEY", raising=False)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = app.run(list(arguments))
        return code, *capfd.readouterr()

    return run


def version(folder: Path, name: str, **changes: str) -> Path:
    """The shipped rule of credit under another version."""
    text = (files("projections.rules") / "presets" / "credit.one_act.toml").read_text(encoding="utf-8")
    for old, new in {'"2024-1"': f'"{name}"', **changes}.items():
        assert old in text
        text = text.replace(old, new)
    file = folder / "credit.toml"
    file.write_text(text, encoding="utf-8")
    return file


def fold(stack: Stack, database: Database) -> None:
    """What a worker does with the partition of the rule."""
    partition = partition_of(b"rule/credit", PARTITIONS)
    with closing(connect(database.url, "test of rules")) as connection:
        ensure_generation(connection, fingerprint())
        lane = Lane(database.url, fingerprint(), PARTITIONS, StateCache(), threading.Event())
        with closing(lane), Reader(stack.endpoints.kafka_bootstrap) as reader:
            for batch in reader.batches({partition: 0}, {partition: reader.ends[partition]}):
                lane.apply(batch)


def test_from_the_file_to_the_fold(stack: Stack, database: Database, shanzhi: Shanzhi, tmp_path: Path) -> None:
    code, out, said = shanzhi("rule", "list")
    assert (code, out) == (7, ""), said
    with closing(connect(database.url, "test of rules")) as connection:
        bind_topic(connection, Topic(LEDGER, "test", PARTITIONS))
        ensure_generation(connection, fingerprint())
    code, out, _ = shanzhi("rule", "list", "--json")
    listed = {(row["rule"], row["name"]): row["is_in_force"] for row in json.loads(out)["rows"]}
    assert (code, listed["three_rates", "analysis_code"], listed["three_rates", "zhungeer"]) == (0, True, False)

    name = f"v{time.time_ns()}"  # the ledger keeps what it was told
    file = version(tmp_path, name, **{"points_per_wish = 2 ": "points_per_wish = 3 "})
    code, out, said = shanzhi("rule", "adopt", str(file), "--from", FAR_OFF, "--by", "person/li-7f3a", "--json")
    assert (code, said) == (0, "")
    event = json.loads(out)["event"]
    assert (event["type"], event["subject"], event["authid"]) == ("rule.adopted", "rule/credit", "person/li-7f3a")

    fold(stack, database)
    code, out, _ = shanzhi("rule", "show", "credit", "--json")
    (row,) = [row for row in json.loads(out)["rows"] if row["version"] == name]
    assert (row["is_shipped"], row["is_in_force"], row["adopted_by"]) == (False, False, "person/li-7f3a")
    assert row["effective_from"] == "2149-12-31T16:00:00Z", "midnight in Shanghai"
    wish = next(one for one in row["figures"] if one["figure"] == "points_per_wish")
    assert (wish["value"], wish["is_assumed"]) == (3, True)
    code, out, _ = shanzhi("rule", "show", "credit")
    assert (code, name in out, "现行 in force" in out) == (0, True, True)
    assert shanzhi("rule", "list")[0] == 0


def test_what_can_not_be_adopted_is_refused_and_nothing_is_told(
    stack: Stack, shanzhi: Shanzhi, tmp_path: Path
) -> None:
    file = version(tmp_path, "x")
    with Reader(stack.endpoints.kafka_bootstrap) as reader:
        before = reader.ends
    for day in ("2024-7-1", "tomorrow", "2024-02-30"):
        assert shanzhi("rule", "adopt", str(file), "--from", day)[0] == 2
    broken = version(tmp_path, "x", **{"points_per_hour = 1": "points_per_hour = -1"})
    code, out, said = shanzhi("rule", "adopt", str(broken), "--from", FAR_OFF)
    assert (code, out) == (3, "")
    assert "points_per_hour" in said
    code, _, said = shanzhi("rule", "adopt", str(version(tmp_path, "x")), "--from", FAR_OFF, "--by", "13812345678")
    assert (code, "13812345678" in said) == (3, False)
    code, _, said = shanzhi("rule", "show", "fate")
    assert (code, "no rule is named fate" in said) == (3, True)
    with Reader(stack.endpoints.kafka_bootstrap) as reader:
        assert reader.ends == before
