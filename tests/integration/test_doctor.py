"""`shanzhi doctor` on a database that is well, and on sick ones: what it says, its remedies, its exit code."""

from __future__ import annotations

import io
import re
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import psycopg2
import pytest
from psycopg2.extras import wait_select

from audit.seal_file import SealFile
from audit.seals import Part, Signer, make_seal
from processors.readiness import OTHER_FOLDS
from projections.families import fingerprint
from projections.read.receipts import TableReceipts
from projections.store.generation import ensure_generation
from projections.store.migrate import migrate
from projections.store.roles import install_roles
from shanzhi import gateway
from shanzhi.cli.app import run
from shanzhi.doctor import database, examination, servers
from shanzhi.doctor.check import Finding
from shanzhi.doctor.examination import CHECKS, examine
from shanzhi.doctor.scene import Scene
from shanzhi.endpoints import find
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
    """A database of our own beside the same ledger, indexed to its end, with tables that say so and are empty; and a
    cursor."""
    url = folded.endpoints.database_url
    with closing(psycopg2.connect(url)) as above, above.cursor() as cursor:
        above.autocommit = True
        cursor.execute(f"create database {OWN}")
        own = f"{url.rpartition('/')[0]}/{OWN}"
        migrate(own)
        with closing(psycopg2.connect(own)) as connection, connection.cursor() as inner:
            ensure_generation(connection, fingerprint())
            install_roles(inner)
            connection.commit()
            connection.autocommit = True
            for table in ("index_position", "event_index", "quarantine"):
                _copy(cursor, inner, f"shanzhi.{table}")
            inner.execute("update generation_1.position set next = read.next from shanzhi.index_position read "
                          "where read.partition = position.partition")  # fmt: skip
            yield Endpoints(folded.endpoints.kafka_bootstrap, own), inner
        cursor.execute(f"drop database {OWN} with (force)")


def _copy(source: Any, target: Any, table: str) -> None:
    held = io.StringIO()
    source.copy_expert(f"copy (select * from {table}) to stdout", held)
    held.seek(0)
    target.copy_expert(f"copy {table} from stdin", held)


def found(endpoints: Endpoints) -> dict[str, Finding]:
    return {one.check.name: one.finding for one in examine(read_settings(), endpoints)}


def looked(endpoints: Endpoints, name: str) -> Finding:
    """One check alone, whatever those before it would say."""
    (one,) = (one for one in CHECKS if one.name == name)
    with Scene(read_settings(), endpoints) as scene:
        return examination._looked(one, scene)


