"""The laws of the folds and of the store, each a function of one case that raises where the law is broken.

`test_laws` holds the code to them, `test_planted_bugs` shows that each law sees a bug in its subject. So that
a subject can be exchanged, laws reach it by its module and never by a name of their own.
"""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from io import StringIO
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec
import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import limits
from ledger.codec import Examiner, Verdict
from ledger.correction import Correction, Voided, replaced
from ledger.event import kinds, types
from ledger.record import Batch, Record, StoredRecord
from projections import camera, family, survey_state, team
from projections.families import FAMILIES
from projections.family import LIST_ITEMS, State, no_deadlines
from projections.store import columns, memory, plan, restate, script, sums
from projections.store.memory import MemoryStore
from projections.store.plan import Rewind
from projections.store.rows import AnomalyRow, Clock, Indexed, IndexRow, Key, Loaded, Mark, QuarantineRow
from tests import strategies
from tests.strategies import PARTITIONS, Log, batches, delivered, delivered_corrections, logs, states, streams

Tables = dict[str, Any]
Delivered = tuple[Log, list[Batch]]


@dataclass(frozen=True)
class Law:
    """A law and the cases that it is tried on."""

    name: str
    check: Callable[[Any], None]
    cases: st.SearchStrategy[Any]

    def hold(self, profile: settings) -> None:
        """Tries so many cases as the profile says; raises what the check raised."""

        @profile
        @given(self.cases)
        def tried(case: Any) -> None:
            self.check(case)

        tried()


LAWS: dict[str, Law] = {}


def law(cases: st.SearchStrategy[Any]) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """Enters a function among the laws."""

    def enter(check: Callable[[Any], None]) -> Callable[[Any], None]:
        LAWS[check.__name__] = Law(check.__name__, check, cases)
        return check

    return enter


