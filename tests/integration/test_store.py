"""The store on a real PostgreSQL is the store in memory: the same batches make the same rows, whatever happens."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import psycopg2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.codec import EPOCH
from ledger.errors import LedgerUnsound, OutcomeUnknown
from ledger.event import latest
from ledger.partition import partition_of
from ledger.record import Batch, RawRecord
from ledger.submission import Stored
from ledger.topics import LEDGER, Topic
from ledger.topics import PARTITIONS as LEDGER_PARTITIONS
from projections.families import FAMILIES, fingerprint
from projections.family import Deadline, State
from projections.store import apply, script
from projections.store.apply import Applied, Lane, Rewind
from projections.store.cache import StateCache
from projections.store.columns import entity_table, tally_names
from projections.store.connection import connect
from projections.store.generation import bind_topic, ensure_generation, make_generation, switch_when_caught_up
from projections.store.memory import MemoryStore
from projections.store.migrate import migrate
from projections.store.preview import TablePreview
from projections.store.rows import AnomalyRow, Clock, EntityRow, IndexRow, Mark, Plan, QuarantineRow, RequestRow
from projections.store.write import write_entities
from shanzhi.stack import Stack
from tests.laws import Tables, applied, of_any_family, tables, whole
from tests.strategies import (
    ANY_CHARACTER,
    BEGAN,
    PARTITIONS,
    PROFILE,
    Corrects,
    Entry,
    Gap,
    Log,
    Told,
    delivered,
    states,
    written,
)

FEW = settings(PROFILE, max_examples=30, suppress_health_check=list(HealthCheck))


class Store:
    """One generation's tables, with their rows as the store in memory has them."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.connection = connect(url, "shanzhi store test")
        bind_topic(self.connection, Topic(LEDGER, "a topic of tests", 12))
        self.generation = ensure_generation(self.connection, fingerprint())
        self.log: Log = Log({})
        self.prepared: set[str] = set()
        self._lanes: list[Lane] = []
        self._pair: list[Lane] = []

    def lane(self, cache: StateCache | None = None) -> Lane:
        """A lane of a worker, with a cache of its own unless one is given."""
        lane = Lane(self.url, fingerprint(), PARTITIONS, cache or StateCache(), threading.Event(), fetch=self.fetch)
        self._lanes.append(lane)
        return lane

    def fetch(self, partition: int, offsets: Collection[int]) -> Mapping[int, RawRecord]:
        """What the log has there."""
        return {raw.offset: raw for raw in self.log.records[partition] if raw.offset in offsets}

    def two_lanes(self, *caches: StateCache) -> list[Lane]:
        """Two lanes, the same at every call (connecting takes long), with these caches."""
        self._pair = self._pair or [self.lane(), self.lane()]
        for lane, cache in zip(self._pair, caches, strict=True):
            lane._cache = cache
        return self._pair

    def empty(self) -> None:
        """As if nothing had ever been applied."""
        names = [entity_table(name).name for name in FAMILIES]
        names += [tally.table for family in FAMILIES.values() for tally in family.tallies]
        with self.connection, self.connection.cursor() as cursor:
            for name in ("anomaly", "deadline", "watermark", *names):
                cursor.execute(f"delete from {self.generation}.{name}")
            cursor.execute(f"update {self.generation}.position set next = 0, last_hash = null")
            for name in ("event_index", "quarantine", "request"):
                cursor.execute(f"delete from shanzhi.{name}")
            cursor.execute("update shanzhi.reacted set next = 0")
            cursor.execute(
                "update shanzhi.index_position set next = 0, last_hash = null, indexed = 0, repeats = 0, "
                "quarantined = 0, gaps = 0"
            )

    def close(self) -> None:
        for lane in self._lanes:
            lane.close()
        self.connection.close()

    def select(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of a query over the generation's tables."""
        with self.connection, self.connection.cursor() as cursor:
            cursor.execute(f"set local search_path = {self.generation}, public")
            cursor.execute(query, values)
            rows: list[tuple[Any, ...]] = cursor.fetchall() if cursor.description else []
            return rows

    def tables(self) -> Tables:
        """All rows, in the shape of `tests.laws.tables`."""
        return {
            "index": {(row[0], row[2]): IndexRow(*row[1:]) for row in self.select(_INDEX)},
            "quarantine": {(row[0], row[1]): QuarantineRow(*row[1:]) for row in self.select(_QUARANTINE)},
            "anomalies": {(row[0], row[1]): AnomalyRow(*row[1:]) for row in self.select(_ANOMALIES)},
            "entities": {subject: state for name in FAMILIES for subject, state in self._entities(name)},
            "deadlines": {Clock(*row[:3]): as_deadline(*row) for row in self.select(_DEADLINES)},
            "watermarks": {row[:3]: Mark(*row[3:]) for row in self.select(_WATERMARKS)},
            "requests": {row[0]: (*row[1:-1], msgspec.json.decode(row[-1])) for row in self.select(_REQUESTS)},
            "tallies": {name: rows for name, rows in self._tallies() if rows},
            "positions": {row[0]: row[1:] for row in self.select(_POSITIONS)},
        }

    def _entities(self, name: str) -> Iterator[tuple[str, State]]:
        table = entity_table(name)
        for row in self.select(f"select {table.names} from {table.name}"):
            yield row[0], table.decode(row)

    def _tallies(self) -> Iterator[tuple[str, dict[Any, Any]]]:
        for family in FAMILIES.values():
            for tally in family.tallies:
                keys = len(tally.key)
                rows = self.select(f"select {', '.join(tally_names(tally))} from {tally.table}")
                yield tally.table, {row[:keys]: row[keys:] for row in rows}


_INDEX = (
    "select partition, ledger_offset, replace(identity::text, '-', ''), encode(content, 'hex'), subject, unfolded "
    "from shanzhi.event_index"
)
_QUARANTINE = (
    "select partition, ledger_offset, (extract(epoch from stamp) * 1000)::bigint, reason, detail, "
    "replace(identity::text, '-', '') from shanzhi.quarantine"
)
_ANOMALIES = "select partition, ledger_offset, subject, event, reason, time from anomaly"
_DEADLINES = "select subject, clock, key, holder, started_at, recorded_at, span_class, due, pauses from deadline"
_WATERMARKS = "select partition, source, day, events, newest_time, newest_stamp from watermark"
_REQUESTS = (
    "select id::text, kind, key, subject, cause_id, cause_source, time, stamp, partition, ledger_offset, details "
    "from shanzhi.request"
)
_POSITIONS = (
    "select partition, own.next, own.last_hash, repeats, gaps from position own "
    "join shanzhi.index_position using (partition) where own.next > 0"
)


def as_deadline(_: str, clock: str, key: str, *cells: Any) -> Deadline:
    """A row of the clocks that run, as the fold says it."""
    names = ("holder", "started_at", "recorded_at", "span_class", "due")
    pauses = msgspec.json.decode(cells[5], type=tuple[tuple[datetime, datetime | None], ...])
    return Deadline(clock=clock, key=key, **dict(zip(names, cells[:5], strict=True)), pauses=pauses)


def as_rows(found: Tables) -> Tables:
    """The tables of a store in memory, with requests as PostgreSQL keeps them."""
    return found | {"requests": {row.id: _request(row) for row in found["requests"].values()}}


def _request(row: RequestRow) -> tuple[Any, ...]:
    one = row.record
    cause = (one.subject, one.id, one.source, one.time, one.stamp, one.partition, one.offset)
    return (row.kind, row.key, *cause, msgspec.json.decode(msgspec.json.encode(row.details)))


@pytest.fixture(scope="module")
def database_url(session_folder: Path) -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="store-", dir=session_folder))
    with Stack(folder, kafka=False) as started:
        migrate(started.endpoints.database_url)
        yield started.endpoints.database_url
    shutil.rmtree(folder)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with closing(Store(database_url)) as store:
        store.empty()
        yield store


