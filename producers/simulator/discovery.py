"""How a matter comes up: channel, demand, words and place, and who speaks."""

from __future__ import annotations

from typing import Any

from producers.simulator.matter import Matter, photo
from producers.simulator.topics import ADDITIONS, TOPICS
from producers.simulator.world import APP, DESK, GRID, HOTLINE, HOTLINE_DESK, World

_CHANNELS = (
    *("app_reflect",) * 40, *("app_service",) * 14, *("hotline",) * 14, *("window",) * 10, *("express",) * 6,
    *("patrol",) * 8, *("visit",) * 4, "conference", "camera", "curtain", "open311", "import",
)  # fmt: skip
_SOURCES = {
    "app_reflect": APP,
    "app_service": APP,
    "express": APP,
    "hotline": HOTLINE,
    "patrol": GRID,
    "visit": GRID,
}
_NUMBERED = frozenset({"hotline", "open311", "import"})
_BUSY_SHARE = 0.15  # of all cases come from the dozen busy grids


def discover(world: World, continues: Matter | None = None) -> Matter:
    """Somebody raises a matter: the first event of a case."""
    county = world.county
    busy = world.chance() < _BUSY_SHARE
    grid = world.pick(county.busy) if busy else world.between(0, len(county.grids))
    topic = world.pick(TOPICS)
    if continues:
        grid, topic = continues.grid, continues.topic
    urgency = _urgency(world.chance())
    channel = world.pick(_CHANNELS)
    reporter = world.workers[grid][0] if channel in ("patrol", "visit") else world.resident()
    by = reporter or "anonymous/app"
    demand = world.pick(topic.demands)
    matter = Matter(world.new("case"), grid, topic, demand, urgency, _class(world, urgency), by)
    matter.due = world.now + matter.handle_seconds(world)
    data = _data(world, matter, channel, reporter)
    if continues:
        data["continues"] = continues.subject
    source = _SOURCES.get(channel, DESK)
    teller = by if source in (APP, GRID) else HOTLINE_DESK if source == HOTLINE else world.community_of(grid)
    world.tell("case.discovered", matter.subject, teller, data, source)
    world.recent_cases.append(matter.subject)
    return matter


def _urgency(chance: float) -> str:
    return "emergency" if chance < 0.03 else "urgent" if chance < 0.15 else "ordinary"


def _class(world: World, urgency: str) -> str | None:
    if urgency == "emergency":
        return "h2"
    chance = world.chance()
    if urgency == "urgent":
        return "h24" if chance < 0.8 else None
    return None if chance < 0.5 else "d7" if chance < 0.85 else "d15"


def _data(world: World, matter: Matter, channel: str, reporter: str | None) -> dict[str, Any]:
    grid = world.county.grids[matter.grid]
    data: dict[str, Any] = {
        **said(world, matter, channel),
        "place": grid.id if world.chance() < 0.8 else grid.estate.id,
    }
    if matter.handle_class:
        data["class"] = matter.handle_class
    if reporter:
        data["reporter"] = reporter
    if world.chance() < 0.12:
        data["location"] = {
            "longitude": round(grid.centre["longitude"] + world.chance() / 500, 6),
            "latitude": round(grid.centre["latitude"] + world.chance() / 500, 6),
        }
    if world.chance() < 0.2:
        _rarely(world, matter, channel, data)
    if channel in _NUMBERED:
        data["external"] = {"system": channel, "number": f"{world.seed}-{world.between(0, 10**8)}"}
    return data


def said(world: World, matter: Matter, channel: str) -> dict[str, Any]:
    """What every case says of its matter."""
    return {
        "channel": channel,
        "demand": matter.demand,
        "category": matter.topic.category,
        "urgency": matter.urgency,
        "text": f"{world.pick(matter.topic.problems)}，{world.pick(ADDITIONS)}",
    }


def _rarely(world: World, matter: Matter, channel: str, data: dict[str, Any]) -> None:
    if channel == "window":
        data["first_responsible"] = world.workers[matter.grid][0]
    elif world.chance() < 0.3:
        data["photos"] = [photo(world)]
    elif world.chance() < 0.3:
        data["on_behalf_of"] = world.pick(world.county.residents)
    elif world.chance() < 0.2:
        data["about"] = world.pick((world.responsible[matter.grid], world.workers[matter.grid][0]))
