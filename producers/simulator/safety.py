"""小区巡查 and 安全隐患: rounds of the patrol teams, and what they and others find."""

from __future__ import annotations

from typing import Any

from producers.simulator.calendar import DAY, HOUR, MINUTE
from producers.simulator.county import Estate
from producers.simulator.kind import BY_DAY, EVEN, Kind
from producers.simulator.overdue import wait_past
from producers.simulator.world import APP, GRID, Life, World

_METRES_A_MINUTE = 30
_HAZARDS = ("消防通道堵塞", "线路老化", "护栏松动", "井盖破损", "外墙脱落", "楼道堆物", "飞线充电", "燃气软管老化")
_SEVERITIES = (("serious", 1), ("moderate", 3), ("moderate", 3), ("minor", 15), ("minor", 15))


def patrol(world: World) -> Life:
    """One round of a team, at its own place or another one of the county."""
    teams = [team for team in world.county.teams if team.kind == "patrol"]
    team, span = world.pick(teams), world.between(2, 7) * 20 * MINUTE
    estate = team.place if world.chance() < 0.3 else world.pick(world.county.estates)
    yield span
    subject = world.new("patrol")
    members = world.some(team.members, 4)
    made = {
        "team": team.id, "place": estate.id, "persons": members, "metres": span // MINUTE * _METRES_A_MINUTE,
        "began": world.text(-span), "ended": world.text(),
    }  # fmt: skip
    world.tell("patrol.made", subject, members[0], made, GRID)
    if world.chance() < 0.22:
        world.begin(_hazard(world, estate, members[0], subject), world.between(MINUTE, HOUR))
    if world.chance() < 0.01:
        yield world.between(MINUTE, HOUR)
        world.tell("patrol.made", subject, members[0], made, GRID)  # a contradiction: said twice


def hazard(world: World) -> Life:
    """A hazard that a grid worker or a volunteer comes upon."""
    number = world.between(0, len(world.county.grids))
    finder = world.workers[number][0] if world.chance() < 0.7 else world.pick(world.county.volunteers)
    grid = world.county.grids[number]
    yield from _hazard(world, grid.estate, finder, place=grid.id if world.chance() < 0.6 else None)


def _hazard(
    world: World, estate: Estate, finder: str, patrol_made: str | None = None, place: str | None = None
) -> Life:
    """Found, fixed and verified; tardy units are late, some hazards nobody fixes."""
    subject, (severity, days), unit = world.new("hazard"), world.pick(_SEVERITIES), world.pick(world.county.units)
    due = world.now + days * DAY
    found: dict[str, Any] = {
        "place": place or estate.id,
        "kind": world.pick(_HAZARDS),
        "severity": severity,
        "responsible": unit.id,
    }
    if patrol_made:
        found["patrol"] = patrol_made
    if world.chance() < 0.6:
        found["due"] = world.calendar.text(due)
    if world.chance() < 0.3:
        found["location"] = {
            "longitude": round(estate.centre["longitude"] + world.chance() / 500, 6),
            "latitude": round(estate.centre["latitude"] + world.chance() / 500, 6),
        }
    if world.recent_cases and world.chance() < 0.1:
        found["case"] = world.pick(world.recent_cases)
    world.tell("hazard.found", subject, finder, found, GRID)
    late = world.chance() < (0.6 if unit.tardy else 0.1)
    wait = due - world.now + world.between(2, 90) * HOUR if late else world.between(HOUR, days * DAY - HOUR)
    yield from wait_past(world, wait, subject, "fix", due, unit.id)
    if world.chance() < 0.03:  # nobody fixes it
        return
    world.tell("hazard.fixed", subject, unit.id, {"by": unit.id}, APP)
    if world.chance() < 0.9:
        yield world.by_day(60, 3000)
        world.tell("hazard.verified", subject, finder, {"by": finder}, GRID)


KINDS = (Kind(patrol, 7, BY_DAY, EVEN), Kind(hazard, 1.6, BY_DAY, EVEN))
