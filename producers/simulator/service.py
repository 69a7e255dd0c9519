"""What people do for residents: duties of in-service members, volunteer acts, activities."""

from __future__ import annotations

from typing import Any

from producers.simulator.calendar import DAY, HOUR, MINUTE
from producers.simulator.county import Estate
from producers.simulator.names import ACTIVITIES, ACTS, BRANDS, CAMPAIGNS, CANCELLATIONS, REFUSALS, SERVICES
from producers.simulator.world import APP, DESK, GRID, Life, World


def duty(world: World) -> Life:
    """One report to a community or, once they have reported, one service there (双报到、双服务)."""
    if world.to_report and world.chance() < 0.5:
        return _report(world, *world.to_report.pop())
    return _serve(world)


def _report(world: World, party: str, unit: str) -> Life:
    subject, community = world.new("duty"), world.units[unit].community
    data = {"party": party, "unit": unit, "community": community}
    world.tell("duty.reported", subject, party, data, APP)
    if world.chance() < 0.015:
        yield 20 * MINUTE
        world.tell("duty.reported", subject, party, data, APP)  # a contradiction: said twice
    yield from _answer(world, "duty", subject, community)


def _serve(world: World) -> Life:
    unit = world.pick(world.county.units)
    member = world.pick(world.members[unit.id])
    subject, span = world.new("duty"), world.between(1, 4) * 30 * MINUTE
    yield span
    data: dict[str, Any] = {
        "person": member,
        "unit": unit.id,
        "community": unit.community,
        "kind": world.pick(SERVICES),
        "began": world.text(-span),
        "ended": world.text(),
        "beneficiaries": world.between(0, 30),
    }
    if world.recent_acts and world.chance() < 0.05:  # told a second time, as the other kind of service
        data["act"] = world.pick(world.recent_acts)
    world.tell("duty.served", subject, member, data, APP)
    yield from _answer(world, "duty", subject, unit.community)


def act(world: World) -> Life:
    """A volunteer act by a team, by people of a unit or by somebody alone (志愿服务)."""
    subject, span = world.new("act"), world.between(1, 6) * 30 * MINUTE
    yield span
    data: dict[str, Any] = {
        "kind": world.pick(ACTS),
        "began": world.text(-span),
        "ended": world.text(),
        "beneficiaries": world.between(1, 20),
    }
    who = world.chance()
    if who < 0.6:
        team = world.pick(world.county.teams)
        place = team.place
        data |= {"persons": world.some(team.members, 4), "place": place.id, "team": team.id}
    elif who < 0.75:
        unit, place = world.pick(world.county.units), world.pick(world.county.estates)
        data |= {"persons": world.some(world.members[unit.id], 4), "place": place.id, "unit": unit.id}
    else:
        place = world.pick(world.county.estates)
        data |= {"persons": [world.pick(world.county.volunteers)], "place": place.id}
    if world.recent_activities and world.chance() < 0.1:
        data["activity"] = world.pick(world.recent_activities)
    world.recent_acts.append(subject)
    world.tell("volunteer.acted", subject, data["persons"][0], data, APP)
    yield from _answer(world, "volunteer", subject, place.community)


def _answer(world: World, family: str, subject: str, community: str) -> Life:
    """The community confirms within days, refuses some, and never answers a few."""
    yield world.in_office(30, 3500)
    chance = world.chance()
    if chance < 0.93:
        world.tell(f"{family}.confirmed", subject, community, {"by": community}, DESK)
    elif chance < 0.98:
        data = {"by": community, "reason": world.pick(REFUSALS)}
        world.tell(f"{family}.refused", subject, community, data, DESK)


def activity(world: World) -> Life:
    """An activity, planned days ahead and mostly for a weekend (活动)."""
    subject, estate = world.new("activity"), world.pick(world.county.estates)
    begins, ends = _when(world)
    world.tell("activity.planned", subject, estate.community, _plan(world, estate, begins, ends), DESK)
    if world.chance() < 0.08:
        yield (begins - world.now) // 2
        world.tell("activity.cancelled", subject, estate.community, {"reason": world.pick(CANCELLATIONS)})
        return
    yield ends - world.now + world.between(10 * MINUTE, 3 * HOUR)
    world.recent_activities.append(subject)
    world.tell("activity.held", subject, estate.community, {"attendance": world.between(6, 120)}, GRID)


def _plan(world: World, estate: Estate, begins: int, ends: int) -> dict[str, Any]:
    kind, title = world.pick(ACTIVITIES)
    data: dict[str, Any] = {
        "title": f"{estate.name}{title}",
        "kind": kind,
        "place": estate.id,
        "organiser": estate.community,
        "providers": world.pick_units(world.pick((0, 1, 1, 2))),
        "begins": world.calendar.text(begins),
        "ends": world.calendar.text(ends),
    }
    if world.chance() < 0.4:
        data["campaign"] = world.pick(CAMPAIGNS)
    if world.chance() < 0.2:
        data["brand"] = world.pick(BRANDS)
    return data


def _when(world: World) -> tuple[int, int]:
    """Two weekend slots of three in four, else an evening of the coming days."""
    if world.chance() < 0.75:
        begins = world.calendar.weekend_after(world.now) + world.pick((0, DAY))
        begins += world.pick((9 * HOUR, 10 * HOUR, 14 * HOUR + 30 * MINUTE))
    else:
        begins = world.now - world.now % DAY + world.between(1, 5) * DAY + 19 * HOUR
    return begins, begins + world.between(2, 6) * 30 * MINUTE
