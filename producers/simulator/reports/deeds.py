"""浑源 热心: services by units, deeds of the five colours, wishes, and people who are helped in pairs."""

from __future__ import annotations

from datetime import timedelta

from producers.simulator.reports.county import person
from producers.simulator.reports.script import Script, on, spread, turn

SERVICES = 10
HOME_VISITS, DIFFICULTIES, TOLD_TWICE = 40, 22, 8
HELPED = 11
_COLOURS = (
    ("red", "红色先锋队"),
    ("orange", "橙色帮扶队"),
    ("purple", "紫色文化队"),
    ("blue", "蓝色平安队"),
    ("green", "绿色环保队"),
)
_GROUPS = ("lone_elder", "hardship", "migrant_tenant", "lone_elder", "child")
CAMPAIGNS = ("立足岗位作贡献", "学习身边榜样", "我为群众办实事")


def deeds(script: Script, estate: str, units: dict[str, str]) -> None:
    """10 clinics and counsellings by units; 62 deeds by five-colour members, some of them told twice."""
    for number in range(SERVICES):
        subject, day = script.id("activity", f"service-{number}"), 15 + spread(number, SERVICES, 300)
        kind, title, by = turn(
            (
                ("clinic", "医疗义诊", "hospital"),
                ("counselling", "心理辅导", "school"),
                ("clinic", "中医义诊", "clinic"),
            ),
            number,
        )
        planned = {
            "title": f"{title}进小区", "kind": kind, "place": estate, "facility": "red-harbour", "organiser": estate,
            "providers": [units[by]], "begins": on(day + 3, 9), "ends": on(day + 3, 11), "campaign": CAMPAIGNS[2],
        }  # fmt: skip
        script.tell(on(day), "activity.planned", subject, estate, planned)
        script.tell(on(day + 3, 11), "activity.held", subject, estate, {"attendance": 30 + number})
    members = _teams(script, estate)
    for number in range(HOME_VISITS):
        _home_visit(script, estate, members, number)
    for number in range(DIFFICULTIES):
        _wish(script, estate, members, number)


def _teams(script: Script, estate: str) -> list[tuple[str, str]]:
    members = []
    for number, (colour, title) in enumerate(_COLOURS):
        team = script.id("team", colour)
        script.register(
            "team.formed", team, estate, {"kind": "five_colour", "colour": colour, "place": estate, "name": title}
        )
        for one in range(3):
            member = person(
                script, f"{colour}-{one}", ["in_service_member" if number % 2 else "retired_member"], estate
            )
            script.register("team.joined", team, member, {"person": member})
            members.append((member, team))
            _pledge(script, estate, member, number * 3 + one)
    return members


def _pledge(script: Script, estate: str, member: str, number: int) -> None:
    """践诺评诺, and 分片包楼入户 after it."""
    subject, day = script.id("pledge", number), 30 + number * 5
    made = {
        "person": member,
        "text": "每月入户走访两户困难家庭。",
        "due": on(day + 90),
        "branch": estate,
        "place": estate,
    }
    script.tell(on(day), "pledge.made", subject, member, made)
    script.tell(on(day + 60), "pledge.kept", subject, member, {})
    script.tell(on(day + 70), "pledge.reviewed", subject, estate, {"by": "residents", "score": 90 + number % 10})
    paid = {
        "person": member,
        "kind": "household",
        "place": estate,
        "began": on(day + 20, 15),
        "ended": on(day + 20, 16),
    }
    script.tell(on(day + 20, 16), "visit.paid", script.id("visit", number), member, paid)


def _home_visit(script: Script, estate: str, members: list[tuple[str, str]], number: int) -> None:
    subject, (member, team) = script.id("act", number), turn(members, number)
    began = on(12 + spread(number, HOME_VISITS, 320), 16)
    acted = {
        "persons": [member], "team": team, "place": estate, "kind": "home_service", "began": began,
        "ended": began + timedelta(hours=1), "beneficiaries": 1, "act": script.id("act", number),
    }  # fmt: skip
    script.tell(began + timedelta(hours=1), "volunteer.acted", subject, member, acted)
    script.tell(
        began + timedelta(hours=5), "volunteer.confirmed", subject, estate, {"by": script.id("place", "community-2")}
    )
    if number < TOLD_TWICE:  # the member's own app told the same deed once more
        again = script.id("act", f"again-{number}")
        script.tell(began + timedelta(hours=2), "volunteer.acted", again, member, acted)
        script.tell(
            began + timedelta(hours=6), "volunteer.confirmed", again, estate, {"by": script.id("place", "community-2")}
        )


def _wish(script: Script, estate: str, members: list[tuple[str, str]], number: int) -> None:
    """微心愿: made, reworded, claimed, granted at home, confirmed."""
    subject, (member, _) = script.id("wish", number), turn(members, number + 7)
    made = on(5 + spread(number, DIFFICULTIES, 310), 9)
    script.tell(made, "wish.made", subject, estate, {"place": estate, "text": "希望有人帮忙修一下漏水的水龙头。"})
    script.tell(made + timedelta(hours=2), "wish.published", subject, estate, {"title": "帮老人修水龙头"})
    script.tell(made + timedelta(days=1), "wish.claimed", subject, member, {"by": member})
    began = made + timedelta(days=3, hours=8)
    granted = {"persons": [member], "home_visit": True, "began": began, "ended": began + timedelta(minutes=40)}
    script.tell(began + timedelta(hours=1), "wish.granted", subject, member, granted)
    script.tell(began + timedelta(days=1), "wish.confirmed", subject, estate, {"score": 95 + number % 6})


def care(script: Script, estate: str) -> None:
    """结对帮扶: 11 people, visited in turn; a twelfth pairing ended and began anew with the same person."""
    for number in range(HELPED + 1):
        helper = script.id("person", f"red-{number % 3}")
        subject = script.id("care", number)
        paired = {
            "helper": helper,
            "recipient": script.id("person", f"helped-{number % HELPED}"),
            "group": turn(_GROUPS, number % HELPED),
            "place": estate,
        }
        script.tell(on(20 + number * 6), "care.paired", subject, estate, paired)
        for visit in range(3):
            script.tell(on(40 + number * 6 + visit * 30, 16), "care.visited", subject, helper, {})
        if number == 0:
            script.tell(on(60, 17), "care.ended", subject, estate, {"reason": "帮扶人调动，另行结对"})
