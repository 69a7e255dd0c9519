"""`shanzhi doctor` on a database that is well, and on sick ones: what it says, its remedies, its exit code."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import psycopg2
import pytest

from processors.readiness import OTHER_FOLDS
from projections.families import fingerprint
from projections.read.receipts import TableReceipts
from projections.store.migrate import migrate
from shanzhi import gateway
from shanzhi.cli.app import run
from shanzhi.doctor import servers
from shanzhi.doctor.check import Finding
from shanzhi.doctor.examination import CHECKS, examine
from shanzhi.settings import read_settings
from shanzhi.stack import Endpoints
from tests.folded import Folded

KEY = urlsafe_b64encode(bytes(64)).decode()
OWN = "doctor"


@pytest.fixture(autouse=True)
def _environment(folded: Folded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP", folded.endpoints.kafka_bootstrap)
    monkeypatch.setenv("DATABASE_URL", folded.endpoints.database_url)
    monkeypatch.setenv("SHANZHI_MASTER_KEY", KEY)


@pytest.fixture(scope="module")
def sick(folded: Folded) -> Iterator[tuple[Endpoints, Any]]:
    """A database of our own beside the same ledger, whose tables say that they were folded to its end; and a cursor."""
    url = folded.endpoints.database_url
    with closing(psycopg2.connect(url)) as above, above.cursor() as cursor:
        above.autocommit = True
        cursor.execute(f"create database {OWN}")
        own = f"{url.rpartition('/')[0]}/{OWN}"
        migrate(own)
        cursor.execute("select partition, topic_id, next, indexed, repeats, quarantined from shanzhi.index_position")
        rows = cursor.fetchall()
        with closing(psycopg2.connect(own)) as connection, connection.cursor() as inner:
            connection.autocommit = True
            _fill(inner, rows)
            yield Endpoints(folded.endpoints.kafka_bootstrap, own), inner
        cursor.execute(f"drop database {OWN} with (force)")


def _fill(cursor: Any, rows: list[tuple[Any, ...]]) -> None:
    cursor.executemany(
        "insert into shanzhi.index_position (partition, topic_id, next, indexed, repeats, quarantined) "
        "values (%s, %s, %s, %s, %s, %s)",
        rows,
    )
    cursor.execute("create schema generation_1; create table generation_1.position (partition int, next bigint)")
    cursor.execute("insert into generation_1.position select partition, next from shanzhi.index_position")
    cursor.execute("insert into shanzhi.generation (name, fingerprint) values ('generation_1', %s)", (fingerprint(),))
    cursor.execute("insert into shanzhi.current (generation) values ('generation_1')")


def found(endpoints: Endpoints) -> dict[str, Finding]:
    return {one.check.name: one.finding for one in examine(read_settings(), endpoints)}


def test_a_database_that_is_well_has_nothing_wrong(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--json"]) == 0
    told = {one["check"]: one for one in msgspec.json.decode(capfd.readouterr().out)}
    assert list(told) == [one.name for one in CHECKS]
    assert {one["state"] for one in told.values()} == {"ok", "notice"}
    assert all(one["remedy"] for one in told.values() if one["state"] == "notice")
    assert told["quarantine"]["figures"]["waiting"] == {"key_mismatch": 1, "schema_broken": 1, "unreadable": 1}
    assert told["leaders"]["figures"]["missing"] == ["clock", "decider", "relay", "notices", "sealer"]
    assert (told["lag"]["figures"]["records"], told["lag"]["state"]) == (0, "notice"), "nobody folds here"


def test_it_is_printed_with_its_remedies(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor"]) == 0
    shown = capfd.readouterr()
    assert re.search(r"✓ Kafka 是否应答 · Kafka answers: 127\.0\.0\.1:\d+\n", shown.out)
    assert "→ shanzhi quarantine list --open" in shown.out
    assert re.search(r"\d+ 项 checks: 0 项有误 wrong, \d 项提醒 to know, 0 项未能检查", shown.err)


SICK = [  # what is wrong, how it is put right, which check says so, with which exit code and words
    (
        "update shanzhi.generation set fingerprint = 'older'",
        f"update shanzhi.generation set fingerprint = '{fingerprint()}'",
        ("folds", 7, "older", "shanzhi rebuild"),
    ),
    (
        "update shanzhi.index_position set repeats = repeats + 1 where partition = 4",
        "update shanzhi.index_position set repeats = repeats - 1 where partition = 4",
        ("index", 7, "4: -1", "rebuild --index"),
    ),
    (
        "update generation_1.position set next = next - 3 where partition = 5",
        "update generation_1.position set next = next + 3 where partition = 5",
        ("lag", 8, "3 条 records, 分区 partitions 5: 3", "shanzhi worker"),
    ),
    (
        "update shanzhi.index_position set next = next + 1, gaps = gaps + 1 where partition = 6",
        "update shanzhi.index_position set next = next - 1, gaps = gaps - 1 where partition = 6",
        ("log", 5, "the ledger lost its tail", "Restore"),
    ),
    (
        "update shanzhi.index_position set topic_id = 'another'",
        "update shanzhi.index_position set topic_id = '{topic}'",
        ("topic", 5, "was made anew", "Restore"),
    ),
    (
        "delete from public._yoyo_migration where migration_id = '0008_undecided'",
        "insert into public._yoyo_migration (migration_hash, migration_id, applied_at_utc) "
        "values ('x', '0008_undecided', now())",
        ("migrations", 7, "0008_undecided", "shanzhi up"),
    ),
    (
        "insert into shanzhi.outbox (source, id, subject, value, depth, made_at) "
        "values ('s', 'i', 'case/1', '', 0, now() - interval '1 hour')",
        "delete from shanzhi.outbox",
        ("outbox", 8, "360", "shanzhi relay"),
    ),
    (
        "create table kept as select * from shanzhi.calendar_day; delete from shanzhi.calendar_day",
        "insert into shanzhi.calendar_day select * from kept; drop table kept",
        ("calendar", 7, "this year is not loaded", "shanzhi calendar load"),
    ),
    (
        "insert into vault.master_key (id, proof) values (1, 'of another key')",
        "delete from vault.master_key",
        ("vault", 6, "", ""),
    ),
]


@pytest.mark.parametrize("wrong, right, said", SICK, ids=[said[0] for _, _, said in SICK])
def test_what_is_wrong_is_said_with_its_remedy(
    sick: tuple[Endpoints, Any], wrong: str, right: str, said: tuple[str, int, str, str]
) -> None:
    endpoints, cursor = sick
    name, exit_code, what, remedy = said
    cursor.execute("select max(topic_id) from shanzhi.index_position")
    (topic,) = cursor.fetchone()
    cursor.execute(wrong)
    try:
        one = found(endpoints)[name]
    finally:
        cursor.execute(right.replace("{topic}", topic))
    assert (one.state, one.exit_code) == ("bad", exit_code), one
    assert what in one.what
    assert remedy in one.remedy and one.remedy


def test_what_depends_on_what_is_wrong_is_not_asked(folded: Folded, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kafka away: the tables still say theirs."""
    monkeypatch.setattr(servers, "await_broker", _refused)
    states = {name: one.state for name, one in found(folded.endpoints).items()}
    assert [name for name, state in states.items() if state == "bad"] == ["kafka"]
    assert [name for name, state in states.items() if state == "unknown"] == ["topic", "log", "lag"]


