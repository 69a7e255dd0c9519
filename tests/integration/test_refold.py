"""A fresh fold of a real ledger says of every table whether it is what the ledger makes, and where it is not."""

from __future__ import annotations

import random
import re
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import psycopg2
import pytest

from ledger.errors import LedgerUnsound, StoreUnsound
from ledger.reader import Reader, RecordFetcher, fetch_records
from ledger.record import Batch
from ledger.topics import PARTITIONS
from projections.families import FAMILIES, TALLIES, fingerprint
from projections.store import refold
from projections.store.comparison import Comparison
from projections.store.migrate import migrate
from projections.store.refold import compare
from tests.folded import CORRECTED, EVENTS, RECORDS_AT_ONCE, Folded, divided, fold

PERMANENT = ["event_index", "quarantine", "index_position", "position", "anomaly", "deadline", "watermark"]


@pytest.fixture
def tampered(folded: Folded) -> Iterator[Any]:
    """A cursor whose changes are undone after the test, one table by one."""
    with closing(psycopg2.connect(folded.endpoints.database_url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"set search_path = {folded.generation}")
            yield cursor


def compared(folded: Folded) -> Comparison:
    return compare(folded.endpoints.kafka_bootstrap, folded.endpoints.database_url)


def test_the_tables_are_what_the_ledger_makes(folded: Folded, tampered: Any) -> None:
    progress: list[tuple[int, int]] = []
    comparison = compare(
        folded.endpoints.kafka_bootstrap,
        folded.endpoints.database_url,
        lambda done, total: progress.append((done, total)),
    )
    assert comparison.differences == []
    assert comparison.equal
    records = EVENTS + folded.written["correction"] + folded.written["sample"]
    assert comparison.records == records
    assert progress[-1] == (records, records)
    tables = [*(family.table for family in FAMILIES.values()), *(tally.table for tally in TALLIES)]
    assert list(comparison.digests) == [*PERMANENT, *tables]

    tampered.execute(
        "select sum(next), sum(indexed), sum(repeats), sum(quarantined), sum(gaps) from shanzhi.index_position"
    )
    written = folded.written
    events = written["event"] + written["correction"] + written["sample"]
    assert tampered.fetchone() == (records, events, written["repeat"], written["planted"], 0)


def test_every_family_has_rows(folded: Folded, tampered: Any) -> None:
    """Tables without a row would be equal whatever the folds did. For tallies: `tests.faults.test_workers`."""
    empty = []
    for family in FAMILIES.values():
        tampered.execute(f"select from {family.table} limit 1")
        empty += [] if tampered.rowcount else [family.table]
    assert empty == []


def test_partitions_shuffled_and_cut_otherwise_make_the_same_tables(folded: Folded, tampered: Any) -> None:
    """In another database on the same ledger; its tables are compared with a fresh fold as well."""
    chance = random.Random(5)
    queues = {number: deque[Batch]() for number in range(PARTITIONS)}
    for batch in folded.delivered:
        queues[batch.partition].extend(divided(batch, chance.randint(20, RECORDS_AT_ONCE)))
    shuffled = []
    while waiting := [queue for queue in queues.values() if queue]:
        shuffled.append(chance.choice(waiting).popleft())
    tampered.execute("create database shuffled")
    endpoints = replace(folded.endpoints, database_url=folded.endpoints.database_url.rpartition("/")[0] + "/shuffled")
    migrate(endpoints.database_url)
    fold(endpoints, shuffled, Counter())

    comparison = compare(endpoints.kafka_bootstrap, endpoints.database_url)

    assert comparison.differences == []
    assert comparison.digests == compared(folded).digests


def test_corrected_streams_were_read_again(folded: Folded, tampered: Any) -> None:
    assert folded.written["correction"] == CORRECTED
    assert sum(folded.read_again.values()) >= CORRECTED
    tampered.execute("select reason, count(*) from anomaly where event like '%.corrected' group by 1")
    fits = CORRECTED * 2 // 3 - dict(tampered.fetchall())["correction does not fit"]
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


def test_a_comparison_leaves_no_trace(folded: Folded, tampered: Any) -> None:
    schemas = "select nspname from pg_namespace where nspname not like 'pg_%' order by 1"
    tampered.execute(schemas)
    before = tampered.fetchall()
    compared(folded)
    tampered.execute(schemas)
    assert tampered.fetchall() == before


CHANGES = [
    ("tally_case_day", "update tally_case_day set handled = handled + 1", "handled = handled - 1"),
    (
        "tally_duty_party",
        "update tally_duty_party set contributors = contributors - 1",
        "contributors = contributors + 1",
    ),
    ("entity_case", "update entity_case set lookups = lookups + 1", "lookups = lookups - 1"),
]


@pytest.mark.parametrize("table, change, back", CHANGES, ids=[one[0] for one in CHANGES])
def test_one_wrong_cell_is_found_and_named(folded: Folded, tampered: Any, table: str, change: str, back: str) -> None:
    tampered.execute(f"select ctid from {table} limit 1")
    (row,) = tampered.fetchone()
    tampered.execute(f"{change} where ctid = %s returning ctid", (row,))
    (row,) = tampered.fetchone()
    try:
        (difference,) = compared(folded).differences
    finally:
        tampered.execute(f"update {table} set {back} where ctid = %s", (row,))
    column = back.partition(" ")[0]
    assert re.match(rf"{table}: \w+ \S.*: {column} is \d+, a fresh fold says \d+\Z", difference), difference


DELETED = ["entity_case", "tally_worker_day", "anomaly", "shanzhi.quarantine", "shanzhi.event_index"]


@pytest.mark.parametrize("table", DELETED)
def test_one_lost_row_is_found_and_named(folded: Folded, tampered: Any, table: str) -> None:
    tampered.execute(f"create temporary table lost as select * from {table} order by 1, 2 limit 1")
    lost = "partition, ledger_offset" if "." in table or table == "anomaly" else "lost.*::text"
    own = "partition, ledger_offset" if "." in table or table == "anomaly" else "kept.*::text"
    tampered.execute(f"delete from {table} kept where ({own}) in (select {lost} from lost)")
    assert tampered.rowcount == 1
    try:
        (difference,) = compared(folded).differences
    finally:
        tampered.execute(f"insert into {table} select * from lost; drop table lost")
    name = table.rpartition(".")[2]
    assert re.match(rf"{name}: only in the fresh fold: (partition|subject|person) \S", difference), difference


def test_one_changed_index_row_is_found_and_named(folded: Folded, tampered: Any) -> None:
    where = "where partition = 0 and ledger_offset = (select min(ledger_offset) from shanzhi.event_index_0)"
    tampered.execute(f"select content from shanzhi.event_index {where}")
    (content,) = tampered.fetchone()
    tampered.execute(f"update shanzhi.event_index set content = sha256(content) {where}")
    try:
        (difference,) = compared(folded).differences
    finally:
        tampered.execute(f"update shanzhi.event_index set content = %s {where}", (content,))
    named = r"event_index: partition 0, ledger_offset \d+: content is [0-9a-f]{64}, a fresh fold says [0-9a-f]{64}\Z"
    assert re.match(named, difference), difference


def test_a_wrong_count_of_repeats_is_found_and_named(folded: Folded, tampered: Any) -> None:
    tampered.execute("update shanzhi.index_position set repeats = repeats + 1 where partition = 3")
    try:
        (difference,) = compared(folded).differences
    finally:
        tampered.execute("update shanzhi.index_position set repeats = repeats - 1 where partition = 3")
    assert re.match(r"index_position: partition 3: repeats is \d+, a fresh fold says \d+\Z", difference), difference


def test_nothing_is_found_any_more_once_all_of_that_is_put_right(folded: Folded) -> None:
    assert compared(folded).differences == []


def test_tables_of_other_folds_are_not_compared(folded: Folded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refold, "fingerprint", lambda: "another")
    with pytest.raises(StoreUnsound, match=f"by other folds \\({fingerprint()}, these are another\\)"):
        compared(folded)