def of_any_family(make: Callable[[str], st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """Pairs of a family's name and what is made for it."""
    return st.one_of(*[st.tuples(st.just(name), make(name)) for name in FAMILIES])


# The store ----------------------------------------------------------------------------------------


@law(delivered())
def any_division_and_interleaving_gives_the_same_tables(case: Delivered) -> None:
    log, delivery = case
    assert tables(applied(delivery)) == tables(applied(whole(log)))


@law(delivered())
def the_tables_are_what_one_walk_over_the_ledger_makes(case: Delivered) -> None:
    """The lowest offset of an identity counts, a repeat changes nothing, anomalies judge the state before."""
    log, delivery = case
    assert tables(applied(delivery)) == one_walk(log)


@law(delivered())
def a_batch_applied_again_changes_nothing(case: Delivered) -> None:
    _, delivery = case
    store = MemoryStore(PARTITIONS)
    for batch in delivery:
        store.apply(batch)
        before = tables(store)
        assert store.apply(batch) is None
        assert tables(store) == before
    for batch in delivery:
        assert store.apply(batch) is None
    assert tables(store) == tables(applied(delivery))


@st.composite
def _told_twice(draw: st.DrawFn) -> tuple[Log, list[StoredRecord], int]:
    log = draw(logs())
    partition = draw(st.sampled_from([number for number, raws in log.records.items() if raws] or [0]))
    held = log.records[partition]
    return log, draw(st.lists(st.sampled_from(held), max_size=6)) if held else [], partition


@law(_told_twice())
def a_record_delivered_again_at_a_later_offset_changes_nothing(
    case: tuple[Log, list[StoredRecord], int],
) -> None:
    log, again, partition = case
    store = applied(whole(log))
    before, following = tables(store), store.positions[partition].next if again else 0
    later = [raw._replace(offset=following + number) for number, raw in enumerate(again)]
    if later:
        store.apply(Batch(partition, later, following))
    after = tables(store)
    for name in before.keys() - {"quarantine", "positions"}:
        assert after[name] == before[name], name
    no_events = [raw for raw in later if not _counts_once(before, raw, partition)]
    assert len(after["quarantine"]) == len(before["quarantine"]) + len(no_events)


@law(delivered())
def every_offset_is_accounted_for(case: Delivered) -> None:
    log, delivery = case
    store = applied(delivery)
    for number, position in store.positions.items():
        indexed = sum(partition == number for partition, _ in store.index)
        quarantined = sum(partition == number for partition, _ in store.quarantine)
        assert indexed + position.repeats + quarantined + position.gaps == position.next
        assert position.next == log.records[number][-1].offset + 1
        assert position.gaps == position.next - len(log.records[number])


@law(delivered())
def tallies_are_the_sum_of_what_entities_contribute(case: Delivered) -> None:
    """live = refold: deltas batch by batch come to what one sum at the end comes to."""
    _, delivery = case
    store = applied(delivery)
    assert tables(store)["tallies"] == sums_of(store.entities)


@law(delivered(families=[name for name, one in FAMILIES.items() if one.deadlines is not no_deadlines]))
def clocks_are_those_that_entities_say_run(case: Delivered) -> None:
    _, delivery = case
    store = applied(delivery)
    assert tables(store)["deadlines"] == clocks_of(store.entities)


@law(delivered_corrections(["team", "duty"]))
def a_stream_is_what_its_corrections_leave_of_it(case: Delivered) -> None:
    log, delivery = case
    assert tables(applied(delivery)) == one_walk(log)


@law(delivered_corrections(["case"]))
def what_is_asked_for_hangs_on_what_was_told_before_alone(case: Delivered) -> None:
    log, delivery = case
    assert tables(applied(delivery))["requests"] == one_walk(log)["requests"]


@st.composite
def _limited(draw: st.DrawFn) -> tuple[Delivered, int, int]:
    return draw(delivered_corrections(["team", "duty"])), draw(st.integers(1, 12)), draw(st.integers(0, 3))


@law(_limited())
def a_correction_past_the_limits_does_nothing_however_it_is_delivered(case: tuple[Delivered, int, int]) -> None:
    (log, delivery), records, corrections = case
    kept = restate.STREAM_RECORDS, restate.STREAM_CORRECTIONS
    restate.STREAM_RECORDS, restate.STREAM_CORRECTIONS = records, corrections
    try:
        assert tables(applied(delivery)) == one_walk(log)
    finally:
        restate.STREAM_RECORDS, restate.STREAM_CORRECTIONS = kept


@st.composite
def _overtaking(draw: st.DrawFn) -> tuple[Log, list[Batch], list[Batch]]:
    log = draw(logs())
    first = draw(batches(log))
    return log, first[: draw(st.integers(0, len(first)))], draw(batches(log))


@law(_overtaking())
def a_second_generation_folds_the_same_and_leaves_the_index_alone(
    case: tuple[Log, list[Batch], list[Batch]],
) -> None:
    """The generation before has applied `first`; the second one reads all, beyond where that one stands."""
    log, first, delivery = case
    before = applied(first)
    second, fresh = second_generation(before, delivery), one_walk(log)
    both = MemoryStore(
        PARTITIONS, index=before.index | second.index, quarantine=before.quarantine | second.quarantine
    )
    for name in ("entities", "tallies", "anomalies", "deadlines", "watermarks"):
        assert tables(second)[name] == fresh[name], name
    assert before.requests | second.requests == fresh["requests"]
    assert not before.requests.keys() & second.requests.keys(), "what the first one asked for was asked for again"
    assert not before.index.keys() & second.index.keys(), "rows that the index has were written again"
    assert not before.quarantine.keys() & second.quarantine.keys()
    assert both.index == fresh["index"]
    assert both.quarantine == fresh["quarantine"]
    for number, position in second.positions.items():
        known = before.positions.get(number) or memory.PartitionPosition()
        repeats, gaps = fresh["positions"][number][2:]
        assert (known.repeats + position.repeats, known.gaps + position.gaps) == (repeats, gaps)


@st.composite
def _skipped(draw: st.DrawFn) -> tuple[list[Batch], int]:
    _, delivery = draw(delivered())
    return delivery, draw(st.integers(0, max(0, len(delivery) - 1)))


@law(_skipped())
def what_was_not_delivered_is_asked_for_and_nothing_is_written(case: tuple[list[Batch], int]) -> None:
    delivery, missing = case
    store = applied(delivery[:missing])
    if not delivery:
        return
    lost = delivery[missing]
    later = next((one for one in delivery[missing + 1 :] if one.partition == lost.partition), None)
    if later is None:
        return
    following = store.positions.setdefault(lost.partition, memory.PartitionPosition()).next
    before = tables(store)
    for sought in (None, later.sought):  # went on, or asked for what comes after the missing ones
        try:
            store.apply(later._replace(sought=sought))
        except Rewind as rewind:
            assert (rewind.partition, rewind.offset) == (lost.partition, following)
        else:
            raise AssertionError(f"offsets {following} to {lost.records[-1].offset} were skipped")
        assert tables(store) == before


# The folds ----------------------------------------------------------------------------------------


@law(of_any_family(streams))
def any_order_of_a_stream_folds_within_the_limits(case: tuple[str, list[Record[Any]]]) -> None:
    name, records = case
    state = FAMILIES[name].state()
    for record in records:
        reason = FAMILIES[name].anomaly(state, record)
        assert reason is None or re.fullmatch("[a-z0-9 ]+", reason)
        state = FAMILIES[name].evolve(state, record)
        within_limits(name, state)
        for share in FAMILIES[name].contribute(state):
            assert all(isinstance(part, str | date) for part in share.key)
            assert all(type(value) is int and 0 <= value < 2**40 for value in share.values)
            assert share.tally in FAMILIES[name].tallies


@law(of_any_family(streams))
def folds_read_nothing_but_their_arguments(case: tuple[str, list[Record[Any]]]) -> None:
    """No clock, no randomness, no environment, no files: nothing but the folds' own modules is called."""
    name, records = case

    def folded() -> None:
        state = FAMILIES[name].state()
        for record in records:
            FAMILIES[name].anomaly(state, record)
            state = FAMILIES[name].evolve(state, record)
            for _ in FAMILIES[name].contribute(state):
                pass

    assert called_by(folded) - MAY_BE_CALLED == set()


@law(of_any_family(streams))
def folds_forget_what_they_folded_before(case: tuple[str, list[Record[Any]]]) -> None:
    """The same records give the same states, shares and clocks, however often, however mixed with other streams."""
    name, records = case
    fold = FAMILIES[name]
    once, twice, other = fold.state(), fold.state(), fold.state()
    for record in records:
        once = fold.evolve(once, record)
    shares, clocks = list(fold.contribute(once)), list(fold.deadlines(once))
    for record, stranger in zip(records, reversed(records), strict=True):
        other = fold.evolve(other, stranger)
        list(fold.contribute(other)), list(fold.deadlines(other))
        twice = fold.evolve(twice, record)
    assert twice == once
    assert list(fold.contribute(twice)) == shares
    assert list(fold.deadlines(twice)) == clocks


@law(of_any_family(states))
def what_is_stored_is_loaded(case: tuple[str, State]) -> None:
    name, state = case
    loaded = stored_and_loaded(name, state)
    assert loaded == state
    assert msgspec.json.encode(loaded) == msgspec.json.encode(state), "equal, but spelled otherwise"


@law(of_any_family(streams))
def what_is_loaded_contributes_what_was_stored(case: tuple[str, list[Record[Any]]]) -> None:
    name, records = case
    state = FAMILIES[name].state()
    for record in records:
        state = FAMILIES[name].evolve(state, record)
    assert stored_and_loaded(name, state) == state
    loaded = stored_and_loaded(name, state)
    assert list(FAMILIES[name].contribute(loaded)) == list(FAMILIES[name].contribute(state))
    assert list(FAMILIES[name].deadlines(loaded)) == list(FAMILIES[name].deadlines(state))


@law(st.tuples(st.one_of(strategies.times(), strategies.any_time()), st.sampled_from(strategies.ZONES)))
def a_day_is_the_same_whatever_zone_the_time_came_in(case: tuple[datetime, Any]) -> None:
    moment, zone = case
    day = family.day_of(moment)
    assert family.day_of(moment.astimezone(zone)) == day
    assert family.day_of(moment.astimezone(UTC)) == day
    assert day == (moment.astimezone(UTC).replace(tzinfo=None) + timedelta(hours=8)).date()


@st.composite
def _spelled_twice(draw: st.DrawFn) -> tuple[Log, Log]:
    """The same log, its times written in two zones."""
    log, zone = draw(logs(12)), draw(st.sampled_from(strategies.ZONES))
    return log, Log(
        {number: tuple(map(partial(_respelled, zone), raws)) for number, raws in log.records.items()}
    )


@law(_spelled_twice())
def tables_are_the_same_whatever_zone_the_times_came_in(case: tuple[Log, Log]) -> None:
    one, other = (tables(applied(whole(log))) for log in case)
    for name in ("entities", "tallies", "anomalies", "positions"):
        drop_hash = name == "positions"
        assert _without_hash(one[name], drop_hash) == _without_hash(other[name], drop_hash), name


# What the laws speak of ---------------------------------------------------------------------------


def whole(log: Log) -> list[Batch]:
    """One batch a partition."""
    return [log.batch(number) for number, raws in log.records.items() if raws]


def applied(delivery: Iterable[Batch]) -> MemoryStore:
    """A store that was given these batches."""
    store = MemoryStore(PARTITIONS)
    for batch in delivery:
        store.apply(batch)
    return store


def tables(store: MemoryStore) -> Tables:
    """All that a store holds, as it is now."""
    return {
        "index": dict(store.index),
        "quarantine": dict(store.quarantine),
        "anomalies": dict(store.anomalies),
        "entities": dict(store.entities),
        "deadlines": dict(store.deadlines),
        "watermarks": dict(store.watermarks),
        "requests": dict(store.requests),
        "tallies": {name: dict(rows) for name, rows in store.tallies.items() if rows},
        "positions": {
            number: (one.next, one.last_hash, one.repeats, one.gaps)
            for number, one in store.positions.items()
        },
    }


def one_walk(log: Log) -> Tables:
    """What the tables have to hold, worked out record by record, as plainly as can be."""
    fresh, walk = MemoryStore(PARTITIONS), _Walk()
    for partition, raws in log.records.items():
        if not raws:
            continue
        position = fresh.positions.setdefault(partition, memory.PartitionPosition())
        for raw in raws:
            position.gaps += raw.offset - position.next
            position.next, position.last_hash = raw.offset + 1, plan.record_hash(raw)
            walk.over(fresh, raw, partition)
    return tables(fresh) | {"tallies": sums_of(fresh.entities), "deadlines": clocks_of(fresh.entities)}


class _Walk:
    """Streams as they were met: everything in them, and the records that count for their states."""

    def __init__(self) -> None:
        self._examiner = Examiner(PARTITIONS)
        self._places: dict[str, int] = {}
        self._corrections: dict[str, int] = {}
        self._streams: dict[str, list[Record[Any]]] = {}

    def over(self, fresh: MemoryStore, raw: StoredRecord, partition: int) -> None:
        said, place = self._examiner.examine(raw, partition), (partition, raw.offset)
        if isinstance(said, Verdict):
            fresh.quarantine[place] = QuarantineRow(raw.offset, raw.timestamp, said.reason, said.detail, said.identity)
            return
        prior = fresh.index.get((partition, said.identity))
        if prior is not None:
            if prior.content == said.content:
                fresh.positions[partition].repeats += 1
            else:
                detail = f"the id at offset {prior.offset} has other content"
                fresh.quarantine[place] = QuarantineRow(raw.offset, raw.timestamp, "id_reused", detail, said.identity)
            return
        row = IndexRow(raw.offset, said.identity, said.content, said.subject, said.record is None)
        fresh.index[partition, said.identity] = row
        self._places[said.subject] = self._places.get(said.subject, 0) + 1
        if said.record is not None:
            self._count(fresh, said.record)

    def _count(self, fresh: MemoryStore, record: Record[Any]) -> None:
        place, subject = (record.partition, record.offset), record.subject
        day = record.partition, record.source, family.day_of(record.time)
        marked = fresh.watermarks.get(day, Mark(0, record.time, record.stamp))
        newest = max(marked.newest_time, record.time), max(marked.newest_stamp, record.stamp)
        fresh.watermarks[day] = Mark(marked.events + 1, *newest)
        fold, stream = FAMILIES[subject.partition("/")[0]], self._streams.setdefault(subject, [])
        if isinstance(record.event, Correction):
            self._corrections[subject] = self._corrections.get(subject, 0) + 1
            if self._places[subject] > restate.STREAM_RECORDS:
                fresh.anomalies[place] = _odd(record, "stream too long to correct")
            elif self._corrections[subject] > restate.STREAM_CORRECTIONS:
                fresh.anomalies[place] = _odd(record, "stream corrected too often")
            else:
                stream.append(record)
                self._again(fresh, subject)
            return
        stream.append(record)
        before = fresh.entities.get(subject, fold.state())
        if reason := fold.anomaly(before, record):
            fresh.anomalies[place] = _odd(record, reason)
        fresh.entities[subject] = fold.evolve(before, record)
        if record.stamp - record.time <= timedelta(hours=24):
            rows = sums.requests(fold, before, fresh.entities[subject], record)
            fresh.requests |= {row.id: row for row in rows}

    def _again(self, fresh: MemoryStore, subject: str) -> None:
        """The stream from its beginning, as it stands corrected."""
        fold, own = FAMILIES[subject.partition("/")[0]], {(one.partition, one.offset) for one in self._streams[subject]}
        fresh.entities.pop(subject, None)
        for place in own & fresh.anomalies.keys():
            del fresh.anomalies[place]
        for record, reason in corrected(self._streams[subject]):
            if reason is None:
                before = fresh.entities.get(subject, fold.state())
                reason = fold.anomaly(before, record)
                fresh.entities[subject] = fold.evolve(before, record)
            if reason is not None:
                fresh.anomalies[record.partition, record.offset] = _odd(record, reason)


def corrected(stream: list[Record[Any]]) -> list[tuple[Record[Any], str | None]]:
    """What stands in a stream, each event as it was corrected, and why a correction in it says nothing."""
    said: list[Record[Any]] = list(stream)
    stands = [True] * len(stream)
    odd: dict[int, str] = {}
    for number in reversed(range(len(stream))):
        of_it = [
            other
            for other in range(number + 1, len(stream))
            if stands[other] and isinstance(said[other].event, Correction) and _is_of(said[other], stream[number])
        ]
        if stream[number].event.is_final:
            odd |= dict.fromkeys(of_it, "speaks of what can't be undone")
            continue
        stands[number] = not any(isinstance(said[other].event, Voided) for other in of_it)
        for other in of_it if stands[number] else ():
            change = said[other].event
            event = replaced(said[number].event, change.field, change.to)
            if event is None:
                odd[other] = "correction does not fit"
            else:
                said[number] = msgspec.structs.replace(said[number], event=event)
    for number, one in enumerate(said):
        if isinstance(one.event, Correction) and not any(_is_of(one, before) for before in stream[:number]):
            odd[number] = "speaks of an unknown event"
    return [
        (said[number], odd.get(number))
        for number in range(len(stream))
        if stands[number] and (number in odd or not isinstance(said[number].event, Correction))
    ]


def _is_of(correction: Record[Any], record: Record[Any]) -> bool:
    event = correction.event
    return (event.event_source or correction.source, event.event) == (record.source, record.id)


def _odd(record: Record[Any], reason: str) -> AnomalyRow:
    return AnomalyRow(record.offset, record.subject, types[type(record.event)], reason, record.time)


def sums_of(entities: Mapping[str, State]) -> dict[str, dict[Key, tuple[int, ...]]]:
    """Tallies as GROUP BY over the entities would make them."""
    found: dict[str, dict[Key, tuple[int, ...]]] = {}
    for subject, state in entities.items():
        for share in FAMILIES[subject.partition("/")[0]].contribute(state):
            rows, added = found.setdefault(share.tally.table, {}), (*share.values, 1)
            rows[share.key] = tuple(map(sum, zip(rows.get(share.key, (0,) * len(added)), added, strict=True)))
    return found


def clocks_of(entities: Mapping[str, State]) -> dict[Clock, Any]:
    """Deadlines as the entities say them."""
    return {
        Clock(subject, one.clock, one.key): one
        for subject, state in entities.items()
        for one in reversed(list(FAMILIES[subject.partition("/")[0]].deadlines(state)))
    }


def second_generation(before: MemoryStore, delivery: Iterable[Batch]) -> MemoryStore:
    """New tables over an index that stands already: what another set of folds makes of the same ledger.

    Its `index` and `quarantine` hold only what it wrote itself, its positions only what it counted itself.
    """
    second, examiner = MemoryStore(PARTITIONS), Examiner(PARTITIONS)
    for batch in delivery:
        judged = plan.judge(batch, examiner)
        position = second.positions.setdefault(batch.partition, memory.PartitionPosition())
        both = MemoryStore(PARTITIONS, index=before.index | second.index, log=second.log)
        second.log |= {(batch.partition, raw.offset): raw for raw in batch.records}
        stood = before.positions.get(batch.partition) or memory.PartitionPosition()
        indexed = {
            name: Indexed(row.offset, row.content)
            for name in judged.identities()
            if (row := both.index.get((batch.partition, name)))
        }
        planned = plan.plan(
            judged,
            Loaded(
                position.next,
                position.last_hash,
                max(stood.next, position.next),
                indexed,
                {name: second.entities[name] for name in judged.subjects() & second.entities.keys()},
                reacted=max(stood.reacted, position.reacted),
                streams={
                    subject: both.stream(batch.partition, subject, position.next)
                    for subject in judged.corrected(position.next, indexed)
                },
            ),
        )
        if planned:
            second._write(planned)
    return second


def within_limits(name: str, state: State) -> None:
    """No list of a state outgrows its bound, however long the stream."""
    for field in state.__struct_fields__:
        items = getattr(state, field)
        if isinstance(items, tuple):
            assert len(items) <= LIMITS.get((name, field), LIST_ITEMS), f"{name}.{field} has {len(items)}"


LIMITS = {  # lists that one event brings whole are bounded by the ledger
    ("act", "persons"): limits.LIST_ITEMS,
    ("activity", "providers"): limits.LIST_ITEMS,
    ("camera", "alerts"): camera.ALERTS,
    ("conference", "attendance"): limits.LIST_ITEMS,
    ("conference", "participants"): limits.LIST_ITEMS,
    ("patrol", "members"): limits.LIST_ITEMS,
    ("order", "persons"): limits.LIST_ITEMS,
    ("person", "roles"): 12,
    ("place", "networks"): 4,
    ("place", "outline"): limits.LIST_ITEMS,
    ("survey", "numbers"): survey_state.CARDS,
    ("team", "members"): team.MEMBERS,
}


def stored_and_loaded(name: str, state: State) -> State:
    """Through COPY text and what PostgreSQL gives back of it."""
    table = columns.entity_table(name)
    line = copied(table.encode("any/1", state))
    assert line.endswith("\n")
    assert line.count("\n") == 1
    cells = line[:-1].split("\t")
    assert len(cells) == len(table.columns) + 1
    row = [given_back(column.sql, cell) for column, cell in zip(table.columns, cells[1:], strict=True)]
    return table.decode(["any/1", *row])


def copied(cells: Sequence[str | None]) -> str:
    """The text of a COPY of one row."""
    copying = Copying()
    script.copy(copying, "any", [cells])
    return copying.text


class Copying:
    """A cursor that keeps what is copied."""

    text = ""

    def copy_expert(self, _: str, text: StringIO) -> None:
        self.text += text.read()


_PLAIN: dict[str, Callable[[str], Any]] = {
    "text": str,
    "timestamptz": datetime.fromisoformat,
    "boolean": {"t": True, "f": False}.__getitem__,
    "bigint": int,
    "double precision": float,
    "jsonb": lambda text: orjson.dumps(orjson.loads(text), option=orjson.OPT_SORT_KEYS).decode(),
}
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def given_back(sql: str, cell: str) -> Any:
    """What psycopg2 gives of a cell of COPY text in a column of that type."""
    if cell == "\\N":
        return None
    text = re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), cell, flags=re.DOTALL)
    return _PLAIN[sql](text)


