"""After the handling: the reply, ratings by residents and the call-back desk, and what people contest."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from producers.simulator.calendar import HOUR, MINUTE
from producers.simulator.matter import Matter, handle
from producers.simulator.topics import DISPUTES, EXCLUSIONS, REOPENINGS, REPLIES
from producers.simulator.world import APP, DESK, HOTLINE, HOTLINE_DESK, Life, World

REOPEN_RULE = "reopen-2024-1"
_CALLED_BACK, _REACHED = 0.72, 0.88
_SHARES = {"call_back": (0.98, 0.992), "resident": (0.93, 0.97)}  # satisfied; satisfied or fairly


def answer(world: World, matter: Matter) -> Generator[int, None, bool]:
    """Reply, ratings, perhaps reopening and disputes; true where a new case is to continue this one."""
    for _ in range(3):
        yield from _reply(world, matter)
        content = yield from _rate(world, matter)
        if content and world.chance() > 0.04:
            break
        if world.chance() < 0.3:  # dissatisfied, and leaves it at that
            break
        if world.chance() < 0.12:  # after the 72 h in which a case can be reopened
            yield world.by_day(4400, 9000)
            return True
        yield from _reopen(world, matter)
    yield from _afterwards(world, matter)
    return False


def _reply(world: World, matter: Matter) -> Life:
    yield world.by_day(10, 300)
    desk = world.community_of(matter.grid)
    world.tell("case.replied", matter.subject, desk, {"text": world.pick(REPLIES)})


def _rate(world: World, matter: Matter) -> Generator[int, None, bool]:
    content = True
    if world.chance() < 0.35:
        yield world.by_day(5, 900)
        rating = _rating(world, "resident")
        content = rating.get("satisfaction") != "dissatisfied"
        world.tell("case.rated", matter.subject, matter.by, rating, APP)
    if world.chance() < _CALLED_BACK:
        yield world.in_office(300, 2000)
        rating = _rating(world, "call_back")
        content = content and rating.get("satisfaction") != "dissatisfied"
        world.tell("case.rated", matter.subject, HOTLINE_DESK, rating, HOTLINE)
    return content


def _rating(world: World, by: str) -> dict[str, Any]:
    if by == "call_back" and world.chance() >= _REACHED:
        return {"by": by, "reached": False}
    satisfied, fairly = _SHARES[by]
    chance = world.chance()
    satisfaction = "satisfied" if chance < satisfied else "fairly" if chance < fairly else "dissatisfied"
    pleased = satisfaction == "satisfied"
    return {
        "by": by,
        "reached": True,
        "contacted": pleased or world.chance() < 0.6,
        "resolved": world.chance() < (0.97 if pleased else 0.3),
        "satisfaction": satisfaction,
    }


def _reopen(world: World, matter: Matter) -> Life:
    yield world.by_day(30, 2400)
    world.tell("case.reopen_requested", matter.subject, matter.by, {"reason": world.pick(REOPENINGS)}, APP)
    yield world.between(MINUTE, HOUR)
    desk = world.community_of(matter.grid)
    matter.due = world.now + matter.handle_seconds(world)
    data = {"handle_due": world.calendar.text(matter.due), "rule": REOPEN_RULE}
    world.tell("case.reopened", matter.subject, desk, data)
    yield world.by_day(120, max((matter.due - world.now) // MINUTE // 2, 240))
    handle(world, matter, resolved=True)


def _afterwards(world: World, matter: Matter) -> Life:
    """Disputes and exclusions of a few; most are closed by the desk."""
    chance, desk = world.chance(), world.community_of(matter.grid)
    if chance < 0.03:
        about, reason = world.pick(DISPUTES)
        by = world.responsible[matter.grid]
        yield world.in_office(60, 1500)
        world.tell("case.disputed", matter.subject, by, {"by": by, "about": about, "reason": reason})
        yield world.in_office(600, 5000)
        town = world.county.grids[matter.grid].estate.town
        world.tell("case.dispute_ruled", matter.subject, town, {"upheld": world.chance() < 0.3})
    elif chance < 0.055:
        yield world.in_office(60, 2000)
        reviewer = world.pick(world.members[world.responsible[matter.grid]])
        data = {"reason": world.pick(EXCLUSIONS), "reviewer": reviewer}
        world.tell("case.excluded", matter.subject, reviewer, data)
    if world.chance() < 0.6:
        yield world.in_office(360, 1440)
        world.tell("case.closed", matter.subject, desk, {}, DESK)
