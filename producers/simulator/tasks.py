"""督办重点任务、为民办实事: assigned by a tier, told how far, done, verified or sent back."""

from __future__ import annotations

from typing import Any

from producers.simulator.calendar import DAY, HOUR
from producers.simulator.county import COUNTY
from producers.simulator.kind import OFFICE, WORKDAYS, Kind
from producers.simulator.overdue import wait_past
from producers.simulator.standing import LEADERS
from producers.simulator.world import APP, DESK, Life, World

_TITLES = ("外围停车场整改", "老旧小区改造", "充电桩集中安装", "雨污分流工程", "党群服务中心升级", "楼院微更新")
_NOTES = ("已完成招标", "材料进场", "主体完工", "居民意见已收集")
_SENT_BACK = ("地面仍有积水", "标线不清", "未见居民签字")


def task(world: World) -> Life:
    """One task; tardy units are late with it, some work is sent back and done again."""
    subject, estate, unit = world.new("task"), world.pick(world.county.estates), world.pick(world.county.units)
    tier, by = world.pick((("county", COUNTY), ("town", estate.town), ("community", estate.community)))
    if tier == "county":
        by = world.pick((COUNTY, *LEADERS))  # a leader watches over it (督办)
    to = world.pick((unit.id, unit.id, unit.id, estate.community, world.members[unit.id][0]))
    due = world.now - world.now % DAY + world.between(10, 45) * DAY + 18 * HOUR
    data: dict[str, Any] = {
        "tier": tier,
        "by": by,
        "to": to,
        "title": f"{estate.name}{world.pick(_TITLES)}",
        "due": world.calendar.text(due),
        "kind": world.pick(("supervised", "livelihood")),
        "place": estate.id,
    }
    world.tell("task.assigned", subject, by, data)
    yield from _work(world, subject, to, by, due, world.chance() < (0.6 if unit.tardy else 0.08))


def _work(world: World, subject: str, to: str, by: str, due: int, late: bool) -> Life:
    """Progress, then done and looked at; nobody is late where a place has the task."""
    holder = None if to.startswith("place/") else to
    percent = 0
    for _ in range(world.between(0, 3)):
        yield from wait_past(world, world.in_office(2000, 8000), subject, "due", due, holder)
        percent = min(95, percent + world.between(10, 50))
        world.tell("task.progressed", subject, to, {"percent": percent, "note": world.pick(_NOTES)}, APP)
    after = due - world.now + (world.between(8, 200) * HOUR if late else -world.between(2, 90) * HOUR)
    yield from wait_past(world, max(after, HOUR), subject, "due", due, holder)
    world.tell("task.done", subject, to, {"note": "整改完成"}, APP)
    done_late = world.now > due
    yield world.in_office(300, 5000)
    if (done_late or world.now < due) and world.chance() < 0.25:
        world.tell("task.verified", subject, by, {"ok": False, "note": world.pick(_SENT_BACK)}, DESK)
        yield from wait_past(world, world.in_office(2000, 9000), subject, "due", due, holder)
        world.tell("task.done", subject, to, {"note": "已返工"}, APP)
        yield world.in_office(300, 3000)
    world.tell("task.verified", subject, by, {"ok": True}, DESK)


KINDS = (Kind(task, 1.3, OFFICE, WORKDAYS),)
