"""The watchdog: a partition that is behind and does not move for a minute is stuck, one that was idle is not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from processors import health
from processors.health import WATCHDOG_SECONDS, Health


class Time:
    """A clock that a test moves, in place of `time.monotonic`."""

    now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    made = Time()
    monkeypatch.setattr(health, "time", made)
    return made


@pytest.fixture
def projector(time: Time) -> Any:
    return SimpleNamespace(next_offsets={0: 10}, progressed_at={0: time.now}, touch=lambda: None)


@pytest.fixture
def watched(projector: Any) -> Health:
    return Health(projector, lambda: None)


def test_a_partition_that_is_behind_and_does_not_move_is_stuck_after_a_minute(watched: Health, time: Time) -> None:
    assert not watched.is_stuck({0: 11})
    time.now += WATCHDOG_SECONDS - 1
    assert not watched.is_stuck({0: 11})
    time.now += 2
    assert watched.is_stuck({0: 11})


def test_a_record_that_comes_after_an_idle_hour_is_given_its_minute(watched: Health, time: Time) -> None:
    for _ in range(3600):
        time.now += 1
        assert not watched.is_stuck({0: 10}), "nothing to read"
    time.now += 0.5
    assert not watched.is_stuck({0: 11}), "it has come this moment"
    time.now += WATCHDOG_SECONDS + 1
    assert watched.is_stuck({0: 11})


def test_a_partition_that_moves_is_not_stuck_however_far_it_is_behind(
    watched: Health, projector: Any, time: Time
) -> None:
    for moved in range(100):
        time.now += WATCHDOG_SECONDS / 2
        projector.next_offsets[0], projector.progressed_at[0] = 10 + moved, time.now
        assert not watched.is_stuck({0: 1_000_000})


def test_one_stuck_partition_is_enough_and_one_that_is_another_workers_is_none(watched: Health, time: Time) -> None:
    watched.is_stuck({0: 10, 1: 99})
    time.now += WATCHDOG_SECONDS + 1
    assert not watched.is_stuck({0: 10, 1: 99}), "partition 1 is not ours"
    assert not watched.is_stuck({0: 12})
    time.now += WATCHDOG_SECONDS + 1
    assert watched.is_stuck({0: 12, 1: 99})


def test_nothing_is_stuck_while_a_server_is_away(watched: Health, time: Time) -> None:
    watched.waiting(0, True)
    time.now += 10 * WATCHDOG_SECONDS
    assert not watched.is_stuck({0: 11})
