"""三张清单: needs of communities, resources of units, projects of both; claimed by several, bound by contracts."""

from __future__ import annotations

from typing import Any

from producers.simulator.calendar import DAY, HOUR
from producers.simulator.kind import OFFICE, WORKDAYS, Kind
from producers.simulator.overdue import wait_past
from producers.simulator.world import APP, Life, World

_OFFERS = (  # category, its measure, needs, resources, projects
    ("talent", "人次", ("周末义诊医生", "作业辅导教师"), ("退休医生", "公职律师", "骨干教师"), "银龄人才进小区"),
    ("technology", "次", ("电梯安全检测", "智能手机教学"), ("检测技术支持", "信息化培训"), "老旧电梯体检"),
    ("venue", "场次", ("红白理事场地", "居民议事场地"), ("单位会议室", "单位食堂大厅"), "单位场地错时开放"),
    ("facility", "个", ("电动车充电桩", "健身器材"), ("停车位错时开放", "闲置器材"), "共享停车位"),
    ("funds", "千元", ("楼道照明改造资金", "助学资金"), ("帮扶资金", "助学金"), "爱心助学"),
    ("service", "次", ("家电维修", "防诈骗宣传", "上门理发"), ("志愿维修队", "金融知识宣讲", "便民理发"), "便民服务日"),
)
_WITHDRAWN = ("场地改作他用", "需求已另行解决", "人员调整")
_REFUSED = ("人员未到场", "数量不足", "与约定不符")
_ENDED = ("履约完毕", "双方协商终止")


def listing(world: World) -> Life:
    """One line of a list: posted, claimed by some (the last of them perhaps too late), withdrawn or left to its end."""
    subject, kind = world.new("listing"), world.pick(("need", "need", "resource", "resource", "project"))
    category, measure, needs, resources, project = world.pick(_OFFERS)
    unit, community = world.pick(world.county.units), world.pick(world.county.communities)
    by = unit.id if kind == "resource" else community
    data: dict[str, Any] = {
        "title": project if kind == "project" else world.pick(needs if kind == "need" else resources),
        "kind": kind,
        "category": category,
        "by": by,
        "quantity": world.between(1, 9),
        "unit_of_quantity": measure,
        "from": world.text(),
        "until": world.text(world.between(20, 90) * DAY),
    }
    if kind == "project":
        data |= {f"{name}s": list(world.recent[name])[-2:] for name in ("need", "resource")}
    world.tell("listing.posted", subject, by, data)
    world.recent[kind].append(subject)
    if world.chance() < 0.03:
        world.tell("listing.posted", subject, by, data)  # a contradiction: posted twice
    yield from _claims(world, subject, kind, data["quantity"], community)


def _claims(world: World, subject: str, kind: str, quantity: int, community: str) -> Life:
    """双向认领: units claim needs and projects, communities claim resources; together they may ask for too much."""
    unit = ""
    for _ in range(world.pick((0, 1, 1, 2, 3))):
        yield world.in_office(60, 9000)
        claimer = world.pick(world.county.communities) if kind == "resource" else world.pick(world.county.units).id
        asked = world.between(1, quantity + 1)
        world.tell("listing.claimed", subject, claimer, {"by": claimer, "quantity": asked}, APP)
        unit = unit or claimer
    if kind == "need" and unit and world.chance() < 0.6:
        listings = [subject, world.pick(world.recent["resource"])] if world.recent["resource"] else [subject]
        world.begin(contract(world, listings, community, unit), world.in_office(300, 4000))
    elif world.chance() < 0.12:
        yield world.in_office(60, 12_000)
        world.tell("listing.withdrawn", subject, community, {"reason": world.pick(_WITHDRAWN)})


def contract(world: World, listings: list[str], community: str, unit: str) -> Life:
    """A unit and a community sign what is to be delivered; it ends after the last due, or before."""
    subject = world.new("contract")
    dues = sorted(world.between(10, 60) for _ in range(world.between(1, 4)))
    begins = world.now - world.now % DAY
    days = {f"i{number}": begins + days * DAY for number, days in enumerate(dues, 1)}
    items = [
        {"item": item, "quantity": world.between(1, 4), "due": world.calendar.text(day)[:10]}
        for item, day in days.items()
    ]
    data = {"listings": listings, "community": community, "unit": unit, "items": items}
    world.tell("contract.signed", subject, community, data)
    if world.chance() < 0.06:
        yield world.in_office(3000, 9000)
        world.tell("contract.ended", subject, community, {"reason": _ENDED[1]})
        return
    for item, day in days.items():
        world.begin(_deliver(world, subject, community, unit, item, day + DAY))
    yield max(days.values()) + 16 * DAY + 10 * HOUR - world.now
    world.tell("contract.ended", subject, community, {"reason": _ENDED[0]})


def _deliver(world: World, subject: str, community: str, unit: str, item: str, due: int) -> Life:
    """Mostly in time, tardy units after it; what the community refuses is delivered anew."""
    late = world.chance() < (0.6 if world.units[unit].tardy else 0.05)
    after = due - world.now + (world.between(HOUR, 6 * DAY) if late else -world.between(HOUR, 8 * DAY))
    yield from wait_past(world, max(after, HOUR), subject, "item", due, unit, item)
    world.tell("contract.delivered", subject, unit, {"item": item}, APP)
    yield world.in_office(60, 3000)
    if world.now < due and world.chance() < 0.2:
        refused = {"item": item, "score": world.between(20, 60), "reason": world.pick(_REFUSED)}
        world.tell("contract.refused", subject, community, refused)
        yield from wait_past(world, world.in_office(600, 9000), subject, "item", due, unit, item)
        world.tell("contract.delivered", subject, unit, {"item": item}, APP)
        yield world.in_office(60, 1000)
    world.tell("contract.accepted", subject, community, {"item": item, "score": world.between(80, 101)})


KINDS = (Kind(listing, 3.6, OFFICE, WORKDAYS),)
