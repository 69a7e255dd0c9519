"""Clock events of the simulated lives here: just those that the clock itself would have told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ledger.codec import Examiner, Sound
from ledger.partition import partition_of
from ledger.record import Record, StoredRecord
from ledger.submission import check, stored
from ledger.topics import PARTITIONS
from producers.simulator import Simulation, Submitted, exchange, orders, rhythm, tasks
from projections.families import FAMILIES
from tests.fixed_keys import FixedKeys

NOW = datetime(2025, 6, 1, tzinfo=UTC)
FOLDED = ("contract", "order", "task")  # the due of the others is computed by rules
DAYS = 120


@pytest.fixture(scope="module")
def streams() -> dict[str, list[Record[Any]]]:
    """What three kinds of lives told, each stream in the order of time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rhythm, "KINDS", (*exchange.KINDS, *orders.KINDS, *tasks.KINDS))
        arrivals = list(Simulation(3, DAYS, registry=False))
    told = [one.event for one in arrivals if isinstance(one, Submitted) and not one.repeat]
    examiner, found = Examiner(PARTITIONS), dict[str, list[Record[Any]]]()
    for event in sorted(told, key=lambda event: str(event["time"])):
        if event["subject"].partition("/")[0] in FOLDED:
            (one,) = stored([check(event, NOW)], FixedKeys())
            raw = StoredRecord(0, int(NOW.timestamp() * 1000), one.key, one.value)
            sound = examiner.examine(raw, partition_of(one.key, PARTITIONS))
            assert isinstance(sound, Sound) and sound.record is not None
            found.setdefault(event["subject"], []).append(sound.record)
    return found


@pytest.mark.parametrize("family", FOLDED)
def test_every_clock_that_ran_out_was_told_when_it_did_and_no_other(
    streams: dict[str, list[Record[Any]]], family: str
) -> None:
    fold, overdue = FAMILIES[family], 0
    for records in (told for subject, told in streams.items() if subject.startswith(f"{family}/")):
        state = fold.state()
        for record in records:
            running = list(fold.deadlines(state))
            if type(record.event).__name__.endswith("Overdue"):
                event = record.event
                assert (event.clock, event.key or "", event.due) in [(one.clock, one.key, one.due) for one in running]
                assert record.time == event.due
                overdue += 1
            else:
                missed = [one for one in running if one.due and one.due < record.time]
                assert missed == [], f"{record.subject} went on after {missed} without a word of the clock"
            state = fold.evolve(state, record)
    assert overdue > 3
