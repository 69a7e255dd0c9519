"""The worker's memory of states: bounded by what they hold, and never of another position."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from projections.act import Act
from projections.case_state import Case
from projections.family import State
from projections.store import cache
from projections.store.cache import StateCache

AT = datetime(2024, 5, 11, tzinfo=UTC)
SMALL = Case(discovered_at=AT)
LONG = Case(text="占" * 40_000)
FULL = Act(persons=tuple(f"person/{number}" for number in range(200)))


@pytest.fixture
def states(monkeypatch: pytest.MonkeyPatch) -> StateCache:
    monkeypatch.setattr(cache, "BYTES_PER_PARTITION", 300_000)
    return StateCache()


@pytest.mark.parametrize(("state", "most"), [(SMALL, 200), (LONG, 7), (FULL, 4)], ids=["small", "long", "full"])
def test_what_is_large_leaves_room_for_fewer_and_the_latest_stay(states: StateCache, state: State, most: int) -> None:
    for number in range(500):
        states.keep(0, "g", number, [{f"a/{number}": state}])
    held = states.states(0, "g", 499)
    assert most // 2 <= len(held) <= most
    assert list(held)[-1] == "a/499"


def test_one_that_is_touched_again_counts_once_and_one_that_is_gone_not_at_all(states: StateCache) -> None:
    for number in range(1_000):
        states.keep(0, "g", number, [{"a/1": FULL, "a/2": SMALL}])
    assert states.states(0, "g", 999) == {"a/1": FULL, "a/2": SMALL}
    states.keep(0, "g", 1_000, [{"a/1": None}])
    assert states.states(0, "g", 1_000) == {"a/2": SMALL}


@pytest.mark.parametrize(("generation", "position"), [("g", 8), ("h", 7)])
def test_states_of_another_position_or_generation_are_none(states: StateCache, generation: str, position: int) -> None:
    states.keep(0, "g", 7, [{"a/1": SMALL}])
    states.keep(1, "g", 7, [{"b/1": SMALL}])
    assert states.states(0, generation, position) == {}
    assert states.states(1, "g", 7) == {"b/1": SMALL}
