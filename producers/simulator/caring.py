"""走访, 结对帮扶 and 窗帘行动: who goes to see whom, and whose curtain somebody looks for each morning."""

from __future__ import annotations

from typing import Any

from producers.simulator.calendar import DAY, HOUR, MINUTE
from producers.simulator.kind import BY_DAY, EVEN, OFFICE, WEEKEND, WORKDAYS, Kind
from producers.simulator.overdue import CLOCK
from producers.simulator.standing import LEADERS
from producers.simulator.world import DESK, GRID, Life, World

_FINDINGS = ("独居老人，身体尚好。", "家中漏水，已联系维修。", "孩子放学后无人照看。", "希望增设晾衣架。", "一切正常。")
_STUDIES = ("物业与业委会配合不畅，建议召开联席会议。", "停车位紧张，可利用闲置地块。", "党群服务中心使用率高。")
_GROUPS = ("lone_elder", "lone_elder", "hardship", "migrant_tenant", "child", "other")
_ENDS = ("由子女接走照料", "已搬离小区", "困难已解决")
_CLOCK_AUTHID, _RULE = "rule/clocks", "2024-1"
_KNOCK = 30 * MINUTE


def visit(world: World) -> Life:
    """Somebody goes from door to door in a grid (分片包楼入户)."""
    number, span = world.between(0, len(world.county.grids)), world.between(2, 7) * 10 * MINUTE
    grid, worker = world.county.grids[number], world.workers[number][0]
    person = worker if world.chance() < 0.7 else world.pick(world.county.volunteers)
    yield span
    data = _paid(world, person, "household", grid.id, span) | {"household": _household(world)}
    if world.chance() < 0.7:
        data |= {"findings": world.pick(_FINDINGS), "helped": world.chance() < 0.4}
    if world.recent_cases and world.chance() < 0.06:
        data["case"] = world.pick(world.recent_cases)
    if world.recent_acts and world.chance() < 0.03:  # the same deed, told as a volunteer act before
        data["act"] = world.pick(world.recent_acts)
    subject = world.new("visit")
    world.tell("visit.paid", subject, person, data, GRID)
    if world.chance() < 0.01:
        yield world.between(MINUTE, HOUR)
        world.tell("visit.paid", subject, person, data, GRID)  # a contradiction: said twice


def field_study(world: World) -> Life:
    """A leader studies a place on the spot (实地调研); a task may come of it."""
    unit, span = world.pick(world.county.units), world.between(2, 7) * 30 * MINUTE
    place = world.pick((unit.community, *unit.estates))
    yield span
    leader = world.pick(LEADERS)
    data = _paid(world, leader, "field_study", place, span) | {"findings": world.pick(_STUDIES)}
    if world.recent["task"] and world.chance() < 0.4:
        data["task"] = world.pick(world.recent["task"])
    world.tell("visit.paid", world.new("visit"), leader, data, DESK)


def _paid(world: World, person: str, kind: str, place: str, span: int) -> dict[str, Any]:
    return {"person": person, "kind": kind, "place": place, "began": world.text(-span), "ended": world.text()}


def _household(world: World) -> str:
    return f"household/{world.seed}-{world.between(0, 4000)}"


def care(world: World) -> Life:
    """One pairing, visited every week or two; some end, and a few are visited afterwards all the same."""
    subject, estate = world.new("care"), world.pick(world.county.estates)
    unit = world.pick(world.county.units)
    helper = world.pick((unit.id, world.members[unit.id][0], world.pick(world.county.volunteers)))
    paired = {"helper": helper, "recipient": _household(world), "group": world.pick(_GROUPS), "place": estate.id}
    world.tell("care.paired", subject, estate.community, paired, DESK)
    for _ in range(world.between(2, 9)):
        yield world.by_day(4 * 1440, 12 * 1440)
        world.tell("care.visited", subject, helper, {}, GRID)
        if world.chance() < 0.12:
            yield world.in_office(60, 4000)
            world.tell("care.ended", subject, estate.community, {"reason": world.pick(_ENDS)}, DESK)
            if world.chance() > 0.1:
                return


def curtain(world: World) -> Life:
    """One agreement, for weeks: seen each morning, missed now and then, paused for a while by some."""
    number = world.between(0, len(world.county.grids))
    subject, watcher, by_hour = world.new("curtain"), world.workers[number][0], world.pick((8, 9, 9, 9, 10))
    agreed = {
        "household": _household(world),
        "group": "child" if world.chance() < 0.25 else "elder",
        "watcher": watcher,
        "by_time": f"{by_hour:02}:00",
        "grid": world.county.grids[number].id,
        "consent": True,
    }
    world.tell("curtain.agreed", subject, watcher, agreed, GRID)
    for _ in range(world.between(6, 40)):
        by_time = world.now - world.now % DAY + DAY + by_hour * HOUR
        if world.chance() < 0.025:
            yield from _pause(world, subject, watcher)
        elif world.chance() < 0.07:
            yield by_time - world.now
            yield from _missed(world, subject, watcher)
        else:
            yield by_time - world.now - world.between(5, 120) * MINUTE
            world.tell("curtain.seen", subject, watcher, {}, GRID)
    if world.chance() < 0.8:
        yield world.in_office(60, 600)
        world.tell("curtain.ended", subject, watcher, {"reason": world.pick(_ENDS)}, GRID)


def _missed(world: World, subject: str, watcher: str) -> Life:
    """The clock says so; mostly somebody knocks in time, else the clock says that too."""
    world.tell("curtain.missed", subject, _CLOCK_AUTHID, {"due": world.text(), "rule": _RULE}, CLOCK)
    if world.chance() < 0.35:
        yield _KNOCK
        world.tell("curtain.unanswered", subject, _CLOCK_AUTHID, {"due": world.text(), "rule": _RULE}, CLOCK)
        if world.chance() < 0.2:
            return
        yield world.between(5 * MINUTE, 3 * HOUR)
    elif world.chance() < 0.15:  # the curtain opens while the watcher is on the way
        yield world.between(2 * MINUTE, _KNOCK)
        world.tell("curtain.seen", subject, watcher, {}, GRID)
        return
    else:
        yield world.between(5 * MINUTE, _KNOCK)
    outcome = "helped" if world.chance() < 0.2 else "safe"
    world.tell("curtain.checked", subject, watcher, {"outcome": outcome}, GRID)


def _pause(world: World, subject: str, watcher: str) -> Life:
    yield world.in_office(5, 60)
    world.tell("curtain.paused", subject, watcher, {"reason": "住院或外出"}, GRID)
    yield world.by_day(2 * 1440, 8 * 1440)
    world.tell("curtain.resumed", subject, watcher, {}, GRID)


KINDS = (
    Kind(visit, 19, BY_DAY, EVEN),
    Kind(field_study, 1.5, OFFICE, WORKDAYS),
    Kind(care, 1, OFFICE, WEEKEND),
    Kind(curtain, 0.9, OFFICE, WORKDAYS),
)