def log_of(*entries: Entry) -> Log:
    return written(entries)


def formed(number: int, name: str = "红色先锋队") -> Told:
    """A team's event; all of one number stand in one stream."""
    data = {"kind": "patrol", "place": "place/1", "name": name}
    return Told(latest["team.formed"], f"team/{number}", data, "urn:example:desk", timedelta(0))


def in_memory(log: Log) -> Tables:
    return as_rows(tables(applied(whole(log))))


# Both stores agree --------------------------------------------------------------------------------


@FEW
@given(case=delivered(), which=st.lists(st.booleans(), min_size=1))
def test_both_stores_hold_the_same_rows(store: Store, case: tuple[Log, list[Batch]], which: list[bool]) -> None:
    """Two workers take turns, so that states come now from a cache, now from the tables, and a cache goes stale."""
    store.empty()
    store.log, delivery = case
    lanes, memory = store.two_lanes(StateCache(), StateCache()), MemoryStore(PARTITIONS)
    for number, batch in enumerate(delivery):
        planned = memory.apply(batch)
        done = lanes[which[number % len(which)]].apply(batch)
        assert planned is not None
        reasons = tuple(row.reason for row in planned.quarantine)
        assert done == Applied(planned.next, planned.folded, planned.repeats, planned.gaps, reasons)
    assert store.tables() == as_rows(tables(memory))
    for number, batch in enumerate(delivery):
        assert lanes[number % 2].apply(batch).folded == 0
    assert store.tables() == as_rows(tables(memory))


