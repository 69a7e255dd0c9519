"""The scenario of the two reports: always the same, sound event by event, and large enough for its figures."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from ledger.submission import check
from producers.simulator import Submitted
from producers.simulator.reports import Reports

NOW = datetime(2025, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def events() -> list[dict[str, Any]]:
    return [arrival.event for arrival in Reports() if isinstance(arrival, Submitted)]


def test_it_is_told_the_same_each_time(events: list[dict[str, Any]]) -> None:
    again = [arrival.event for arrival in Reports() if isinstance(arrival, Submitted)]
    assert orjson.dumps(again) == orjson.dumps(events)


def test_every_event_is_sound_on_the_way_in(events: list[dict[str, Any]]) -> None:
    for event in events:
        check(event, NOW)


def test_no_event_is_told_twice_and_all_stand_in_the_order_of_time(events: list[dict[str, Any]]) -> None:
    assert len({event["id"] for event in events}) == len(events)
    times = [datetime.fromisoformat(event["time"]) for event in events]
    assert times == sorted(times)
    assert {time.year for time in times} == {2024}


def test_it_brings_its_own_dispatches_and_clocks(events: list[dict[str, Any]]) -> None:
    types = Counter(event["type"] for event in events)
    assert types["case.dispatched"] == types["case.discovered"] == 656
    assert types["hazard.overdue"] and types["mediation.escalated"] and types["survey.closed"]
