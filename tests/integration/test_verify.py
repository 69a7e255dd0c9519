"""`verify` says of index, quarantine and every table whether it is what the ledger makes, and where it is not."""

from __future__ import annotations

import random
import re
import signal
import subprocess
import sys
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import msgspec
import psycopg2
import pytest

from audit import verify as verification
from audit.verify import Verified, verify
from ledger.errors import LedgerUnsound, StoreUnsound
from ledger.reader import Reader, RecordFetcher, fetch_records
from ledger.record import Batch
from ledger.topics import PARTITIONS
from projections.families import FAMILIES, TALLIES, fingerprint
from projections.store.migrate import migrate
from shanzhi.cli.app import run
from shanzhi.stack import Endpoints
from tests.conftest import ROOT
from tests.folded import CORRECTED, EVENTS, RECORDS_AT_ONCE, Folded, divided, fold

OWN = "verify_shuffled"


@pytest.fixture
def tables(folded: Folded) -> Iterator[Any]:
    """A cursor over the folded generation."""
    with closing(_opened(folded.endpoints)) as connection, connection.cursor() as cursor:
        cursor.execute(f"set search_path = {folded.generation}")
        yield cursor


def _opened(endpoints: Endpoints) -> Any:
    connection = psycopg2.connect(endpoints.database_url)
    connection.autocommit = True
    return connection


@pytest.fixture(scope="module")
def verified(folded: Folded) -> Verified:
    return verify(folded.endpoints.kafka_bootstrap, folded.endpoints.database_url)


def test_the_tables_are_what_the_ledger_makes(folded: Folded, verified: Verified, tables: Any) -> None:
    assert (verified.told(), verified.found) == ([], 0)
    written = folded.written
    events = written["event"] + written["correction"] + written["sample"]
    records = EVENTS + written["correction"] + written["sample"]
    told = (verified.records, verified.indexed, verified.repeats, verified.quarantined, verified.gaps)
    assert told == (records, events, written["repeat"], written["planted"], 0)
    names = [*(family.table for family in FAMILIES.values()), *(tally.table for tally in TALLIES)]
    assert list(verified.digests) == ["position", "anomaly", "deadline", "watermark", *names]
    columns = "sum(next), sum(indexed), sum(repeats), sum(quarantined), sum(gaps)"
    tables.execute(f"select {columns} from shanzhi.index_position")
    assert tables.fetchone() == told


def test_two_processes_say_the_same(folded: Folded, verified: Verified, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "SMALL_RECORDS", 0)
    progress: list[tuple[int, int]] = []
    again = verify(
        folded.endpoints.kafka_bootstrap,
        folded.endpoints.database_url,
        lambda done, total: progress.append((done, total)),
    )
    assert replace(again, seconds=0) == replace(verified, seconds=0)
    assert progress[-1] == (verified.records, verified.records)


def test_every_family_has_rows(tables: Any) -> None:
    """Tables without a row would be equal whatever the folds did. For tallies: `tests.faults.test_workers`."""
    empty = []
    for family in FAMILIES.values():
        tables.execute(f"select from {family.table} limit 1")
        empty += [] if tables.rowcount else [family.table]
    assert empty == []


@pytest.fixture(scope="module")
def shuffled(folded: Folded) -> Iterator[tuple[Endpoints, str]]:
    """The same ledger in a database of its own, partitions shuffled and cut otherwise; and its generation."""
    chance = random.Random(5)
    queues = {number: deque[Batch]() for number in range(PARTITIONS)}
    for batch in folded.delivered:
        queues[batch.partition].extend(divided(batch, chance.randint(20, RECORDS_AT_ONCE)))
    batches = []
    while waiting := [queue for queue in queues.values() if queue]:
        batches.append(chance.choice(waiting).popleft())
    with closing(_opened(folded.endpoints)) as connection, connection.cursor() as cursor:
        cursor.execute(f"create database {OWN}")
        endpoints = replace(folded.endpoints, database_url=f"{folded.endpoints.database_url.rpartition('/')[0]}/{OWN}")
        migrate(endpoints.database_url)
        yield endpoints, fold(endpoints, batches, Counter())
        cursor.execute(f"drop database {OWN} with (force)")