def _refused(bootstrap: str, wait_seconds: float) -> None:
    raise ConnectionRefusedError


def test_the_exit_code_is_that_of_the_first_that_is_wrong(
    sick: tuple[Endpoints, Any], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    endpoints, cursor = sick
    monkeypatch.setenv("DATABASE_URL", endpoints.database_url)
    cursor.execute("update shanzhi.generation set fingerprint = 'older'")
    try:
        assert run(["doctor"]) == 7
    finally:
        cursor.execute("update shanzhi.generation set fingerprint = %s", (fingerprint(),))
    shown = capfd.readouterr().out
    assert "✗ 折叠版本 · fold version: generation_1 由 older 折叠" in shown
    assert "? 漏报的发布方 · silent publishers: 先看 · first: folds" in shown


def test_the_gateway_knows_when_other_folds_made_the_tables(folded: Folded, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is ready all the same: publishing needs no tables."""
    front = cast(Any, SimpleNamespace(trouble=None))
    with closing(TableReceipts(folded.endpoints.database_url)) as receipts:
        readiness = gateway._Readiness(folded.endpoints.kafka_bootstrap, receipts, front)
        assert (readiness.ask(), readiness.remark) == (None, None)
        monkeypatch.setattr(gateway, "fingerprint", lambda: "another")
        readiness = gateway._Readiness(folded.endpoints.kafka_bootstrap, receipts, front)
        assert (readiness.ask(), readiness.remark) == (None, OTHER_FOLDS)
