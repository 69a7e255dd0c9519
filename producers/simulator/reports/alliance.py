"""“党建联盟、服务连心”: councils with their members, and over 2,000 people of all walks who take part."""

from __future__ import annotations

from producers.simulator.reports.county import person
from producers.simulator.reports.script import Script, on, spread, turn

SEATED, TAKING_PART = 126, 2035
_CATEGORIES = ("alliance_cadre", "social_worker", "delegate", "volunteer", "resident")
_ROLES = {
    "alliance_cadre": ["in_service_member"],
    "social_worker": ["social_worker"],
    "delegate": ["delegate"],
    "volunteer": ["volunteer"],
    "resident": ["enthusiastic_resident"],
}


def alliance(script: Script, communities: list[str], units: list[str]) -> list[str]:
    """Returns the in-service members, who serve where they reported."""
    county, people, members = script.id("place", "county"), [], []
    for number in range(TAKING_PART):
        category, community = turn(_CATEGORIES, number), turn(communities, number)
        more = {"unit": turn(units, number // 5)} if category == "alliance_cadre" else {}
        who = person(script, f"ally-{number}", _ROLES[category], county, community=community, **more)
        joined = on(spread(number, TAKING_PART, 200), 8 + number % 10, number % 60)
        script.tell(joined, "alliance.joined", who, community, {"category": category})
        people.append(who)
        if category == "alliance_cadre":
            members.append(who)
    for number, who in enumerate(units):
        script.tell(on(3, 9, number), "alliance.joined", who, county, {"category": "unit"})
    _councils(script, communities, people)
    _reports(script, communities, units, members)
    return members


def _councils(script: Script, communities: list[str], people: list[str]) -> None:
    """7 community councils with 126 seats, and one who left for somebody else."""
    for number, community in enumerate(communities):
        council = script.id("council", number)
        script.tell(on(10, 9, number), "council.formed", council, community, {"community": community})
        own = people[number :: len(communities)]
        for seat in range(SEATED // len(communities) + (number == 0)):
            seated = {"person": own[seat], "role": "member" if seat else "chair"}
            script.tell(on(11, 9 + number, seat), "council.seated", council, community, seated)
        if number == 0:
            script.tell(on(150), "council.left", council, community, {"person": own[5]})
        for meeting in range(4):
            _conference(script, community, own[:12], number * 4 + meeting)


def _conference(script: Script, community: str, people: list[str], number: int) -> None:
    """居民议事会 and 民情恳谈会."""
    subject, kind = script.id("conference", number), turn(("residents_council", "heart_to_heart", "joint"), number)
    day = 20 + spread(number, 28, 310)
    script.tell(on(day, 15), "conference.convened", subject, community, {"kind": kind, "place": community})
    held = {"attendance": [{"party": "two_committees", "persons": len(people)}], "participants": people}
    script.tell(on(day + 3, 15), "conference.held", subject, community, held)


def _reports(script: Script, communities: list[str], units: list[str], members: list[str]) -> None:
    """双报到: every member reports once; 双服务: a third of them served."""
    for number, member in enumerate(members):
        community, subject = turn(communities, number), script.id("duty", number)
        day = 4 + spread(number, len(members), 60)
        reported = {"party": member, "unit": turn(units, number), "community": community}
        script.tell(on(day, 10), "duty.reported", subject, member, reported)
        script.tell(on(day + 1, 10), "duty.confirmed", subject, community, {"by": community})
        if number % 3 == 0:
            again = script.id("duty", f"service-{number}")
            served = {
                "person": member, "unit": turn(units, number), "community": community, "kind": "政策宣传",
                "began": on(day + 90, 9), "ended": on(day + 90, 11), "beneficiaries": 10,
            }  # fmt: skip
            script.tell(on(day + 90, 11), "duty.served", again, member, served)
            script.tell(on(day + 91, 11), "duty.confirmed", again, community, {"by": community})