EDITS = [  # what somebody does by hand, and what is said of it (the tables of a generation name their first difference)
    (
        "update tally_case_day set handled = handled + 1 where ctid = (select min(ctid) from tally_case_day)",
        r"tally_case_day: place \S+, day \S+.*: handled is \d+ in 表 tables, \d+ in 总账 ledger",
    ),
    (
        "update entity_case set lookups = lookups + 1 where subject = (select min(subject) from entity_case)",
        r"entity_case: subject case/\S+: lookups is \d+ in 表 tables, \d+ in 总账 ledger \(events \d+:\d+.*\)",
    ),
    (
        "delete from tally_worker_day where ctid = (select min(ctid) from tally_worker_day)",
        r"tally_worker_day: \w+ \S+, .*: 仅在 only in 总账 ledger",
    ),
    (
        "delete from anomaly where ctid = (select min(ctid) from anomaly)",
        r"anomaly: partition \d+, ledger_offset \d+: 仅在 only in 总账 ledger \(events \d+:\d+\)",
    ),
    (
        "insert into entity_wish (subject) values ('wish/of-nobody')",
        r"entity_wish: subject wish/of-nobody: 仅在 only in 表 tables",
    ),
    (
        "update shanzhi.event_index_0 set content = sha256(content) "
        "where ledger_offset = (select min(ledger_offset) from shanzhi.event_index_0)",
        r"event_index: partition 0, ledger_offset \d+: content is [0-9a-f]{64} in 表 tables, [0-9a-f]{64} in "
        r"总账 ledger \(events 0:\d+\)",
    ),
    (
        "delete from shanzhi.event_index_5 where ledger_offset = (select max(ledger_offset) from shanzhi.event_index_5 "
        "where subject like 'unit/%' or subject like 'person/%')",
        r"event_index: partition 5, ledger_offset \d+: 仅在 only in 总账 ledger \(events 5:\d+\)",
    ),
    (
        "insert into shanzhi.event_index select 3, next + 7, gen_random_uuid(), '\\x00', 'case/forged', false "
        "from shanzhi.index_position where partition = 3",
        r"event_index: partition 3, ledger_offset \d+: 仅在 only in 表 tables \(events 3:\d+\)",
    ),
    (
        "update shanzhi.event_index_9 set (identity, subject) = (select identity, subject from shanzhi.event_index_8 "
        "order by 1 limit 1) where ledger_offset = (select min(ledger_offset) from shanzhi.event_index_9)",
        r"event_index: identity [0-9a-f-]{36}: 同一主体的同一身份在两个分区 one subject in two partitions "
        r"\(events 8:\d+, 9:\d+\)",
    ),
    (  # of another subject that is legal, and told as a notice; but it is not what the ledger says of this record
        "update shanzhi.event_index_10 set identity = (select identity from shanzhi.event_index_7 order by 1 limit 1) "
        "where ledger_offset = (select min(ledger_offset) from shanzhi.event_index_10)",
        r"event_index: partition 10, ledger_offset \d+: identity is .*",
    ),
    (
        "update shanzhi.quarantine set reason = 'future' where reason = 'unreadable'",
        r"quarantine: partition \d+, ledger_offset \d+: reason is future in 表 tables, unreadable in 总账 ledger "
        r"\(events \d+:\d+\)",
    ),
    (
        "delete from shanzhi.quarantine where reason = 'key_mismatch'",
        r"quarantine: partition \d+, ledger_offset \d+: 仅在 only in 总账 ledger \(events \d+:\d+\)",
    ),
    (
        "update shanzhi.index_position set repeats = repeats + 1 where partition = 2",
        r"index_position: partition 2: repeats is \d+ in 表 tables, \d+ in 总账 ledger",
    ),
]
FOLLOWS = r"event_index: partition 9, ledger_offset \d+: identity is .*"  # the doubled one is another record's


