"""五单 点单 派单 落单 查单 评单: 656 demands, all rated; a part of them by whistle and report (乡镇吹哨、部门报到)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from producers.simulator.reports.script import Script, on, spread, turn
from producers.simulator.topics import TOPICS

DEMANDS, SATISFIED = 656, 643
_DAYS = {"consultation": 1, "help": 5, "suggestion": 5, "complaint": 10, "report": 10}


def tickets(script: Script, town: str, grids: list[str], workers: list[str], units: list[str]) -> None:
    """The last 13 are rated fairly or dissatisfied, spread over the year."""
    for number in range(DEMANDS):
        _ticket(
            script, town, number, turn(grids, number * 7), turn(workers, number * 7 % len(grids)), turn(units, number)
        )


def _ticket(script: Script, town: str, number: int, grid: str, worker: str, unit: str) -> None:
    subject, topic = script.id("case", number), turn(TOPICS, number)
    began = on(spread(number, DEMANDS, 330), 8 + number % 11, number % 60)
    demand = turn(topic.demands, number // 7)
    discovered = {
        "channel": "app_reflect" if number % 3 else "app_service", "demand": demand, "category": topic.category,
        "urgency": "urgent" if number % 11 == 0 else "ordinary", "place": grid, "text": turn(topic.problems, number),
        "reporter": script.id("person", f"ally-{number}"),
    }  # fmt: skip
    script.tell(began, "case.discovered", subject, discovered["reporter"], discovered)
    dispatched = {
        "to": worker, "grid": grid, "sign_in_due": began + timedelta(hours=2, minutes=5),
        "handle_due": began + timedelta(days=_DAYS[demand] * 7 // 5 + 2), "rule": "dispatch-2024-1",
        "candidates": [{"person": worker, "load": number % 4}],
    }  # fmt: skip
    script.tell(began + timedelta(minutes=5), "case.dispatched", subject, "urn:shanzhi:decider", dispatched)
    script.tell(began + timedelta(minutes=30), "case.accepted", subject, worker, {})
    handled = began + timedelta(hours=20)
    if number % 6 == 5:
        handled = _whistle(script, subject, town, began + timedelta(hours=3), unit)
    else:
        measures = {"by": worker, "resolved": True, "measures": turn(topic.measures, number)}
        script.tell(handled, "case.handled", subject, worker, measures)
    script.tell(handled + timedelta(hours=1), "case.replied", subject, worker, {"text": "已办结，请您评价。"})
    script.tell(handled + timedelta(hours=2), "case.looked_up", subject, discovered["reporter"], {})
    script.tell(handled + timedelta(hours=3), "case.rated", subject, discovered["reporter"], _rating(number))


def _whistle(script: Script, subject: str, town: str, at: datetime, unit: str) -> datetime:
    """The town whistles, the unit reports, they confer, it handles: seven steps with 反馈 and 评价."""
    whistled = {
        "whistle": "w1", "by": town, "kind": "ordinary", "units": [{"unit": unit, "part": "lead"}],
        "report_due": at + timedelta(days=1), "handle_due": at + timedelta(days=7),
    }  # fmt: skip
    script.tell(at, "case.whistled", subject, town, whistled)
    script.tell(at + timedelta(hours=6), "case.reported", subject, unit, {"whistle": "w1", "unit": unit, "persons": []})
    script.tell(
        at + timedelta(hours=8), "case.deliberated", subject, town, {"decision": "单位牵头，社区配合，三日内办结。"}
    )
    handled = {"whistle": "w1", "by": unit, "resolved": True, "measures": "已办结并现场确认。"}
    script.tell(at + timedelta(days=2), "case.handled", subject, unit, handled)
    return at + timedelta(days=2)


def _rating(number: int) -> dict[str, Any]:
    poor = number * (DEMANDS - SATISFIED) // DEMANDS != (number + 1) * (DEMANDS - SATISFIED) // DEMANDS
    word = ("fairly" if number % 2 else "dissatisfied") if poor else "satisfied"
    by = "call_back" if number % 4 == 0 else "resident"
    return {"by": by, "reached": True, "contacted": True, "resolved": word != "dissatisfied", "satisfaction": word}
