"""What a bulk fold makes of a partition is what the live plan makes of it batch by batch."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from audit.folding import Keep
from audit.folding.counted import Afresh, ByIndex, Counting, Identities
from audit.folding.partition import PartitionFold, add_contributions
from ledger.codec import EPOCH, Examiner, Sound
from ledger.record import Batch, StoredRecord
from projections.family import State
from projections.store.memory import MemoryStore
from projections.store.rows import Indexed, IndexRow, Standing
from projections.store.sums import Sums
from tests.laws import Delivered, applied, clocks_of, sums_of, tables, whole
from tests.soak import IS_SOAK
from tests.strategies import PARTITIONS, PROFILE, Log, delivered, delivered_corrections

EXAMPLES = settings(PROFILE, max_examples=1_000 if IS_SOAK else 25)
Makes = Callable[[MemoryStore, int], Counting]


def by_index(store: MemoryStore, partition: int) -> Counting:
    """As where the index is sound."""
    rows = sorted((row for (number, _), row in store.index.items() if number == partition), key=_offset)
    known = array("q", [row.offset for row in rows if not row.unfolded])
    return ByIndex(Examiner(PARTITIONS), known, {row.offset for row in rows if row.unfolded})


def afresh(store: MemoryStore, partition: int) -> Counting:
    """As where it is made anew."""
    return Afresh(Examiner(PARTITIONS), {})


def _offset(row: IndexRow) -> int:
    return row.offset


@dataclass
class Bulk:
    """What bulk folds of all partitions come to."""

    entities: dict[str, State] = field(default_factory=dict)
    anomalies: dict[Any, Any] = field(default_factory=dict)
    watermarks: dict[Any, Any] = field(default_factory=dict)
    deadlines: dict[Any, Any] = field(default_factory=dict)
    positions: dict[int, Any] = field(default_factory=dict)
    sums: Sums = field(default_factory=dict)

    def add(self, folded: PartitionFold) -> None:
        plan = folded.plan
        self.entities |= folded.states
        for name, states in folded.families():
            add_contributions(self.sums, name, states.values())
        self.anomalies |= {(plan.partition, row.offset): row for row in plan.anomalies}
        self.watermarks |= {(plan.partition, *key): mark for key, mark in plan.marks.items()}
        self.deadlines |= {row.clock: row.deadline for row in plan.deadlines}
        self.positions[plan.partition] = plan.next, plan.last_hash


def in_bulk(store: MemoryStore, log: Log, delivery: Iterable[Batch], makes: Makes, keep: Keep = Keep()) -> Bulk:  # noqa: B008
    """Each partition from its beginning, in the batches given, then what was corrected in it."""
    bulk = Bulk()
    for partition in log.records:
        counting = makes(store, partition)
        folded = PartitionFold(partition, keep, counting)
        for batch in delivery:
            if batch.partition == partition and not folded.take(batch):
                break
        if folded.plan.next:
            folded.restate(
                (subject, streams(store, partition, subject, folded.plan.next, counting))
                for subject in sorted(folded.corrected)
            )
            bulk.add(folded)
    return bulk


def streams(store: MemoryStore, partition: int, subject: str, below: int, counting: Counting) -> list[Standing]:
    places = sorted(
        row.offset
        for (number, _), row in store.index.items()
        if (number, row.subject) == (partition, subject) and row.offset < below
    )
    return [counting.place(store.log[partition, offset], partition) for offset in places]


def assert_as_live(bulk: Bulk, store: MemoryStore) -> None:
    live = tables(store)
    assert bulk.entities == live["entities"]
    assert bulk.anomalies == live["anomalies"]
    assert bulk.watermarks == live["watermarks"]
    assert bulk.deadlines == live["deadlines"] == clocks_of(bulk.entities)
    assert bulk.positions == {number: (one.next, one.last_hash) for number, one in store.positions.items()}
    summed = {tally.table: {key: tuple(row) for key, row in rows.items()} for tally, rows in bulk.sums.items()}
    assert summed == live["tallies"] == sums_of(bulk.entities)


@pytest.mark.parametrize("makes", [by_index, afresh])
@pytest.mark.parametrize("cases", [delivered(), delivered_corrections(["team", "duty"])], ids=["any", "corrected"])
def test_in_bulk_is_as_live_however_it_is_divided(makes: Makes, cases: Any) -> None:
    @EXAMPLES
    @given(cases)
    def law(case: Delivered) -> None:
        log, delivery = case
        store = applied(whole(log))
        assert_as_live(in_bulk(store, log, delivery, makes), store)

    law()


@EXAMPLES
@given(delivered_corrections(["team", "duty"]))
def test_what_was_recorded_before_a_time_is_what_the_ledger_was_then(case: Delivered) -> None:
    log, delivery = case
    stamps = sorted({raw.timestamp for raws in log.records.values() for raw in raws})
    if not stamps:
        return
    cut_ms = stamps[len(stamps) // 2]
    early = Log({number: tuple(before(raws, cut_ms)) for number, raws in log.records.items()})
    keep = Keep(recorded_before=EPOCH + timedelta(milliseconds=cut_ms))
    bulk = in_bulk(applied(whole(log)), log, delivery, by_index, keep)
    assert_as_live(bulk, applied(whole(early)))


def before(raws: Iterable[StoredRecord], cut_ms: int) -> Iterable[StoredRecord]:
    for raw in raws:
        if raw.timestamp >= cut_ms:
            return
        yield raw


@EXAMPLES
@given(delivered())
def test_events_that_happened_later_are_left_out(case: Delivered) -> None:
    log, delivery = case
    store, examiner = applied(whole(log)), Examiner(PARTITIONS)
    counting = {(number, row.offset) for (number, _), row in store.index.items()}
    said = {place: examiner.examine(raw, place[0]) for place, raw in store.log.items() if place in counting}
    times = sorted(one.record.time for one in said.values() if isinstance(one, Sound) and one.record)
    if not times:
        return
    bound = times[len(times) // 2]
    bulk = in_bulk(store, log, delivery, by_index, Keep(event_time_before=bound))
    counted = sum(mark.events for mark in bulk.watermarks.values())
    assert counted == sum(time < bound for time in times)
    assert all(mark.newest_time < bound for mark in bulk.watermarks.values())


@EXAMPLES
@given(delivered_corrections(["case", "team"]))
def test_what_the_index_counts_is_decoded_to_the_same_records(case: Delivered) -> None:
    log, _ = case
    full, lean = Examiner(PARTITIONS), Examiner(PARTITIONS)
    for number, raws in log.records.items():
        for raw in raws:
            said = full.examine(raw, number)
            if isinstance(said, Sound):
                assert lean.counted(raw, number) == said.record


def test_a_record_that_is_none_any_more_is_no_record() -> None:
    for value in (None, b"", b"{}", b'{"type": "case.whistled"}'):
        assert Examiner(PARTITIONS).counted(StoredRecord(0, 0, b"case/1", value), 0) is None


def test_identities_are_kept_as_they_were_given() -> None:
    known, rows = Identities(), {f"{number:032x}": Indexed(number, f"{number:064x}") for number in range(5)}
    for identity, row in rows.items():
        known.add(identity, row.offset, row.content)
    assert dict(known) == rows
    assert (len(known), known.get("f" * 32)) == (5, None)
    with pytest.raises(KeyError):
        known["f" * 32]