def test_every_kind_of_edit_is_found_and_named(
    verified: Verified,
    shuffled: tuple[Endpoints, str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """By hand, in another database on the same ledger, first while it is verified: that looks at a snapshot."""
    endpoints, generation = shuffled
    connection = _opened(endpoints)
    with closing(connection), connection.cursor() as cursor:
        cursor.execute(f"set search_path = {generation}")
        undone = [edit for edit, _ in EDITS]

        def edit_table(done: int, total: int) -> None:
            if len(undone) == len(EDITS):
                cursor.execute(undone.pop(0))

        before = verify(endpoints.kafka_bootstrap, endpoints.database_url, edit_table)
        assert (before.told(), before.digests) == ([], verified.digests)
        assert len(undone) == len(EDITS) - 1

        monkeypatch.setenv("KAFKA_BOOTSTRAP", endpoints.kafka_bootstrap)
        monkeypatch.setenv("DATABASE_URL", endpoints.database_url)
        assert run(["verify", "--index-only"]) == 0
        for edit in undone:
            cursor.execute(edit)
            assert cursor.rowcount == 1, edit
        capfd.readouterr()
        assert run(["verify", "--json"]) == 9
    found = msgspec.json.decode(capfd.readouterr().out)
    assert (found["equal"], found["found"]) == (False, len(found["differences"]))
    (notice,) = found["notices"]
    assert re.search(r"one source and id for two subjects, both count: \S+ \(events 10:\d+, 7:\d+\)|"
                     r"\(events 7:\d+, 10:\d+\)", notice)  # fmt: skip
    told = [one["told"] for one in found["differences"]]
    expected = [*(pattern for _, pattern in EDITS), FOLLOWS]
    assert [pattern for pattern in expected if not any(re.fullmatch(pattern, one) for one in told)] == [], told
    assert [one for one in told if not any(re.fullmatch(pattern, one) for pattern in expected)] == []


def test_corrected_streams_were_read_again(folded: Folded, tables: Any) -> None:
    assert folded.written["correction"] == CORRECTED
    assert sum(folded.read_again.values()) >= CORRECTED
    tables.execute("select reason, count(*) from anomaly where event like '%.corrected' group by 1")
    fits = CORRECTED * 2 // 3 - dict(tables.fetchall())["correction does not fit"]
    assert 0 < fits < CORRECTED * 2 // 3


def test_records_are_found_by_their_offsets(folded: Folded) -> None:
    wanted = {0, 1, 7, 120, 121}
    found = fetch_records(folded.endpoints.kafka_bootstrap, 3, wanted)
    assert found.keys() == wanted
    with closing(RecordFetcher(folded.endpoints.kafka_bootstrap)) as fetch:
        assert [fetch(3, wanted), fetch(3, ()), fetch(3, {7})] == [found, {}, {7: found[7]}]
    with Reader(folded.endpoints.kafka_bootstrap) as reader:
        (batch,) = reader.batches({3: 0}, {3: 122})
        assert found == {record.offset: record for record in batch.records if record.offset in wanted}
        assert reader.records(3, []) == {}
        with pytest.raises(LedgerUnsound, match="Partition 3 holds offsets"):
            reader.records(3, [reader.ends[3]])


SCHEMAS = "select nspname from pg_namespace where nspname ~ '^verify_' order by 1"
_KILLED = """
import os, signal, sys
from audit.verify import verify
verify(*sys.argv[1:], lambda done, total: os.kill(os.getpid(), signal.SIGKILL))
"""


def test_nothing_is_left_behind_even_of_a_killed_run(folded: Folded, tables: Any) -> None:
    endpoints = folded.endpoints
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, endpoints.kafka_bootstrap, endpoints.database_url], cwd=ROOT, timeout=60
    )
    assert killed.returncode == -signal.SIGKILL
    tables.execute(SCHEMAS)
    assert len(tables.fetchall()) == 1
    verify(endpoints.kafka_bootstrap, endpoints.database_url, index_only=True)
    tables.execute(SCHEMAS)
    assert tables.fetchall() == []


def test_one_verification_at_a_time(folded: Folded, tables: Any) -> None:
    tables.execute("select pg_advisory_lock(%s)", (verification.LOCK,))
    with pytest.raises(StoreUnsound, match="another verification"):
        verify(folded.endpoints.kafka_bootstrap, folded.endpoints.database_url)


def test_tables_of_other_folds_are_not_compared(folded: Folded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "fingerprint", lambda: "another")
    with pytest.raises(StoreUnsound, match=f"by other folds \\({fingerprint()}, these are another\\)"):
        verify(folded.endpoints.kafka_bootstrap, folded.endpoints.database_url)
