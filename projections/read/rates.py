"""三率: response, resolution and satisfaction by call-back, by place and overall."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from projections.read.answer import LIMIT, Answer, Row, Rule, ask, asked, chosen
from projections.read.declared import Level
from projections.read.period import Period
from projections.rules import ThreeRates


class RatesRow(Row, frozen=True, kw_only=True):
    """Rates as shares of 1, score of 100; None = no valid call-back (“—”).

    Excluded cases are left out and disputed ratings counted; the other three scores show the other ways.
    """

    titles: ClassVar[dict[str, str]] = {
        "subject": "地点编号",
        "name": "地点",
        "valid": "有效回访",
        "response": "响应率",
        "resolution": "解决率",
        "satisfaction": "满意率",
        "score": "得分",
        "score_with_excluded": "得分（含剔除件）",
        "score_without_disputed": "得分（不含争议件）",
        "valid_excluded": "剔除件",
        "valid_disputed": "争议件",
    }
    subject: str | None
    is_overall: bool
    name: str | None
    is_registered: bool
    level: str | None
    called: int
    valid: int
    contacted: int
    resolved: int
    satisfied: int
    fairly: int
    dissatisfied: int
    response: float | None
    resolution: float | None
    satisfaction: float | None
    score: float | None
    score_with_excluded: float | None
    score_without_disputed: float | None
    score_with_excluded_without_disputed: float | None
    valid_excluded: int
    valid_disputed: int


def rates(
    connection: Any,
    generation: str,
    *,
    place: str | None = None,
    level: Level | None = "grid",
    period: str | Period | None = None,
    rule: Rule[ThreeRates] = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[RatesRow]:
    """The rates of the call-back windows of a period (a day, a month …), the whole first, then by place."""
    question = asked(period, as_of, limit, chosen(ThreeRates, rule))
    return ask(connection, generation, "rates", RatesRow, question, place=place, level=level)
