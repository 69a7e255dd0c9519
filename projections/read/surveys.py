"""The survey board 打分榜: every item's mean and mark, its remedy, and what that did."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from projections.read.answer import LIMIT, Answer, Row, Rule, ask, asked, chosen
from projections.read.period import Period
from projections.rules import Survey


class SurveyItemRow(Row, frozen=True, kw_only=True):
    """One item of one survey. `mark`: failed, low, passed or too_few (cards to say anything).

    `effect` is the next survey's mean of the same item less this one's, once a remedy was adopted in between.
    `flag`: no_owners_vote (a property company is dismissed by the owners' vote) or too_few_cards (no remedy follows).
    """

    titles: ClassVar[dict[str, str]] = {
        "subject": "打分",
        "estate_name": "小区",
        "opened_at": "发卡",
        "item": "事项",
        "provider_name": "服务者",
        "scores": "打分（人）",
        "mean": "平均分",
        "mark": "评定",
        "change": "更换",
        "to": "改为",
        "authority": "依据",
        "adopted_at": "通过",
        "next_mean": "下次平均分",
        "effect": "成效",
        "flag": "存疑",
    }
    subject: str
    estate: str
    estate_name: str | None
    opened_at: datetime
    closed_at: datetime | None
    item: str
    provider: str
    provider_name: str | None
    method: str
    form: str
    scores: int
    mean: float | None
    mark: str
    topic: str | None
    change: str | None
    to: str | None
    authority: str | None
    proposed_at: datetime | None
    adopted_at: datetime | None
    flag: str | None
    next_survey: str | None
    next_mean: float | None
    effect: float | None


def survey_items(
    connection: Any,
    generation: str,
    *,
    place: str | None = None,
    unit: str | None = None,
    period: str | Period | None = None,
    rule: Rule[Survey] = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[SurveyItemRow]:
    """Items of the surveys of a period, or of all, newest first; `unit` is who provides the service."""
    question = asked(period, as_of, limit, chosen(Survey, rule), always=False)
    return ask(connection, generation, "survey_items", SurveyItemRow, question, place=place, unit=unit)