@settings(FEW, max_examples=10)
@given(case=delivered(80))
def test_two_lanes_side_by_side_end_in_the_same_tables(store: Store, case: tuple[Log, list[Batch]]) -> None:
    store.empty()
    store.log, delivery = case
    cache = StateCache()
    lanes = store.two_lanes(cache, cache)

    def work(number: int) -> None:
        for batch in delivery:
            if batch.partition % 2 == number:
                lanes[number].apply(batch)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(work, range(2)))
    assert store.tables() == in_memory(store.log)


@pytest.mark.parametrize("copy_rows", [script.COPY_ROWS, 1], ids=["arrays", "copied"])
@settings(FEW, max_examples=60)
@given(case=of_any_family(states), subject=st.text(ANY_CHARACTER, max_size=200))
def test_any_state_survives_the_tables(
    store: Store, copy_rows: int, monkeypatch: pytest.MonkeyPatch, case: tuple[str, State], subject: str
) -> None:
    monkeypatch.setattr(script, "COPY_ROWS", copy_rows)
    name, state = case
    table, plan = entity_table(name), Plan(0, 0, None, 0)
    store.connection.rollback()
    with store.connection.cursor() as cursor:
        cursor.execute(f"set local search_path = {store.generation}")
        writing = script.Script(cursor, store.prepared)
        for is_new in (True, False):  # inserted, then, of nothing but its subject, replaced
            plan.entities = {name: [EntityRow(subject, state, is_new)]}
            write_entities(writing, plan)
            writing.send()
            cursor.execute(f"select {table.names} from {table.name} where subject = %s", (subject,))
            (row,) = cursor.fetchall()
            assert row[0] == subject
            assert table.decode(row) == state
            assert _spelled(table.decode(row)) == _spelled(state)
            nothing = ", ".join(f"{column.name} = null" for column in table.columns)
            cursor.execute(f"update {table.name} set {nothing} where subject = %s", (subject,))
    store.connection.rollback()


def _spelled(state: State) -> bytes:
    return msgspec.json.encode(state).replace(b"-0.0", b"0.0")  # jsonb has no negative zero


# What a batch may meet ----------------------------------------------------------------------------


def test_a_second_generation_over_a_full_index_folds_the_same(store: Store) -> None:
    log = log_of(*[formed(number % 5, f"第{number}队") for number in range(20)], Gap("team/1", 2), formed(1), formed(2))
    lane = store.lane()
    for batch in whole(log):
        lane.apply(batch)
    before, counted = store.tables(), store.select("select * from shanzhi.index_position order by partition")
    first = store.generation
    with store.connection, store.connection.cursor() as cursor:
        store.generation = make_generation(cursor, fingerprint())
    assert store.generation != first

    try:
        behind = next(batch for batch in whole(log) if len(batch.records) > 1)
        with pytest.raises(Rewind) as rewind:  # the lane follows, and its partitions begin anew
            lane.apply(behind._replace(records=behind.records[1:], sought=None))
        assert rewind.value.offset == 0
        for batch in whole(log):
            for record in batch.records:
                lane.apply(Batch(batch.partition, [record], sought=0))
        assert store.tables() == before
        assert store.select("select * from shanzhi.index_position order by partition") == counted
        assert switch_when_caught_up(store.connection, store.generation)
    finally:
        store.select("update shanzhi.current set generation = %s", first)
        store.select(f"drop schema {store.generation} cascade")
        store.select("delete from shanzhi.generation where name = %s", store.generation)


def test_a_record_that_postgresql_refuses_is_found_and_the_rest_goes_on(store: Store) -> None:
    """Each stream ends with the batch: only what a batch leaves behind is ever shown to PostgreSQL."""
    names = ["refused" if number in (4, 5, 11, 19) else f"第{number}队" for number in range(20)]
    log = log_of(*[formed(number, name) for number, name in enumerate(names)])
    store.select("alter table entity_team add constraint planted check (name <> 'refused')")
    try:
        lane = store.lane()
        for batch in whole(log):
            assert lane.apply(batch).next == len(batch.records)
            assert lane.apply(batch).folded == 0  # the same batch again: a verdict is permanent
    finally:
        store.select("alter table entity_team drop constraint planted")

    verdicts = {row[:2]: (row[3], row[4][:5]) for row in store.select(_QUARANTINE)}
    assert verdicts == {
        (number, raw.offset): ("store_refused", "23514")
        for number, raws in log.records.items()
        for raw in raws
        if b"refused" in (raw.value or b"")
    }
    accounted = "select bool_and(indexed + repeats + quarantined + gaps = next), sum(quarantined) from "
    assert store.select(accounted + "shanzhi.index_position") == [(True, 4)]
    sound = {
        number: tuple(raw for raw in raws if b"refused" not in (raw.value or b""))
        for number, raws in log.records.items()
    }
    for name in ("entities", "tallies", "anomalies", "index"):
        assert store.tables()[name] == in_memory(Log(sound))[name]


