"""整合资源: services by order, social organisations that take part, three lists with contracts, one window."""

from __future__ import annotations

from datetime import timedelta

from producers.simulator.reports.county import unit
from producers.simulator.reports.script import Script, on, spread, turn

ORDERS, SOLVED = 840, 812
ORGANISATIONS, ITEMS = 32, 22
_ORDERED = ("楼道照明维修", "下水道疏通", "独居老人送餐", "法律咨询", "助学辅导", "防诈骗宣传", "家电维修")
_ITEMS_OF = {
    "民政局": "社会救助申请 临时救助 低保查询 高龄津贴",
    "残联": "残疾人证办理 残疾人补贴",
    "公安局": "居住证办理 身份证到期换领预约 流动人口登记",
    "人社局": "社保查询 灵活就业参保 就业困难认定 失业登记",
    "医保局": "医保参保 异地就医备案",
    "卫健局": "生育登记 老年优待证",
    "住建局": "公租房申请",
    "退役军人局": "退役军人优待证",
    "教育局": "学前教育资助",
    "农业农村局": "农机购置补贴",
    "市场监管局": "个体工商户登记",
}
_ITEMS = tuple((title, department) for department, titles in _ITEMS_OF.items() for title in titles.split())
_CATEGORIES = ("talent", "technology", "venue", "facility", "funds", "service")


def orders(script: Script, communities: list[str], estates: list[str], units: list[str], members: list[str]) -> None:
    """社区点单、单位接单、群众监督; 812 of 840 solved, the others nobody took or were not solved."""
    for number in range(ORDERS):
        subject, estate = script.id("order", number), turn(estates, number)
        community, taker = turn(communities, number % len(estates)), turn(units, number)
        began = on(spread(number, ORDERS, 320), 9, number % 60)
        placed = {
            "title": turn(_ORDERED, number),
            "community": community,
            "estate": estate,
            "due": began + timedelta(days=10),
        }
        script.tell(began, "order.placed", subject, community, placed)
        if number >= ORDERS - 10:
            continue
        script.tell(began + timedelta(hours=5), "order.taken", subject, taker, {"unit": taker})
        start = began + timedelta(days=3)
        done = {
            "persons": [turn(members, number)],
            "solved": number < SOLVED,
            "began": start,
            "ended": start + timedelta(hours=2),
        }
        script.tell(start + timedelta(hours=2), "order.done", subject, taker, done)
        script.tell(start + timedelta(hours=6), "order.supervised", subject, community, {"ok": number < SOLVED})


def organisations(script: Script, communities: list[str], units: list[str]) -> None:
    """32 social organisations that took part, and three that are only registered."""
    for number in range(ORGANISATIONS + 3):
        who = unit(
            script,
            f"society-{number}",
            f"左云县第{number + 1}公益服务社",
            "social_organisation",
            script.id("place", "county"),
        )
        paired = {"mode": "1+1", "community": turn(communities, number), "estates": []}
        script.register("unit.paired", who, turn(communities, number), paired)
        if number >= ORGANISATIONS:
            continue
        subject, community, day = (
            script.id("activity", f"society-{number}"),
            turn(communities, number),
            15 + number * 10,
        )
        planned = {
            "title": "公益服务进社区", "kind": "practice", "place": community, "organiser": community,
            "providers": [who], "begins": on(day + 4, 9), "ends": on(day + 4, 11),
        }  # fmt: skip
        script.tell(on(day), "activity.planned", subject, community, planned)
        script.tell(on(day + 4, 11), "activity.held", subject, community, {"attendance": 25 + number})


def three_lists(script: Script, communities: list[str], units: list[str]) -> None:
    """需求 资源 项目 三张清单: needs of communities meet resources of units, and a contract binds both."""
    for number in range(21):
        community, provider, category = turn(communities, number), turn(units, number), turn(_CATEGORIES, number)
        day = 20 + number * 12
        need, resource = script.id("listing", f"need-{number}"), script.id("listing", f"resource-{number}")
        common = {"category": category, "quantity": 1, "unit_of_quantity": "项", "from": on(day), "until": on(day + 60)}
        script.tell(
            on(day),
            "listing.posted",
            need,
            community,
            {"title": "社区所需服务", "kind": "need", "by": community} | common,
        )
        script.tell(
            on(day + 1),
            "listing.posted",
            resource,
            provider,
            {"title": "单位可供资源", "kind": "resource", "by": provider} | common,
        )
        script.tell(on(day + 3), "listing.claimed", need, provider, {"by": provider, "quantity": 1})
        contract = script.id("contract", number)
        items = [{"item": "i1", "quantity": 1, "due": on(day + 40).date().isoformat()}]
        signed = {"listings": [need, resource], "community": community, "unit": provider, "items": items}
        script.tell(on(day + 5), "contract.signed", contract, community, signed)
        script.tell(on(day + 30), "contract.delivered", contract, provider, {"item": "i1"})
        script.tell(on(day + 32), "contract.accepted", contract, community, {"item": "i1", "score": 92})


def window(script: Script, communities: list[str]) -> None:
    """一门式、全天候: 22 items at the windows, queries, and applications seen through."""
    county = script.id("place", "county")
    for number, (title, department) in enumerate(_ITEMS):
        subject = script.id("service", number)
        offered = {
            "item": f"item-{number}",
            "name": title,
            "department": f"左云县{department}",
            "kind": turn(("apply", "handle", "query"), number),
            "promised_working_days": 5 + number % 10,
        }
        script.tell(on(30, 9, number), "service.offered", subject, county, offered)
        for query in range(5):
            script.tell(
                on(60 + number + query * 50, 10, query),
                "service.queried",
                subject,
                turn(communities, number),
                {"community": turn(communities, number)},
            )
    for number in range(220):
        _application(script, turn(communities, number), number)


def _application(script: Script, community: str, number: int) -> None:
    subject, day = script.id("application", number), 40 + spread(number, 220, 280)
    person = script.id("person", f"ally-{number}")
    filed = {
        "item": f"item-{number % ITEMS}",
        "person": person,
        "channel": "window" if number % 3 else "app",
        "community": community,
    }
    script.tell(on(day), "application.filed", subject, person, filed)
    script.tell(on(day, 11), "application.accepted", subject, community, {})
    script.tell(on(day + 4), "application.decided", subject, community, {"granted": number % 20 != 7})
    script.tell(on(day + 5), "application.delivered", subject, community, {})
