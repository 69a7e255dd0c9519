"""一事一记: which services of a person were credited, and why the others were not."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from projections.read.answer import LIMIT, Answer, Row, Rule, ask, asked, chosen
from projections.read.period import Period
from projections.rules import Credit


class CreditRow(Row, frozen=True, kw_only=True):
    """One confirmed service of one person. `reason`: same_deed or overlap, where another one has the credit."""

    titles: ClassVar[dict[str, str]] = {
        "subject": "编号",
        "kind": "类别",
        "person": "人员",
        "unit_name": "单位",
        "began": "开始",
        "minutes": "分钟",
        "is_credited": "计入",
        "points": "积分",
        "reason": "不计原因",
    }
    subject: str
    kind: str
    person: str
    unit: str | None
    unit_name: str | None
    began: datetime
    minutes: int
    is_credited: bool
    points: float
    reason: str | None


def credits(
    connection: Any,
    generation: str,
    *,
    unit: str | None = None,
    person: str | None = None,
    period: str | Period | None = None,
    credit: Rule[Credit] = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[CreditRow]:
    """Services that began in the period, newest first: orders, duty, wishes, volunteer acts and visits alike."""
    question = asked(period, as_of, limit, chosen(Credit, credit))
    return ask(connection, generation, "credits", CreditRow, question, unit=unit, person=person)