@pytest.mark.parametrize("id_", ["\\N", "tab\tline\n\r", "\\.", "quotes '\"", "😀\u2028\x7f", "甲" * 190, ""])
def test_a_subject_of_any_characters_keeps_its_rows_apart(store: Store, id_: str) -> None:
    """The ledger takes the form of subjects on trust: ways in have checked it."""
    told = formed(1)._replace(subject=f"team/{id_}")
    log = log_of(
        told, formed(1), told, told._replace(kind=latest["team.joined"], data={"person": f"person/{id_[:100]}"})
    )
    lane = store.lane()
    for batch in whole(log):
        for record in batch.records:
            lane.apply(Batch(batch.partition, [record], record.offset))
            lane._cache = StateCache()  # so that each state is loaded from the tables
    assert store.tables() == in_memory(log)
    assert store.tables()["entities"][f"team/{id_}"].members == (f"person/{id_[:100]}",)


def test_what_lies_between_is_asked_for_and_nothing_is_written(store: Store) -> None:
    log = log_of(*[formed(1, f"第{number}队") for number in range(6)])
    (batch,) = whole(log)
    lane = store.lane()
    lane.apply(batch._replace(records=batch.records[:2]))
    before = store.tables()

    for sought in (None, 4):
        with pytest.raises(Rewind) as rewind:
            lane.apply(Batch(batch.partition, batch.records[4:], sought))
        assert (rewind.value.partition, rewind.value.offset) == (batch.partition, 2)
        assert store.tables() == before

    lane.apply(batch._replace(records=batch.records[1:]))  # the last applied one is read again, as after a start
    assert store.tables() == in_memory(log)


def test_offsets_that_the_log_does_not_hold_are_counted_as_a_gap(store: Store) -> None:
    log = log_of(formed(1), Gap("team/1", 3), formed(1, "乙"))
    (batch,) = whole(log)
    lane = store.lane()
    lane.apply(batch._replace(records=batch.records[:1]))
    lane.apply(Batch(batch.partition, batch.records[1:], sought=1))
    assert store.tables() == in_memory(log)
    assert store.tables()["positions"][batch.partition][3] == 3


@pytest.mark.parametrize("part", ["key", "value"])
def test_a_log_that_holds_another_record_than_was_applied_stops_the_lane(store: Store, part: str) -> None:
    (batch,) = whole(log_of(formed(1), formed(1, "乙"), formed(1, "丙")))
    lane = store.lane()
    lane.apply(batch._replace(records=batch.records[:2]))
    before = store.tables()

    last = batch.records[1]
    other = last._replace(**{part: getattr(last, part) + b" "})  # type: ignore[attr-defined]  # a StoredRecord
    with pytest.raises(LedgerUnsound, match=f"Partition {batch.partition} holds another record at offset 1"):
        lane.apply(Batch(batch.partition, [other, batch.records[2]], sought=1))
    assert store.tables() == before


def test_a_lost_connection_is_made_anew_and_the_batch_applied_once(store: Store) -> None:
    log = log_of(*[formed(number, "甲") for number in range(6)])
    said: list[bool] = []
    lane = Lane(store.url, fingerprint(), PARTITIONS, StateCache(), threading.Event(), said.append)
    with closing(lane):
        for batch in whole(log):
            lane.apply(batch._replace(records=batch.records[:1]))
            store.select(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'shanzhi worker'"
            )
            lane.apply(batch)
    assert store.tables() == in_memory(log)
    assert said == [True, False] * len(whole(log))


def corrected(number: int, back: int = 0) -> Corrects:
    """A word on an earlier event of the team: it stands at another place."""
    return Corrects(latest["team.formed"], f"team/{number}", {"place": "place/2"}, 0, back, "urn:example:desk")


def one_by_one(log: Log) -> Iterator[Batch]:
    for batch in whole(log):
        for record in batch.records:
            yield Batch(batch.partition, [record], record.offset)