def called_by(work: Callable[[], None]) -> set[str]:
    """The module of every Python function, and the name of every built-in one, that is called in the work."""
    called: set[str] = set()

    def note(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            called.add(str(frame.f_globals.get("__name__")))
        elif event == "c_call":
            called.add(f"built-in {argument.__name__}")

    before = sys.getprofile()
    gc.disable()  # Hypothesis takes the time of each collection
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
        gc.enable()
    return called


MAY_BE_CALLED = {
    *(f"projections.{one.stem}" for one in Path(family.__file__).parent.glob("*.py") if one.stem != "families"),
    *(
        f"built-in {name}"
        for name in ("replace", "astimezone", "date", "isinstance", "len", "max", "sorted", "sum", "any")
    ),
    *(f"built-in {name}" for name in ("get", "items", "next", "pop", "setprofile", "startswith")),
    *(f"built-in {name}" for name in ("decode", "json_encode", "min", "partition")),
    *(f"built-in {name}" for name in ("removeprefix", "round", "rpartition")),
    __name__,
}


def _counts_once(before: Tables, raw: StoredRecord, partition: int) -> bool:
    said = Examiner(PARTITIONS).examine(raw, partition)
    if isinstance(said, Verdict):
        return False
    return bool(before["index"][partition, said.identity].content == said.content)


def _respelled(zone: Any, raw: StoredRecord) -> StoredRecord:
    """The record with every time that it holds written in another zone."""
    said = Examiner(1).examine(raw, 0)
    if isinstance(said, Verdict):
        return raw
    event = orjson.loads(raw.value or b"")
    event["time"] = datetime.fromisoformat(event["time"]).astimezone(zone).isoformat()
    kind = kinds.get(event["dataschema"])
    for name in kind.times if kind and said.record else ():
        wire = kind.wire_names[name] if kind else name
        if event["data"].get(wire):
            event["data"][wire] = datetime.fromisoformat(event["data"][wire]).astimezone(zone).isoformat()
    return raw._replace(value=orjson.dumps(event))


def _without_hash(rows: dict[Any, Any], drop: bool) -> dict[Any, Any]:
    return {key: (row[0], *row[2:]) for key, row in rows.items()} if drop else rows


__all__ = ["LAWS", "Law"]
