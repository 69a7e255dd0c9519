"""浑源 细心 and 精心: patrols with their ledger of hazards, and culture by the feasts of the year."""

from __future__ import annotations

from datetime import timedelta

from producers.simulator.reports.county import person
from producers.simulator.reports.deeds import CAMPAIGNS
from producers.simulator.reports.script import Script, on, spread, turn

PATROLLED, HAZARDS = 65, 37
_CULTURE = (
    ("reading_day", "读书日"),
    ("knowledge_contest", "文明知识竞赛"),
    ("skills_contest", "技能大比拼"),
    ("stairway_lecture", "楼道党课"),
    ("mobile_service", "掌上服务"),
    ("party_day", "主题党日"),
)


def culture(script: Script, harbours: list[str], units: dict[str, str]) -> None:
    """以节假日为契机的文化活动, in activity rooms and on squares; a post and a campaign each."""
    for number in range(3 * len(_CULTURE)):
        estate, (kind, title) = turn(harbours, number), turn(_CULTURE, number)
        subject, day = script.id("activity", f"culture-{number}"), 20 + number * 17
        planned = {
            "title": f"{title}活动", "kind": kind, "place": estate, "organiser": estate, "providers": [],
            "begins": on(day, 9), "ends": on(day, 11), "campaign": turn(CAMPAIGNS, number),
        }  # fmt: skip
        script.tell(on(day - 5), "activity.planned", subject, estate, planned)
        script.tell(on(day, 11), "activity.held", subject, estate, {"attendance": 40 + number * 3})


def safety(script: Script, estates: list[str], units: dict[str, str]) -> None:
    """小区巡查队: 65 estates patrolled, 37 hazards found, fixed and verified."""
    team = script.id("team", "patrol")
    script.register("team.formed", team, estates[0], {"kind": "patrol", "place": estates[0], "name": "小区巡查队"})
    walker = person(script, "patroller", ["resident"], estates[0])
    for number, estate in enumerate(estates[:PATROLLED]):
        began = on(8 + spread(number, PATROLLED, 330), 14)
        patrol = script.id("patrol", number)
        made = {"team": team, "place": estate, "persons": [walker], "began": began, "ended": began + timedelta(hours=2)}
        script.tell(began + timedelta(hours=2), "patrol.made", patrol, walker, made)
        if number * HAZARDS // PATROLLED != (number + 1) * HAZARDS // PATROLLED:
            _hazard(script, estate, patrol, number, walker, units)


def _hazard(script: Script, estate: str, patrol: str, number: int, walker: str, units: dict[str, str]) -> None:
    subject, found = script.id("hazard", number), on(8 + spread(number, PATROLLED, 330), 15)
    kind, severity, days = turn(
        (("消防通道堵塞", "serious", 1), ("线路老化", "moderate", 3), ("护栏松动", "minor", 15)), number
    )
    data = {
        "patrol": patrol,
        "place": estate,
        "kind": kind,
        "severity": severity,
        "responsible": units["property"],
        "due": found + timedelta(days=days),
    }
    script.tell(found, "hazard.found", subject, walker, data)
    fixed = found + timedelta(days=days, hours=-6 if number % 9 else 20)
    if number % 9 == 0:
        overdue = {
            "clock": "fix",
            "due": found + timedelta(days=days),
            "rule": "clocks-2024-1",
            "holder": units["property"],
        }
        script.tell(found + timedelta(days=days), "hazard.overdue", subject, "urn:shanzhi:clock", overdue)
    script.tell(fixed, "hazard.fixed", subject, units["property"], {"by": units["property"]})
    script.tell(fixed + timedelta(days=1), "hazard.verified", subject, walker, {"by": walker})