def test_a_lane_waits_for_the_ledger_where_it_has_to_read_a_stream_again(store: Store) -> None:
    store.log = log_of(formed(1), formed(1, "乙"), corrected(1))
    said: list[bool] = []
    answers = iter([OutcomeUnknown("Kafka does not answer", "Try again."), None])

    def fetch(partition: int, offsets: Collection[int]) -> Mapping[int, RawRecord]:
        if error := next(answers):
            raise error
        return store.fetch(partition, offsets)

    lane = Lane(store.url, fingerprint(), PARTITIONS, StateCache(), threading.Event(), said.append, fetch)
    with closing(lane):
        for batch in one_by_one(store.log):
            lane.apply(batch)
    assert store.tables() == in_memory(store.log)
    assert said == [True, False]


def test_a_batch_that_corrects_too_much_at_once_is_divided(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply, "RECORDS_AT_ONCE", 1)
    store.log = log_of(*[formed(number) for number in range(6)], *[corrected(number) for number in range(6)])
    lane = store.lane()
    for batch in whole(store.log):
        half = len(batch.records) // 2
        lane.apply(batch._replace(records=batch.records[:half]))
        lane.apply(batch._replace(records=batch.records[half:], sought=half))
    assert store.tables() == in_memory(store.log)
    assert {state.place for state in store.tables()["entities"].values()} == {"place/2"}


@pytest.mark.parametrize("change", [{"value": b"{}"}, {"offset": 7}], ids=["another record", "none"])
def test_a_ledger_that_lacks_what_was_applied_stops_the_lane(store: Store, change: dict[str, Any]) -> None:
    store.log = log = log_of(formed(1), corrected(1))
    lane = store.lane()
    first, second = one_by_one(log)
    lane.apply(first)
    store.log = Log({first.partition: (first.records[0]._replace(**change),)})  # type: ignore[attr-defined]
    with pytest.raises(LedgerUnsound, match=f"Partition {first.partition} does not hold at offset 0 what was applied"):
        lane.apply(second)


def test_a_correction_is_previewed_on_what_the_ledger_and_the_events_before_it_say(store: Store) -> None:
    number = next(
        one
        for one in range(999)
        if partition_of(f"team/{one}".encode(), LEDGER_PARTITIONS) == partition_of(f"team/{one}".encode(), PARTITIONS)
    )
    store.log = log_of(formed(number))
    lane = store.lane()
    for batch in whole(store.log):
        lane.apply(batch)
    said = written([formed(number), formed(number, "乙"), corrected(number, 1), corrected(number)])
    raws = [raw for held in said.records.values() for raw in held][1:]
    events = [Stored("x", "urn:x", raw.key or b"", raw.value or b"") for raw in raws]
    seen = TablePreview(store.url, store.fetch).of(events, BEGAN + timedelta(hours=1))
    assert [one.outcome for one in seen] == ["new"] * 3
    assert [one.anomaly for one in seen] == ["formed twice", None, None]
    moved = [[cell.key["place"] for cell in one.cells] for one in seen]
    assert moved == [[], [], ["place/1", "place/2"]]


def test_an_error_that_is_neither_passing_nor_the_records_ends_the_lane(store: Store) -> None:
    store.select("alter table entity_team rename to entity_team_away")
    try:
        with pytest.raises(psycopg2.errors.UndefinedTable):
            store.lane().apply(whole(log_of(formed(1)))[0])
    finally:
        store.select("alter table entity_team_away rename to entity_team")
    assert store.tables() == tables(MemoryStore(PARTITIONS))


def test_a_batch_of_nothing_but_broken_records_moves_the_position(store: Store) -> None:
    (batch,) = whole(log_of(formed(1)))
    broken: Sequence[Any] = [batch.records[0]._replace(offset=offset, value=b"\xff\x00") for offset in range(3)]  # type: ignore[attr-defined]
    done = store.lane().apply(Batch(batch.partition, broken, sought=0))
    assert done == Applied(3, 0, quarantined=("unreadable",) * 3)
    assert [row[3] for row in store.select(_QUARANTINE)] == ["unreadable"] * 3


def test_stamps_are_kept_to_the_millisecond(store: Store) -> None:
    late = (datetime(2199, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC) - EPOCH) // timedelta(milliseconds=1)
    (batch,) = whole(log_of(formed(1)))
    stamped: Sequence[Any] = [
        batch.records[0]._replace(offset=offset, timestamp=stamp, value=None)  # type: ignore[attr-defined]
        for offset, stamp in enumerate((0, 1, 1_715_443_200_999, late))
    ]
    store.lane().apply(Batch(batch.partition, stamped, sought=0))
    assert [row[2] for row in store.select(_QUARANTINE + " order by 2")] == [0, 1, 1_715_443_200_999, late]
