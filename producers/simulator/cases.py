"""The life of a case (诉求): discovered, given to a worker, handled in the grid or by whistle, answered."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from producers.simulator.calendar import DAY, MINUTE
from producers.simulator.discovery import discover
from producers.simulator.matter import SIGN_IN_SECONDS, Matter, handle
from producers.simulator.overdue import wait_past
from producers.simulator.rating import answer
from producers.simulator.topics import DECLINES, EXTENSIONS, PAUSES, REFUSALS
from producers.simulator.whistles import whistle
from producers.simulator.world import APP, DESK, GRID, Life, World

DISPATCH_RULE, ESCALATE_RULE = "dispatch-2024-1", "escalate-2024-1"
_WHISTLED = 0.3


def case(world: World, continues: Matter | None = None) -> Life:
    """A case from its discovery to its last event."""
    matter = discover(world, continues)
    fate = world.chance()
    if fate < 0.075:
        yield from _ends_early(world, matter, fate)
        return
    yield from _dispatch(world, matter)
    if fate < 0.075 + _WHISTLED:
        yield from whistle(world, matter)
    else:
        yield from _in_grid(world, matter)
    lighten(world, matter)
    continued = yield from answer(world, matter)
    if continued:
        yield from case(world, matter)


def _ends_early(world: World, matter: Matter, fate: float) -> Life:
    community = world.community_of(matter.grid)
    if fate < 0.025:
        yield world.by_day(20, 240)
        reason, where_to = world.pick(REFUSALS)
        world.tell("case.refused", matter.subject, community, {"reason": reason, "where_to": where_to})
    elif fate < 0.05:
        yield world.by_day(30, 600)
        data = {"reason": "已自行解决"} if fate < 0.035 else {}
        world.tell("case.withdrawn", matter.subject, matter.by, data)
    else:
        yield world.by_day(10, 120)
        into = world.pick(world.recent_cases)
        if into != matter.subject:
            world.tell("case.merged", matter.subject, community, {"into": into})


def _dispatch(world: World, matter: Matter) -> Life:
    """Given to the least loaded worker at hand until one takes it; the third time to the community's desk."""
    yield world.between(10, 15 * MINUTE) if world.chance() < 0.95 else world.by_day(60, 1800)
    to = tell_dispatched(world, matter, _candidates(world, matter.grid, None))
    while world.chance() < 0.06 and to.startswith("person/"):
        yield world.by_day(5, 90)
        world.tell("case.declined", matter.subject, to, {"reason": world.pick(DECLINES)}, GRID)
        lighten(world, matter)
        yield world.between(10, 5 * MINUTE)
        to = tell_dispatched(world, matter, _candidates(world, matter.grid, to))
    tardy = world.chance() < 0.05
    waited = world.by_day(120, 900) if tardy else world.between(2 * MINUTE, 100 * MINUTE)
    if tardy and world.chance() < 0.5:
        yield SIGN_IN_SECONDS
        town = world.county.grids[matter.grid].estate.town
        world.tell("case.escalated", matter.subject, town, {"to": town, "rule": ESCALATE_RULE})
        waited -= SIGN_IN_SECONDS
    yield max(waited, MINUTE)
    world.tell("case.accepted", matter.subject, to, {}, GRID)
    if world.chance() < 0.012:
        yield MINUTE
        world.tell("case.accepted", matter.subject, world.community_of(matter.grid), {})  # a contradiction


def _candidates(world: World, grid: int, declined: str | None) -> list[dict[str, Any]]:
    """Workers of the grid, or those of the next grid of its estate, with their loads."""
    estates, load = len(world.county.estates), world.load
    for number in (grid, (grid + estates) % len(world.workers)):
        found = [one for one in world.workers[number] if one != declined and not world.is_away(one)]
        if found:
            return sorted(({"person": one, "load": load.get(one, 0)} for one in found), key=_by_load)
    return []


def _by_load(candidate: dict[str, Any]) -> tuple[int, str]:
    return candidate["load"], candidate["person"]


def tell_dispatched(world: World, matter: Matter, candidates: list[dict[str, Any]]) -> str:
    """The desk gives the case to the first candidate, to the community where there is none; who has it now."""
    to: str = candidates[0]["person"] if candidates else world.community_of(matter.grid)
    data = {
        "to": to,
        "sign_in_due": world.text(SIGN_IN_SECONDS),
        "handle_due": world.calendar.text(matter.due),
        "rule": DISPATCH_RULE,
        "grid": world.county.grids[matter.grid].id,
        "candidates": candidates,
    }
    world.tell("case.dispatched", matter.subject, world.community_of(matter.grid), data, DESK)
    matter.worker = to
    world.load[to] = world.load.get(to, 0) + matter.weight
    return to


def lighten(world: World, matter: Matter) -> None:
    """The case is no longer part of what its worker carries."""
    left = world.load.get(matter.worker, 0) - matter.weight
    if left > 0:
        world.load[matter.worker] = left
    else:
        world.load.pop(matter.worker, None)


def _in_grid(world: World, matter: Matter) -> Life:
    """Handled by the worker in the grid (事在格中办), mostly well within the clock."""
    left_minutes = max((matter.due - world.now) // MINUTE, 30)
    if world.chance() < 0.25:
        yield matter.wait(world, 5, left_minutes // 8 + 10)
        world.tell("case.looked_up", matter.subject, matter.by, {}, APP)
    if world.chance() < 0.11 and not matter.hasty:
        yield from _slowed(world, matter)
    if world.chance() < 0.05:  # too late
        late, holder = matter.wait(world, left_minutes, left_minutes * 2), matter.worker
        who = holder if holder.startswith("person/") else None
        yield from wait_past(world, late, matter.subject, "handle", matter.due, who)
    else:
        yield matter.wait(world, left_minutes // 30, left_minutes // 2)
    handle(world, matter, resolved=world.chance() < 0.96)


def _slowed(world: World, matter: Matter) -> Generator[int, None, None]:
    desk, chance = world.community_of(matter.grid), world.chance()
    yield world.in_office(60, 1200)
    if chance < 0.35:
        matter.due += world.between(2, 10) * DAY
        data = {"handle_due": world.calendar.text(matter.due), "reason": world.pick(EXTENSIONS)}
        world.tell("case.extended", matter.subject, desk, data)
    elif chance < 0.7:
        world.tell("case.paused", matter.subject, matter.worker, {"reason": world.pick(PAUSES)}, GRID)
        yield world.by_day(600, 4000)
        world.tell("case.resumed", matter.subject, matter.worker, {}, GRID)
    else:
        tier, by = world.pick((("town", world.county.grids[matter.grid].estate.town), ("community", desk)))
        if world.chance() < 0.3:
            tier, by = "county", "place/zuoyun"
        world.tell("case.supervised", matter.subject, by, {"tier": tier, "note": "三日内报结果"})
