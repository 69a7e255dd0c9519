"""安全隐患台账: hazards with their due, and whether they were fixed in time."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from projections.read.answer import LIMIT, Answer, Row, Rule, ask, asked, chosen
from projections.read.period import Period
from projections.rules import Clocks


class HazardRow(Row, frozen=True, kw_only=True):
    """A hazard. `due` is the stamped one, else by severity; its location stays sealed and is not read here."""

    titles: ClassVar[dict[str, str]] = {
        "subject": "编号",
        "place_name": "地点",
        "kind": "隐患",
        "severity": "等级",
        "responsible": "责任方",
        "status": "状态",
        "found_at": "发现",
        "due": "期限",
        "fixed_at": "整改",
        "is_in_time": "按期",
        "verified_at": "销号",
        "patrol": "巡查",
        "to_case": "诉求",
        "unknown": "未登记",
    }
    subject: str
    place: str | None
    place_name: str | None
    kind: str | None
    severity: str | None
    responsible: str | None
    status: str
    is_open: bool
    found_at: datetime | None
    due: datetime | None
    is_overdue: bool
    fixed_at: datetime | None
    fixed_by: str | None
    is_in_time: bool | None
    verified_at: datetime | None
    verified_by: str | None
    patrol: str | None
    to_case: str | None
    unknown: list[str]


def hazards(
    connection: Any,
    generation: str,
    *,
    place: str | None = None,
    unit: str | None = None,
    person: str | None = None,
    period: str | Period | None = None,
    subject: str | None = None,
    is_open: bool | None = None,
    overdue: bool = False,
    clocks: Rule[Clocks] = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[HazardRow]:
    """Hazards, newest first, by `place` (or below it) and by who is responsible, fixed or verified them."""
    question = asked(period, as_of, limit, chosen(Clocks, clocks), always=False)
    filters = {"place": place, "unit": unit, "person": person, "subject": subject}
    return ask(
        connection, generation, "hazards", HazardRow, question, **filters, is_open=is_open, overdue=overdue
    )
