"""三张清单与契约: which need meets which resource, and what of contracts was delivered in time."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from projections.read.answer import LIMIT, Answer, Row, ask, asked
from projections.read.period import Period


class MatchRow(Row, frozen=True, kw_only=True):
    """A need and a resource that could meet. A suggestion: nobody acts on it but people."""

    titles: ClassVar[dict[str, str]] = {
        "need": "需求编号",
        "need_title": "需求",
        "need_name": "需求方",
        "resource": "资源编号",
        "resource_title": "资源",
        "resource_name": "资源方",
        "category": "类别",
        "wanted": "还需",
        "left_over": "可供",
        "unit_of_quantity": "单位",
        "since": "起",
        "until": "止",
        "is_paired": "结对",
    }
    need: str
    need_title: str
    need_by: str
    need_name: str | None
    resource: str
    resource_title: str
    resource_by: str
    resource_name: str | None
    category: str
    wanted: int
    left_over: int
    unit_of_quantity: str
    since: datetime
    until: datetime
    is_paired: bool


class ContractItemRow(Row, frozen=True, kw_only=True):
    """One item of one contract. `in_time` is null while it can't be judged."""

    titles: ClassVar[dict[str, str]] = {
        "contract": "契约编号",
        "community_name": "社区",
        "unit_name": "单位",
        "item": "事项",
        "quantity": "数量",
        "due": "时限",
        "delivered_at": "交付",
        "accepted_at": "验收通过",
        "refused_at": "验收不通过",
        "score": "评分",
        "in_time": "按时",
    }
    contract: str
    community: str
    community_name: str | None
    unit: str
    unit_name: str | None
    item: str
    quantity: int
    signed_at: datetime
    due: datetime
    delivered_at: datetime | None
    accepted_at: datetime | None
    refused_at: datetime | None
    score: int | None
    in_time: bool | None


def matches(
    connection: Any,
    generation: str,
    *,
    place: str | None = None,
    unit: str | None = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[MatchRow]:
    """Open needs and resources of one category and measure, whose periods overlap, with enough left.

    Pairs of a unit and its own community first, then the longest time together. `place` shows needs and resources
    posted there or below, `unit` those of a unit.
    """
    question = asked(None, as_of, limit, always=False)
    return ask(connection, generation, "matches", MatchRow, question, place=place, unit=unit)


def contract_items(
    connection: Any,
    generation: str,
    *,
    place: str | None = None,
    unit: str | None = None,
    period: str | Period | None = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[ContractItemRow]:
    """What was due in the period (the month of `as_of`), the earliest first. On time is judged by comparing times."""
    question = asked(period, as_of, limit)
    return ask(connection, generation, "contract_items", ContractItemRow, question, place=place, unit=unit)
