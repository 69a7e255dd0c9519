"""驻区单位协同考核: the league of units over months, indicator by indicator."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from msgspec import Struct

from projections.read.answer import LIMIT, Answer, Row, Rule, ask, asked, chosen
from projections.read.period import Period
from projections.rules import Credit, UnitAssessment


class Indicator(Struct, frozen=True, kw_only=True):
    """One indicator: `weight` by the rule, `points` of `points_of` once idle weights went to the others."""

    indicator: str
    numerator: float
    denominator: float
    is_measured: bool
    weight: float
    share: float | None
    points: float | None
    points_of: float | None


class Quarter(Struct, frozen=True, kw_only=True):
    """What towns and communities gave, of 100, in a quarter (2024-Q2); bonus and deduction in points."""

    quarter: str
    is_closed: bool
    town: float | None
    community: float | None
    joint: float | None
    bonus: float
    deduction: float
    contested: int


class UnitRow(Row, frozen=True, kw_only=True):
    """A unit's ongoing total (`total`) and final score, of 100. `…_uncontested` leaves out what nobody has ruled on.

    `joint` is that of closed quarters; without one, or where a tier is missing, there is no final score (“—”).
    """

    titles: ClassVar[dict[str, str]] = {
        "final_rank": "名次",
        "subject": "单位编号",
        "name": "单位",
        "final": "最终得分",
        "final_uncontested": "最终得分（不含争议）",
        "final_grade": "等次",
        "bonus": "加分",
        "deduction": "扣分",
        "joint": "协同",
        "rank": "日常名次",
        "total": "日常得分",
        "total_uncontested": "日常得分（不含争议）",
        "grade": "日常等次",
        "measured_weight": "已计权重",
        "contested": "争议",
        "indicators": "指标",
    }
    subject: str
    name: str | None
    is_registered: bool
    kind: str | None
    communities: list[str]
    rank: int | None
    total: float | None
    total_uncontested: float | None
    grade: str | None
    is_ranked: bool
    measured_weight: float
    contested: int
    indicators: list[Indicator]
    quarters: list[Quarter]
    joint: float | None
    joint_uncontested: float | None
    bonus: float | None
    deduction: float | None
    final: float | None
    final_uncontested: float | None
    final_rank: int | None
    final_grade: str | None


def units(
    connection: Any,
    generation: str,
    *,
    place: str | None = None,
    unit: str | None = None,
    period: str | Period | None = None,
    rule: Rule[UnitAssessment] = None,
    credit: Rule[Credit] = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[UnitRow]:
    """The league of months. `place` shows the units paired with a community there or below; ranks stay."""
    question = asked(period, as_of, limit, chosen(UnitAssessment, rule), chosen(Credit, credit))
    assert question.period is not None
    question.period.in_whole_months()
    return ask(connection, generation, "units", UnitRow, question, place=place, unit=unit)
