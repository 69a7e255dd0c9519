"""Assessments, adopted rules and closed periods as the simulator tells them: sound, of every type, odd at times."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from heapq import heappop, heappush
from typing import Any

import msgspec
import orjson
import pytest

from ledger.submission import check
from producers.simulator.arrival import Submitted
from producers.simulator.assessing import KINDS, founding_assessing
from producers.simulator.calendar import DAY, HOUR
from producers.simulator.founding import county
from producers.simulator.world import Life, World
from projections.rules import ThreeRates, default_preset

NOW = datetime(2024, 12, 1, tzinfo=UTC)
DAYS = 120


def told(seed: int) -> list[dict[str, Any]]:
    """What these lives tell in 120 days at scale 1, in the order of arrival."""
    waiting: list[tuple[int, int, Life | Submitted]] = []
    order = iter(range(10_000_000))
    world = World(seed, date(2024, 3, 1), {}, lambda at, thing: heappush(waiting, (at, next(order), thing)))
    found = []
    for day in range(DAYS):
        for kind in KINDS:
            for _ in range(int(kind.a_day + world.chance())):
                world.begin(kind.begin(world), day * DAY + world.between(9 * HOUR, 12 * HOUR))
    while waiting:
        world.now, _, thing = heappop(waiting)
        if isinstance(thing, Submitted):
            found.append(thing.event)
            continue
        wait = next(thing, None)
        if wait is not None:
            heappush(waiting, (world.now + wait, next(order), thing))
        found += world.told
        world.told.clear()
    return found


@pytest.fixture(scope="module")
def events() -> list[dict[str, Any]]:
    return told(7)


def test_everything_is_sound_and_every_type_is_told(events: list[dict[str, Any]]) -> None:
    for event in events:
        check(orjson.dumps(event), NOW)
    counted = Counter(event["type"] for event in events)
    assert counted.keys() == {f"assessment.{told}" for told in ("scored", "contested", "ruled")} | {
        "period.closed", "rule.adopted"
    }  # fmt: skip
    assert counted.pop("rule.adopted") > 2
    assert min(counted.values()) >= 30
    assert 12 < len(events) / DAYS < 30, "its share of a day"


def test_every_unit_is_scored_by_both_tiers_and_the_tardy_ones_lower(events: list[dict[str, Any]]) -> None:
    scored = [event for event in events if event["type"] == "assessment.scored"]
    kinds = Counter(event["data"]["kind"] for event in scored)
    assert kinds.keys() == {"points", "bonus", "deduction"}
    shares: dict[str, list[float]] = {}
    for event in scored:
        if event["data"]["kind"] == "points":
            unit = f"unit/{event['subject'].partition('/')[2].partition('~')[0]}"
            shares.setdefault(unit, []).append(event["data"]["points"] / event["data"]["max"])
    tardy = {unit.id: unit.tardy for unit in county().units}
    assert shares.keys() == tardy.keys()
    means = {unit: sum(some) / len(some) for unit, some in shares.items()}
    late, good = ([mean for unit, mean in means.items() if tardy[unit] is wanted] for wanted in (True, False))
    assert sum(late) / len(late) < sum(good) / len(good) - 0.1
    assert {event["data"]["tier"] for event in scored} == {"town", "community"}


def test_some_items_are_scored_twice_and_some_periods_closed_twice(events: list[dict[str, Any]]) -> None:
    items = Counter(
        (event["subject"], event["data"]["assessor"], event["data"]["item"])
        for event in events
        if event["type"] == "assessment.scored"
    )
    assert 0 < sum(count > 1 for count in items.values()) < len(items) / 10
    closed = Counter(event["subject"] for event in events if event["type"] == "period.closed")
    assert max(closed.values()) > 1


def test_the_same_seed_tells_the_same(events: list[dict[str, Any]]) -> None:
    assert told(7) == events


def test_the_county_adopts_the_shipped_rates_and_a_draft_that_can_not_be_read() -> None:
    draft, adopted = list(founding_assessing(county()))
    for entry in (draft, adopted):
        event = {"specversion": "1.0", "id": "1", "source": "desk", "type": entry.type, "subject": entry.subject}
        told = event | {"time": "2024-03-01T08:00:00+08:00", "authid": entry.authid, "data": entry.data}
        check(orjson.dumps(told), NOW)
    parameters = msgspec.convert(adopted.data["parameters"], ThreeRates)
    assert parameters == default_preset(ThreeRates).parameters, "figures stay those of the default"
    with pytest.raises(msgspec.ValidationError, match="window_closes_minute"):
        msgspec.convert(draft.data["parameters"], ThreeRates)
