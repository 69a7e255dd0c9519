"""浑源 诚心: what 凯德世家三号院 collected and its six parties solved (小区治理“六方”联席会议)."""

from __future__ import annotations

from datetime import timedelta

from producers.simulator.reports.script import Script, on, spread, turn

COLLECTED, SOLVED = 25, 24
_PROBLEMS = ("外围停车场整改", "电动车集中充电", "高空抛物", "宠物管理", "楼道堆物", "路灯维修", "绿化养护", "垃圾清运")

_BESIDES = {
    "owners_committee": "owners",
    "property_company": "property",
    "law_enforcement": "enforcement",
    "police": "police",
}


def meetings(script: Script, estate: str, units: dict[str, str]) -> None:
    """小区治理“六方”联席会议, one a month."""
    coming = [
        {"party": "party_branch", "persons": 3},
        {"party": "two_committees", "persons": 2},
        *({"party": party, "unit": units[unit], "persons": 2} for party, unit in _BESIDES.items()),
    ]
    for month in range(11):
        subject = script.id("conference", month)
        script.tell(
            on(10 + month * 30, 14), "conference.convened", subject, estate, {"kind": "six_party", "place": estate}
        )
        data = {"attendance": coming, "participants": [script.id("person", "secretary-0")]}
        script.tell(on(11 + month * 30, 14), "conference.held", subject, estate, data)


def problems(script: Script, estate: str, units: dict[str, str]) -> None:
    """25 problems collected, tabled and decided; 24 solved, the last one deferred."""
    for number in range(COLLECTED):
        subject, day = script.id("topic", number), spread(number, COLLECTED, 250)
        month = min(10, day // 30 + 1)
        title = turn(_PROBLEMS, number)
        data = {"estate": estate, "category": title, "by": script.id("person", "secretary-0"), "title": f"{title}问题"}
        script.tell(on(day, 10), "topic.collected", subject, estate, data)
        script.tell(
            on(10 + month * 30, 15), "topic.tabled", subject, estate, {"conference": script.id("conference", month)}
        )
        held = on(11 + month * 30, 15)
        if number == COLLECTED - 1:
            script.tell(
                held, "topic.decided", subject, estate, {"outcome": "deferred", "responsible": units["property"]}
            )
            continue
        decided = {
            "outcome": "agreed",
            "responsible": turn((units["property"], units["enforcement"]), number),
            "due": held + timedelta(days=20),
        }
        script.tell(held, "topic.decided", subject, estate, decided)
        script.tell(held + timedelta(days=9), "topic.carried_out", subject, estate, {})
        script.tell(
            held + timedelta(days=14),
            "topic.solved",
            subject,
            estate,
            {"confirmed_by": script.id("person", "secretary-0")},
        )