def test_a_database_that_is_well_has_nothing_wrong(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--json"]) == 0
    told = {one["check"]: one for one in msgspec.json.decode(capfd.readouterr().out)}
    assert list(told) == [one.name for one in CHECKS]
    assert {one["state"] for one in told.values()} == {"ok", "notice"}
    assert all(one["remedy"] for one in told.values() if one["state"] == "notice")
    assert told["quarantine"]["figures"]["waiting"] == {"key_mismatch": 1, "schema_broken": 1, "unreadable": 1}
    assert told["sample"]["figures"]["records"] >= 12 * 50
    assert told["leaders"]["figures"]["missing"] == ["clock", "decider", "relay", "notices", "sealer"]
    assert (told["lag"]["figures"]["records"], told["lag"]["state"]) == (0, "notice"), "nobody folds here"


def test_it_is_printed_with_its_remedies(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor"]) == 0
    shown = capfd.readouterr()
    assert re.search(r"✓ Kafka 是否应答 · Kafka answers: 127\.0\.0\.1:\d+\n", shown.out)
    assert "→ 逐条处理：shanzhi quarantine list --open" in shown.out
    assert re.search(r"\d+ 项 checks: 0 项有误 wrong, \d 项提醒 to know, 0 项未能检查", shown.err)


LAST = "partition = 3 and ledger_offset = (select max(ledger_offset) from shanzhi.event_index where partition = 3)"
PUBLISHER = (
    "insert into shanzhi.publisher (id, name, sources, changed_at) values ('quiet', '甲', '{{urn:x}}', now()){more}"
)
REQUEST = (
    "insert into shanzhi.request (id, kind, key, subject, cause_id, cause_source, time, stamp, partition, "
    "ledger_offset, details{columns}) select gen_random_uuid(), '{kind}', '', 'case/1', 'i', 's', stood, stood, 0, 0, "
    "'{{}}'{values} from (select now() - interval '1 hour' as stood) ago"
)
ACCOUNT = (
    "insert into shanzhi.account (name, shown_name, person, password_hash, is_initial) "
    "values ('li', '李', 'person/li', '', false)"
)
SICK = [  # what is wrong, how it is put right, which check says so, with which exit code (0: a notice) and words
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
        f"update shanzhi.event_index set subject = 'case/of-nobody-' || subject where {LAST}",
        f"update shanzhi.event_index set subject = replace(subject, 'case/of-nobody-', '') where {LAST}",
        ("sample", 7, "differences in 3:", "rebuild --index"),
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
        f"alter database {OWN} set synchronous_commit = off",
        f"alter database {OWN} reset synchronous_commit",
        ("durability", 7, "synchronous_commit = off", "alter system reset"),
    ),
    (
        "alter table shanzhi.outbox set (autovacuum_enabled = false)",
        "alter table shanzhi.outbox reset (autovacuum_enabled)",
        ("vacuum", 0, "shanzhi.outbox", "reset (autovacuum_enabled)"),
    ),
    (
        "update pg_index set indisvalid = false where indexrelid = 'shanzhi.outbox_pkey'::regclass",
        "update pg_index set indisvalid = true where indexrelid = 'shanzhi.outbox_pkey'::regclass",
        ("indexes", 7, "outbox_pkey", "reindex"),
    ),
    (
        "revoke usage on schema read_v1 from shanzhi_reader",
        "grant usage on schema read_v1 to shanzhi_reader",
        ("contract", 0, "can't read yet", "Restart a worker"),
    ),
    (
        "create table kept as select * from shanzhi.rule_version; "
        "delete from shanzhi.rule_version where rule = 'clocks'",
        "insert into shanzhi.rule_version select * from kept where rule = 'clocks'; drop table kept",
        ("rules", 7, "missing: clocks", "Restart a worker"),
    ),
    (
        "insert into shanzhi.outbox (source, id, subject, value, depth, made_at) "
        "values ('s', 'i', 'case/1', '', 0, now() - interval '1 hour')",
        "delete from shanzhi.outbox",
        ("outbox", 8, "360", "shanzhi relay"),
    ),
    (
        REQUEST.format(kind="dispatch", columns="", values=""),
        "delete from shanzhi.request",
        ("requests", 8, "1 条，最早 360", "shanzhi decider"),
    ),
    (
        REQUEST.format(kind="notice", columns="", values=""),
        "delete from shanzhi.request",
        ("notices", 8, "1 条，最早 360", "shanzhi notices"),
    ),
    (
        REQUEST.format(kind="dispatch", columns=", outcome", values=", 'undecided: no grid'"),
        "delete from shanzhi.request",
        ("undecided", 0, "undecided: no grid ×1", "Register what is missing"),
    ),
    (
        "insert into generation_1.deadline (subject, clock, key, started_at, recorded_at, span_class, due, pauses) "
        "select 'case/9', 'handle', '', since, since, '', since + interval '1 hour', '[]' "
        "from (select now() - interval '3 hours' as since) ago",
        "delete from generation_1.deadline",
        ("clock", 8, "1 条，最早 720", "shanzhi clock"),
    ),
    (
        "insert into shanzhi.forgotten (owner, forgotten_at, basis, decided_by, event) "
        "values ('person/1', now(), '申请', 'unit/x', '{}')",
        "delete from shanzhi.forgotten",
        ("forgetting", 8, "1 人", "Run it again"),
    ),
    (
        f"{ACCOUNT}; insert into shanzhi.forgotten (owner, forgotten_at, basis, decided_by) "
        "values ('person/li', now(), '申请', 'unit/x')",
        "delete from shanzhi.account; delete from shanzhi.forgotten",
        ("accounts", 2, "li: 其人已被遗忘", "shanzhi account"),
    ),
    (ACCOUNT, "delete from shanzhi.account", ("accounts", 0, "without a role", "give it a role")),
    (
        PUBLISHER.format(more=""),
        "delete from shanzhi.publisher",
        ("publisher_keys", 0, "quiet: 14 天内无有效密钥", "publisher rotate"),
    ),
    (
        PUBLISHER.format(more="; insert into shanzhi.publisher_key (sha256, publisher) values (sha256('k'), 'quiet')"),
        "delete from shanzhi.publisher_key; delete from shanzhi.publisher",
        ("publisher_keys", 0, "does not know yet", "announces it"),
    ),
    (
        "insert into shanzhi.seal values (1, now() - interval '2 hours', 1, '')",
        "delete from shanzhi.seal",
        ("seals", 8, "the last seal was 120 min ago", "shanzhi sealer"),
    ),
    (
        "create table kept as select * from shanzhi.calendar_day; delete from shanzhi.calendar_day",
        "insert into shanzhi.calendar_day select * from kept; drop table kept",
        ("calendar", 7, "this year is not loaded", "shanzhi calendar load"),
    ),
    (
        "alter table shanzhi.access_log disable trigger keep_rows",
        "alter table shanzhi.access_log enable trigger keep_rows",
        ("access_log", 7, "can be changed", "triggers back"),
    ),
    (
        "alter role shanzhi_relay superuser",
        "alter role shanzhi_relay nosuperuser",
        ("roles", 7, "shanzhi_relay", "Take it back"),
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
    assert looked(endpoints, name).exit_code == 0
    cursor.execute(wrong)
    try:
        one = looked(endpoints, name)
    finally:
        cursor.execute(right.replace("{topic}", topic))
    assert (one.state, one.exit_code) == ("bad" if exit_code else "notice", exit_code), one
    assert what in one.what
    assert remedy in one.remedy and one.remedy


def test_who_holds_a_lock_that_others_wait_for_is_named(
    sick: tuple[Endpoints, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a transaction that stays open."""
    endpoints, _ = sick
    monkeypatch.setattr(database, "BLOCKED_SECONDS", 0)
    monkeypatch.setattr(database, "LONG_SECONDS", 0)
    statement = "lock table shanzhi.closing"
    with (
        closing(psycopg2.connect(endpoints.database_url, application_name="the holder")) as holder,
        closing(psycopg2.connect(endpoints.database_url, application_name="the waiter", async_=True)) as waiter,
        holder.cursor() as holding,
    ):
        holding.execute(statement)
        wait_select(waiter)
        waiter.cursor().execute(f"begin; {statement}")
        deadline = time.monotonic() + 10
        while (one := looked(endpoints, "blocked")).state == "ok" and time.monotonic() < deadline:
            time.sleep(0.05)
        assert (one.state, one.figures["pid"]) == ("bad", holder.info.backend_pid)
        assert "the waiter" in one.what
        assert "the holder" in looked(endpoints, "transactions").what


def test_a_file_of_seals_that_is_ahead_of_the_database_is_said(
    sick: tuple[Endpoints, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As after the database was taken back to an older state; and another key is not taken for the one that signed."""
    endpoints, cursor = sick
    signer, parts = Signer(bytes(32)), [Part(0, "")] * 12
    first = make_seal(None, "ledger", parts, datetime.now(UTC), signer)
    seals = [first, make_seal(first, "ledger", parts, datetime.now(UTC), signer)]
    monkeypatch.setenv("SHANZHI_SEAL_FILE", str(tmp_path / "seals.jsonl"))
    monkeypatch.setenv("SHANZHI_SEAL_KEY", urlsafe_b64encode(bytes(31) + b"x").decode())
    with SealFile(tmp_path / "seals.jsonl").appending() as file:
        file.add(seals)
    insert = "insert into shanzhi.seal (number, made_at, records, line) values (%s, now(), 0, %s)"
    try:
        cursor.execute(insert, (1, first.line))
        ahead, key = looked(endpoints, "seal_file"), looked(endpoints, "seal_key")
        cursor.execute(insert, (2, seals[1].line))
        level = looked(endpoints, "seal_file")
    finally:
        cursor.execute("delete from shanzhi.seal")
    assert (ahead.state, ahead.exit_code, "the database lacks seal 2" in ahead.what) == ("bad", 7, True)
    assert (key.state, "another one signed" in key.what) == ("notice", True)
    assert level.state == "ok"


AROUND = [  # a variable, the check that says it, and what it says
    ("SHANZHI_GATEWAY", "http://127.0.0.1:1", ("gateway", 4, "does not answer")),
    ("SHANZHI_DASHBOARD_PORT", "1", ("dashboard", 4, "does not answer")),
    ("SHANZHI_PAGES_KEY", f"shz_{'x' * 43}", ("pages_key", 2, "no valid key")),
    ("KAFKA_BOOTSTRAP", "127.0.0.1:1", ("kafka", 4, "does not answer")),
    ("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none", ("postgres", 4, "PostgreSQL does not answer")),
]


@pytest.mark.parametrize("variable, value, said", AROUND, ids=[said[0] for _, _, said in AROUND])
def test_what_is_away_is_said(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: tuple[str, int, str]
) -> None:
    monkeypatch.setenv(variable, value)
    settings = read_settings()
    one = looked(find(settings), said[0])
    assert (one.state, one.exit_code) == ("bad", said[1]), one
    assert said[2] in one.what


def test_a_database_of_another_encoding_is_no_place_for_names(folded: Folded) -> None:
    url = folded.endpoints.database_url
    with closing(psycopg2.connect(url)) as above, above.cursor() as cursor:
        above.autocommit = True
        cursor.execute("create database latin encoding 'LATIN1' locale_provider libc locale 'C' template template0")
        one = looked(Endpoints("", f"{url.rpartition('/')[0]}/latin"), "encoding")
        cursor.execute("drop database latin with (force)")
    assert (one.state, one.exit_code, one.what) == ("bad", 7, "server_encoding = LATIN1")


def test_what_depends_on_what_is_wrong_is_not_asked(folded: Folded, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kafka away: the tables still say theirs."""
    monkeypatch.setattr(servers, "await_broker", _refused)
    states = {name: one.state for name, one in found(folded.endpoints).items()}
    assert [name for name, state in states.items() if state == "bad"] == ["kafka"]
    unknown = ["brokers", "replicas", "topic", "log", "stamps", "intake", "intake_lag", "broker_disk", "sample", "lag"]
    assert [name for name, state in states.items() if state == "unknown"] == unknown


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
