"""The workload of `bench/peers`: its own fold, ours, and that of the peers in Python say the same of every cell."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime

import orjson
import pytest

from bench.peers.cells import GRID_COUNTS, UNIT_COUNTS, Cells, count, differences, without_zeros
from bench.peers.measured import Measured
from bench.peers.rounds import summaries
from bench.peers.steps import added, changes, new_case
from bench.peers.workload import STEPS, records, submitted
from ledger.codec import Examiner, Sound
from ledger.partition import partition_of
from ledger.record import StoredRecord
from ledger.submission import Stored
from ledger.topics import PARTITIONS
from projections.case import evolve
from projections.case_state import Case
from projections.case_tallies import case_day, case_kind, contribute, grid_load, unit_day

EVENTS = 1_200
STAMP = datetime(2026, 1, 1, tzinfo=UTC)
KEPT = {
    case_day: ("discovered", "whistled", "handled", "replied", "rated", "satisfied"),
    case_kind: ("resolved",),
    grid_load: ("open",),
    unit_day: ("called", "reported", "handled", "resolved"),
}


@pytest.fixture(scope="module")
def written() -> list[Stored]:
    return list(records(EVENTS))


def folded_by_ours(written: list[Stored]) -> Iterator[Case]:
    cases: dict[str, Case] = {}
    examiner = Examiner(PARTITIONS)
    for offset, one in enumerate(written):
        raw = StoredRecord(offset, int(STAMP.timestamp() * 1000), one.key, one.value)
        sound = examiner.examine(raw, partition_of(one.key, PARTITIONS))
        assert isinstance(sound, Sound) and sound.record is not None, sound
        cases[sound.subject] = evolve(cases.get(sound.subject, Case()), sound.record)
    return iter(cases.values())


def cells_of_ours(written: list[Stored]) -> Cells:
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for case in folded_by_ours(written):
        for share in contribute(case):
            for name, number in zip(share.tally.measures, share.values, strict=True):
                if name in KEPT.get(share.tally, ()):
                    counted[str(share.key[0])][name] += number
        for owed in case.obligations:
            is_late = owed.handled_at is not None and owed.handle_due is not None and owed.handled_at > owed.handle_due
            counted[str(case.place)]["overdue"] += is_late
    return without_zeros(counted)


def cells_of_python_peers(written: list[Stored], deliveries: int) -> Cells:
    cases = defaultdict[str, dict[str, object]](new_case)
    sums: dict[str, dict[str, int]] = defaultdict(dict)
    for one in written:
        for _ in range(deliveries):
            for key, counts in changes(cases[one.key.decode()], orjson.loads(one.value)):
                sums[key] = added(sums[key], counts)
    return without_zeros(sums)


def test_ours_counts_what_the_independent_fold_counts(written: list[Stored]) -> None:
    assert differences(cells_of_ours(written), count(one.value for one in written)) == []


@pytest.mark.parametrize("deliveries", [1, 2])
def test_peers_in_python_count_the_same_however_often_a_record_comes(written: list[Stored], deliveries: int) -> None:
    assert differences(cells_of_python_peers(written, deliveries), count(one.value for one in written)) == []


def test_the_workload_touches_every_count_and_is_the_same_at_every_run(written: list[Stored]) -> None:
    cells = count(one.value for one in written)
    assert {name for row in cells.values() for name in row} == {*GRID_COUNTS, *UNIT_COUNTS}
    assert [one.value for one in records(200)] != [one.value for one in records(200, seed=2)]
    assert len(written) == EVENTS and [one.value for one in records(EVENTS)][-1] == written[-1].value


def test_the_events_stand_in_the_order_of_their_time_and_a_case_takes_seven_steps_at_most() -> None:
    told = list(submitted(EVENTS))
    assert [one["time"] for one in told] == sorted(one["time"] for one in told)
    assert max(Counter(one["subject"] for one in told).values()) == STEPS


def test_a_difference_names_the_cell_and_both_counts() -> None:
    found = differences({"place/a": {"open": 2}}, {"place/a": {"open": 1}, "unit/b": {"called": 1}})
    assert found == ["place/a: {'open': 2}, not {'open': 1}", "unit/b: {}, not {'called': 1}"]


def run(contender: str, number: int, seconds: float, *differences: str) -> Measured:
    return Measured(contender, number, 1_000, seconds, 100.0, 1.0, 2.0, 3.0, 40, list(differences))


def test_ratios_compare_runs_of_the_same_round() -> None:
    runs = [
        *(run("shanzhi", 1, 1.0), run("shanzhi rebuild", 1, 0.5), run("peer", 1, 2.0)),
        *(run("shanzhi", 2, 4.0), run("shanzhi rebuild", 2, 2.0), run("peer", 2, 2.0, "place/a: …")),
    ]
    told = {one.contender: one for one in summaries(runs)}
    assert told["peer"].live_ratios == (0.5, 1.25, 2.0)
    assert told["peer"].rebuild_ratios == (1.0, 2.5, 4.0)
    assert told["shanzhi"].live_ratios == (1.0, 1.0, 1.0)
    assert told["shanzhi"].is_right and not told["peer"].is_right
