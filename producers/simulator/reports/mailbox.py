"""上城时代小区: a lawyer elected from the owners as branch secretary, and disputes settled through 心愿邮箱."""

from __future__ import annotations

from datetime import datetime, timedelta

from producers.simulator.reports.county import person
from producers.simulator.reports.script import Script, on, spread, turn

SETTLED, FAILED = 24, 2
_CAUSES = ("楼上漏水", "停车位归属", "装修噪声", "物业费", "公共露台", "宠物扰民")
_METHODS = ("sentiment", "reason", "law", "litigation_guidance")


def mailbox(script: Script, estate: str, units: dict[str, str]) -> None:
    """24 disputes settled in the year, two that went to court; some needed the community or the town."""
    lawyer = person(script, "lawyer", ["resident", "leader"], estate)
    elected = {"person": lawyer, "role": "branch_secretary", "chosen": "elected_by_owners", "profession": "律师"}
    script.tell(on(6), "place.staffed", estate, estate, elected)
    for number in range(SETTLED + FAILED):
        _dispute(script, estate, lawyer, number, is_settled=number < SETTLED)


def _dispute(script: Script, estate: str, lawyer: str, number: int, *, is_settled: bool) -> None:
    subject, began = script.id("mediation", number), on(10 + spread(number, SETTLED + FAILED, 320), 10)
    channel = "wish_mailbox" if number % 6 else "window"
    parties = [script.id("person", f"party-{number}-{side}") for side in "ab"]
    opened = {
        "channel": channel, "place": estate, "cause": turn(_CAUSES, number), "parties": parties,
        "text": "双方为此多次争执，请支部帮助调解。", "mediator": lawyer, "remote": channel == "wish_mailbox",
        "first_responsible": lawyer, "level": "grid",
    }  # fmt: skip
    script.tell(began, "mediation.opened", subject, lawyer, opened)
    script.tell(began + timedelta(hours=3), "mediation.met", subject, lawyer, {"method": turn(_METHODS, number)})
    ended = began + timedelta(hours=6)
    if number % 5 == 4:  # the grid's day runs out, and the community's two for one of them
        ended = _escalated(script, subject, began, "community", timedelta(days=1))
        if number % 10 == 9:
            ended = _escalated(script, subject, began, "town", timedelta(days=3))
    if is_settled:
        settled = {"agreement": "双方达成一致并签字。", "judicial_confirmation": number % 8 == 0}
        script.tell(ended, "mediation.settled", subject, lawyer, settled)
        script.tell(ended + timedelta(days=15), "mediation.followed_up", subject, lawyer, {"holds": True})
    else:
        script.tell(ended, "mediation.failed", subject, lawyer, {"to": "litigation"})


def _escalated(script: Script, subject: str, began: datetime, to: str, after: timedelta) -> datetime:
    """The scenario brings what the clock would have told, and when it goes on after it."""
    due = began + after
    script.tell(due, "mediation.escalated", subject, "urn:shanzhi:clock", {"to": to, "by": "urn:shanzhi:clock"})
    return due + timedelta(hours=5)
