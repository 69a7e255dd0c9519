"""点餐式服务: communities order, units take the order, residents look at what was done."""

from __future__ import annotations

from typing import Any

from producers.simulator.calendar import DAY, HOUR, MINUTE
from producers.simulator.county import Estate
from producers.simulator.kind import EVEN, OFFICE, Kind
from producers.simulator.overdue import wait_past
from producers.simulator.world import APP, DESK, GRID, Life, World

_MENU = ("楼道照明维修", "下水道疏通", "独居老人送餐", "法律咨询", "助学辅导", "防诈骗宣传", "家电维修", "义务理发")
_NOTES = ("灯又不亮了", "只修了一处", "说好的人没有来")


def order(world: World) -> Life:
    """Placed for an estate; the first unit has it, some orders nobody takes until it is too late."""
    subject, estate = world.new("order"), world.pick(world.county.estates)
    due = world.now - world.now % DAY + world.between(4, 16) * DAY + 18 * HOUR
    placed = {"title": world.pick(_MENU), "community": estate.community, "due": world.calendar.text(due)}
    if world.chance() < 0.94:
        placed["estate"] = estate.id
    world.tell("order.placed", subject, estate.community, placed, APP)
    if world.chance() < 0.03:
        yield from wait_past(world, due - world.now + DAY, subject, "due", due)  # nobody took it
        return
    yield world.in_office(20, 1200)
    unit = world.pick(world.county.units)
    world.tell("order.taken", subject, unit.id, {"unit": unit.id}, APP)
    if world.chance() < 0.08:  # somebody who comes too late
        yield world.in_office(5, 200)
        other = world.pick(world.county.units).id
        world.tell("order.taken", subject, other, {"unit": other}, APP)
    yield from _do(world, subject, unit.id, due, unit.tardy)
    yield from _judge(world, subject, estate)


def _do(world: World, subject: str, unit: str, due: int, tardy: bool) -> Life:
    """Done once, or again where the first time did not solve it. What solves it after the due came too late."""
    solves = (world.chance() < 0.9, True)
    late = world.chance() < (0.5 if tardy else 0.04)
    for solved in solves:
        span = world.between(1, 6) * 30 * MINUTE
        after = world.by_day(200, max(300, (due - world.now) // MINUTE - 600))
        if late and solved:
            after = max(after, due - world.now + world.between(2, 60) * HOUR)
        yield from wait_past(world, after, subject, "due", due, unit)
        data: dict[str, Any] = {
            "persons": world.some(world.members[unit], 3),
            "solved": solved,
            "began": world.text(-span),
            "ended": world.text(),
        }
        if world.recent_acts and world.chance() < 0.05:  # the same deed, told as a volunteer act before
            data["act"] = world.pick(world.recent_acts)
        world.tell("order.done", subject, unit, data, APP)
        if solved:
            return


def _judge(world: World, subject: str, estate: Estate) -> Life:
    """群众监督, then the community's word; a few are never looked at."""
    yield world.by_day(30, 2500)
    chance = world.chance()
    if chance < 0.9:
        world.tell("order.supervised", subject, estate.community, {"ok": True}, GRID)
    elif chance < 0.96:
        world.tell("order.supervised", subject, estate.community, {"ok": False, "note": world.pick(_NOTES)}, GRID)
    if world.chance() < 0.85:
        yield world.in_office(10, 1500)
        satisfaction = world.pick(("satisfied",) * 18 + ("fairly", "dissatisfied"))
        world.tell("order.rated", subject, estate.community, {"satisfaction": satisfaction}, DESK)


KINDS = (Kind(order, 7.2, OFFICE, EVEN),)
