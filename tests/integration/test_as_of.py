"""The ledger as of a moment: the same tables as a fold of only what had happened, or was recorded, before it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2
import pytest

from audit import as_of
from audit.as_of import AsOf, fold_as_of
from audit.comparison import Side, compare_tables
from ledger.codec import EPOCH, Examiner, Sound
from ledger.record import Batch, RawRecord
from ledger.topics import PARTITIONS
from projections.families import TALLIES
from projections.family import State
from projections.read import QuestionRefused
from projections.store.columns import tally_names
from projections.store.connection import connect
from projections.store.load import load_states
from projections.store.memory import MemoryStore
from shanzhi.cli import app
from tests.folded import Folded

Shanzhi = Callable[..., tuple[int, str, str]]
HAPPENED = datetime(2024, 3, 2, tzinfo=UTC)


@pytest.fixture
def cursor(folded: Folded) -> Iterator[Any]:
    with closing(psycopg2.connect(folded.endpoints.database_url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor


@pytest.fixture
def shanzhi(folded: Folded, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Shanzhi:
    monkeypatch.setenv("DATABASE_URL", folded.endpoints.database_url)
    monkeypatch.setenv("KAFKA_BOOTSTRAP", folded.endpoints.kafka_bootstrap)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = app.run(list(arguments))
        return code, *capfd.readouterr()

    return run


def folded_as_of(folded: Folded, time: datetime | None, *, is_recorded: bool, schema: str) -> AsOf:
    url, bootstrap = folded.endpoints.database_url, folded.endpoints.kafka_bootstrap
    return fold_as_of(url, bootstrap, time, is_recorded=is_recorded, schema=schema, processes=1)


def drop(folded: Folded, made: AsOf) -> None:
    as_of.drop(folded.endpoints.database_url, made.schema)


def test_as_of_now_by_recorded_time_is_what_the_tables_are(folded: Folded, cursor: Any) -> None:
    made = folded_as_of(folded, None, is_recorded=True, schema="as_of_now")
    with closing(psycopg2.connect(folded.endpoints.database_url)) as connection, connection.cursor() as side:
        comparison = compare_tables(Side(side, folded.generation), Side(side, made.schema))
        assert [one.told("live", "as of now") for one in comparison.differences] == []
        assert len(comparison.digests) > 100
    drop(folded, made)


def before(folded: Folded, is_early: Callable[[int, RawRecord], bool]) -> MemoryStore:
    """The other implementation of the store, over only those records."""
    store = MemoryStore(PARTITIONS)
    for batch in folded.delivered:
        early = [raw for raw in batch.records if is_early(batch.partition, raw)]
        if early:
            store.apply(Batch(batch.partition, early, sought=0))
    return store


def assert_same(cursor: Any, schema: str, store: MemoryStore) -> None:
    cursor.execute(f"set search_path = {schema}")
    with closing(connect(_url(cursor), "shanzhi as-of test")) as connection, connection.cursor() as decoding:
        decoding.execute(f"set search_path = {schema}")
        states: dict[str, State] = load_states(decoding, set(store.entities), {})
    assert states == store.entities
    for tally in TALLIES:
        names = tally_names(tally)
        cursor.execute(f"select {', '.join(names)} from {tally.table}")
        keys = len(tally.key)
        found = {row[:keys]: tuple(row[keys:]) for row in cursor.fetchall()}
        assert found == store.tallies.get(tally.table, {}), tally.table
    cursor.execute("select partition, ledger_offset, reason from anomaly")
    assert {(one[0], one[1]): one[2] for one in cursor.fetchall()} == {
        key: row.reason for key, row in store.anomalies.items()
    }


def _url(cursor: Any) -> str:
    return str(cursor.connection.dsn) + f" password={cursor.connection.info.password}"


def test_as_of_an_event_time_leaves_out_what_had_not_happened(folded: Folded, cursor: Any) -> None:
    examiner = Examiner(PARTITIONS)

    def happened(partition: int, raw: RawRecord) -> bool:
        said = examiner.examine(raw, partition)
        return isinstance(said, Sound) and said.record is not None and said.record.time < HAPPENED

    made = folded_as_of(folded, HAPPENED, is_recorded=False, schema="as_of_happened")
    store = before(folded, happened)
    assert len(store.entities) > 200
    assert_same(cursor, made.schema, store)
    drop(folded, made)


def test_as_of_a_recorded_time_is_the_beginning_of_each_partition(folded: Folded, cursor: Any) -> None:
    stamps = sorted(raw.timestamp for batch in folded.delivered for raw in batch.records)
    middle = stamps[len(stamps) // 2]
    ends = {number: 0 for number in range(PARTITIONS)}
    for batch in folded.delivered:  # in order within a partition
        for raw in batch.records:
            if ends[batch.partition] == raw.offset and raw.timestamp < middle:
                ends[batch.partition] = raw.offset + 1

    made = folded_as_of(folded, EPOCH + timedelta(milliseconds=middle), is_recorded=True, schema="as_of_recorded")
    cursor.execute(f"select partition, next from {made.schema}.position")
    assert dict(cursor.fetchall()) == ends
    assert 0 < sum(ends.values()) < len(stamps)
    assert_same(cursor, made.schema, before(folded, lambda partition, raw: raw.offset < ends[partition]))
    drop(folded, made)


def test_from_the_command_to_a_read_model_and_gone(folded: Folded, shanzhi: Shanzhi, cursor: Any) -> None:
    code, out, said = shanzhi("as-of", "2024-03-01T24:00", "--schema", "as_of_first", "--processes", "1", "--json")
    assert code == 0, said
    made = json.loads(out)
    assert (made["schema"], made["time"], made["told_by"]) == ("as_of_first", "2024-03-01T16:00:00Z", "event")

    code, out, _ = shanzhi("show", "funnel", "--schema", "as_of_first", "--json")
    then = json.loads(out)
    assert (code, then["generation"], then["as_of"]) == (0, "as_of_first", "2024-03-01T16:00:00Z")
    cursor.execute(
        "select count(*) from shanzhi.current, lateral (select) nothing where generation = %s", (folded.generation,)
    )
    assert cursor.fetchone() == (1,)
    _, out, _ = shanzhi("show", "funnel", "--month", "2024-03", "--json")
    assert then["rows"] != json.loads(out)["rows"]

    assert [one["schema"] for one in json.loads(shanzhi("as-of", "--list", "--json")[1])] == ["as_of_first"]
    assert shanzhi("as-of", "2024-03-01", "--schema", "as_of_first")[0] == 3, "it stands already"
    assert shanzhi("as-of", "--drop", "as_of_first")[0] == 0
    assert shanzhi("as-of", "--drop", "as_of_first")[0] == 3
    code, _, said = shanzhi("show", "funnel", "--schema", "as_of_first")
    assert (code, "as-of --list" in said) == (3, True)


def test_one_read_model_leaves_nothing_behind(shanzhi: Shanzhi) -> None:
    asked = ("--model", "rates", "--period", "2024-03", "--processes", "1", "--json")
    code, out, said = shanzhi("as-of", "2024-03-02", *asked)
    assert (code, json.loads(out)["as_of"]) == (0, "2024-03-02T16:00:00Z"), said
    assert json.loads(shanzhi("as-of", "--list", "--json")[1]) == []


WRONG: Sequence[tuple[Sequence[str], str]] = (
    (("2024-02-30",), "TIME"),
    ((), "--list"),
    (("now", "--list"), "--list"),
    (("now", "--schema", "generation_1"), "as_of_"),
    (("now", "--schema", "as_of_x; drop"), "as_of_"),
    (("now", "--model", "funel"), "funnel"),
)


@pytest.mark.parametrize(("arguments", "said"), WRONG)
def test_what_makes_no_sense_is_refused(shanzhi: Shanzhi, arguments: Sequence[str], said: str) -> None:
    code, out, told = shanzhi("as-of", *arguments)
    assert (code, out, said in told) == (3, "", True), told


def test_what_a_crash_left_is_dropped_by_the_next_and_what_is_being_made_is_not(folded: Folded, cursor: Any) -> None:
    cursor.execute("create schema as_of_dead; create table as_of_dead.as_of_made (time timestamptz)")
    cursor.execute("create schema as_of_alive; select pg_advisory_lock(hashtext('as_of_alive'))")
    with pytest.raises(QuestionRefused, match="as_of_ghost"):
        as_of.named(folded.endpoints.database_url, "as_of_ghost")
    with pytest.raises(QuestionRefused, match="as_of_dead"):
        as_of.named(folded.endpoints.database_url, "as_of_dead")
    def failing(done: int, total: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        fold_as_of(
            folded.endpoints.database_url, folded.endpoints.kafka_bootstrap, HAPPENED, is_recorded=False,
            schema="as_of_failing", processes=1, report=failing,
        )  # fmt: skip
    cursor.execute("select nspname from pg_namespace where nspname like 'as\\_of\\_%'")
    assert cursor.fetchall() == [("as_of_alive",)]
    cursor.execute("drop schema as_of_alive; select pg_advisory_unlock_all()")
