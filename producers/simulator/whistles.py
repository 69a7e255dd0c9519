"""The whistle branch of a case: the town calls units, they report, confer and handle (吹哨报到)."""

from __future__ import annotations

from typing import Any

from producers.simulator.calendar import DAY, HOUR, MINUTE
from producers.simulator.matter import REPORT_SECONDS, Matter
from producers.simulator.topics import DECISIONS
from producers.simulator.world import DESK, GRID, Life, World


def whistle(world: World, matter: Matter) -> Life:
    """Asked for by the community, blown by the town; a second one where the first did not solve it."""
    for number in (1, 2):
        name = f"w{number}"
        yield from _request(world, matter)
        units = _units(world, matter)
        _blow(world, matter, name, units)
        yield from _report(world, matter, name, units)
        if matter.urgency != "emergency" and world.chance() < 0.75:
            yield world.by_day(20, 120) if matter.hasty else world.in_office(60, 900)
            data = {"decision": world.pick(DECISIONS)}
            world.tell("case.deliberated", matter.subject, world.community_of(matter.grid), data)
        resolved = world.chance() < 0.93
        yield from _handle(world, matter, name, units, resolved)
        if resolved or world.chance() < 0.5:
            return


def _request(world: World, matter: Matter) -> Life:
    community = world.community_of(matter.grid)
    yield matter.wait(world, 5, 30) if matter.hasty else world.by_day(20, 600)
    data = {"by": community, "reason": "需部门到场"}
    world.tell("case.whistle_requested", matter.subject, community, data)
    yield matter.wait(world, 5, 30) if matter.hasty else world.in_office(15, 360)


def _units(world: World, matter: Matter) -> list[str]:
    """The lead first: mostly who is competent, else the grid's responsible unit; then assistants."""
    competent = [world.unit_by_name[name] for name in matter.topic.units]
    units = [world.pick(competent) if world.chance() < 0.5 else world.responsible[matter.grid]]
    for _ in range(world.pick((0, 0, 1, 1, 2))):
        other = world.pick(world.county.units).id if world.chance() < 0.6 else world.pick(competent)
        if other not in units:
            units.append(other)
    return units


def _blow(world: World, matter: Matter, name: str, units: list[str]) -> None:
    town = world.county.grids[matter.grid].estate.town
    kind = "emergency" if matter.urgency == "emergency" else "ordinary"
    if kind == "ordinary" and len(units) > 1 and world.chance() < 0.3:
        kind = "joint_enforcement"
    called = [{"unit": unit, "part": "assist" if number else "lead"} for number, unit in enumerate(units)]
    data = {
        "whistle": name,
        "by": town,
        "kind": kind,
        "units": called,
        "report_due": world.text(REPORT_SECONDS[kind]),
        "handle_due": world.text(matter.handle_seconds(world)),
    }
    world.tell("case.whistled", matter.subject, town, data, DESK)


def _report(world: World, matter: Matter, name: str, units: list[str]) -> Life:
    """Each unit comes in its own time; tardy ones late or never, a few are noted twice."""
    emergency = matter.urgency == "emergency"
    coming = []
    for unit in units:
        if world.units[unit].tardy and world.chance() < 0.6:
            coming.append((world.between(25 * HOUR, 4 * DAY), unit))
            if world.chance() < 0.3:
                coming.pop()
        elif emergency:
            coming.append((world.between(5 * MINUTE, 33 * MINUTE), unit))
        else:
            coming.append((world.by_day(20, 300 if matter.hasty else 1380), unit))
        if coming and world.chance() < 0.02:
            coming.append((coming[-1][0] + 10 * MINUTE, coming[-1][1]))  # a contradiction
    began = world.now
    for after, unit in sorted(coming):
        yield began + after - world.now
        persons = world.some(world.members[unit], 2) if world.members[unit] else []
        data = {"whistle": name, "unit": unit, "persons": persons}
        world.tell("case.reported", matter.subject, unit, data, GRID)


def _handle(world: World, matter: Matter, name: str, units: list[str], resolved: bool) -> Life:
    """Assistants finish before the lead, who speaks for the case."""
    share = matter.handle_seconds(world) // MINUTE // (3 * len(units)) + 20
    for unit in reversed(units):
        slow = world.units[unit].tardy and world.chance() < 0.4
        yield matter.wait(world, share // 10, share * (5 if slow else 1))
        lead = unit == units[0]
        data: dict[str, Any] = {
            "by": unit,
            "resolved": resolved if lead else world.chance() < 0.95,
            "measures": world.pick(matter.topic.measures),
            "whistle": name,
        }
        world.tell("case.handled", matter.subject, unit, data, GRID)
