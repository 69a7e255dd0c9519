"""一门式、全天候: the items that every window offers, what people ask about them, and what they apply for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from producers.simulator.calendar import DAY, HOUR
from producers.simulator.county import COUNTY, County
from producers.simulator.kind import BY_DAY, EVEN, OFFICE, WORKDAYS, Kind
from producers.simulator.overdue import wait_past
from producers.simulator.registry import Entry
from producers.simulator.world import APP, DESK, Life, World

ITEMS = (  # id, name, department, kind, promised working days
    ("relief", "社会救助申请", "县民政局", "apply", 10),
    ("temporary-relief", "临时救助", "县民政局", "apply", 5),
    ("minimum-living", "低保查询", "县民政局", "query", 1),
    ("elder-allowance", "高龄津贴", "县民政局", "apply", 7),
    ("disability-card", "残疾人证办理", "县残联", "handle", 10),
    ("disability-allowance", "残疾人两项补贴", "县残联", "apply", 10),
    ("residence-permit", "居住证办理", "县公安局", "handle", 7),
    ("identity-card", "身份证到期换领预约", "县公安局", "handle", 3),
    ("social-insurance", "社保查询", "县人社局", "query", 1),
    ("flexible-insurance", "灵活就业参保", "县人社局", "apply", 5),
    ("hardship-work", "就业困难认定", "县人社局", "apply", 10),
    ("unemployment", "失业登记", "县人社局", "handle", 3),
    ("medical-insurance", "医保参保", "县医疗保障局", "apply", 5),
    ("remote-treatment", "异地就医备案", "县医疗保障局", "handle", 2),
    ("birth-record", "生育登记", "县卫生健康局", "handle", 3),
    ("elder-card", "老年优待证", "县卫生健康局", "handle", 5),
    ("public-housing", "公租房申请", "县住房和城乡建设局", "apply", 15),
    ("veteran-card", "退役军人优待证", "县退役军人事务局", "handle", 15),
    ("preschool-aid", "学前教育资助", "县教育局", "apply", 10),
    ("machinery-subsidy", "农机购置补贴", "县农业农村局", "apply", 15),
    ("trade-register", "个体工商户登记", "县市场监督管理局", "handle", 3),
    ("marriage-booking", "婚姻登记预约", "县民政局", "query", 1),
)
_TO_APPLY_FOR = tuple(item for item in ITEMS if item[3] != "query")
_MISSING = ("收入证明", "身份证复印件", "户口簿", "银行卡信息", "医院诊断证明")


def founding_window(county: County) -> Iterator[Entry]:
    """The items that are offered at every window of the county."""
    for item, name, department, kind, days in ITEMS:
        data = {"item": item, "name": name, "department": department, "kind": kind, "promised_working_days": days}
        yield Entry("service.offered", f"service/{item}", COUNTY, data, 0)


def query(world: World) -> Life:
    """Somebody asks about an item; windows tell each month in a stream of its own."""
    yield 0
    item, community = world.pick(ITEMS)[0], world.pick(world.county.communities)
    subject = f"service/{item}~{community.partition('/')[2]}~{world.text()[:7]}~{world.seed}"
    channel = world.pick(("app", "app", "window", "self_service"))
    data = {"item": item, "community": community, "channel": channel, "count": world.between(1, 6)}
    world.tell("service.queried", subject, community, data, APP if channel == "app" else DESK)


def application(world: World) -> Life:
    """Filed online or at a window, completed where something is missing, decided, and brought to the person."""
    subject, community = world.new("application"), world.pick(world.county.communities)
    item, _, _, _, days = world.pick(_TO_APPLY_FOR)
    first = world.pick(world.pick(world.workers))
    online = world.chance() < 0.55
    filed: dict[str, Any] = {
        "item": item,
        "person": world.pick(world.county.residents),
        "channel": "app" if online else world.pick(("window", "window", "window", "visit", "self_service")),
        "community": community,
        "first_responsible": first,
    }
    if filed["channel"] == "window":
        filed["window"] = f"{community.partition('/')[2]}-{world.between(1, 5)}"
    world.tell("application.filed", subject, filed["person"], filed, APP if online else DESK)
    yield world.in_office(10, 700)
    if world.chance() < 0.03:
        world.tell("application.returned", subject, community, {"missing": world.pick(_MISSING)})
        return  # never brought
    accepted = {"promised_working_days": days}
    world.tell("application.accepted", subject, community, accepted)
    last = world.calendar.working_days_after(world.now, days)
    due = last - last % DAY + DAY  # the midnight that ends the last day
    if world.chance() < 0.12:
        yield world.in_office(30, 200)
        world.tell("application.returned", subject, community, {"missing": world.pick(_MISSING)})
        paused = world.in_office(600, 4000)
        yield paused
        world.tell("application.accepted", subject, community, accepted)
        due += paused
    yield from _decide(world, subject, community, first, days, due)


def _decide(world: World, subject: str, community: str, first: str, days: int, due: int) -> Life:
    """Mostly within the promised days; a few are late."""
    late = world.chance() < 0.03
    after = due - world.now + world.between(9 * HOUR, 60 * HOUR) if late else world.in_office(60, days * 700)
    yield from wait_past(world, after, subject, "promised", due, first)
    world.tell("application.decided", subject, community, {"granted": world.chance() < 0.94})
    if world.chance() < 0.015:
        world.tell("application.decided", subject, community, {"granted": False})  # a contradiction
    yield world.in_office(30, 3000)
    world.tell("application.delivered", subject, community, {})


KINDS = (
    Kind(query, 8, BY_DAY, EVEN),
    Kind(application, 6, OFFICE, WORKDAYS),
)
