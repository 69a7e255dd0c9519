"""矛盾纠纷台账: disputes with the clock of their level, the seven days, and what came of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from projections.read.answer import LIMIT, Answer, Row, Rule, ask, asked, chosen
from projections.read.period import Period
from projections.rules import Clocks


class MediationRow(Row, frozen=True, kw_only=True):
    """A dispute. Dues have pauses counted in; `days_left` is negative once they are over, and absent at the end.

    The parties stand nowhere; who refused is not shown, only that somebody did.
    """

    titles: ClassVar[dict[str, str]] = {
        "subject": "编号",
        "place_name": "地点",
        "channel": "渠道",
        "cause": "事由",
        "status": "状态",
        "level": "层级",
        "mediator": "调解员",
        "opened_at": "受理",
        "level_due": "本级期限",
        "total_due": "总期限",
        "days_left": "剩余天数",
        "is_in_time": "按期",
        "meetings": "调解次数",
        "methods": "方法",
        "settled_at": "调解成功",
        "followed_up_at": "回访",
        "unknown": "未登记",
    }
    subject: str
    place: str | None
    place_name: str | None
    channel: str | None
    cause: str | None
    status: str
    is_open: bool
    level: str | None
    mediator: str | None
    first_responsible: str | None
    remote: bool | None
    opened_at: datetime | None
    level_since: datetime | None
    level_due: datetime | None
    total_due: datetime | None
    days_left: float | None
    is_overdue: bool
    is_in_time: bool | None
    is_paused: bool
    is_extended: bool
    escalated_by: str | None
    meetings: int
    methods: list[str]
    settled_at: datetime | None
    judicial_confirmation: bool | None
    failed_at: datetime | None
    failed_to: str | None
    refused_at: datetime | None
    followed_up_at: datetime | None
    holds: bool | None
    unknown: list[str]


def mediations(
    connection: Any,
    generation: str,
    *,
    place: str | None = None,
    person: str | None = None,
    period: str | Period | None = None,
    subject: str | None = None,
    is_open: bool | None = None,
    overdue: bool = False,
    clocks: Rule[Clocks] = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[MediationRow]:
    """Disputes, newest first, by `place` (or below it) and `person` (mediator or first responsible)."""
    question = asked(period, as_of, limit, chosen(Clocks, clocks), always=False)
    filters = {"place": place, "person": person, "subject": subject, "is_open": is_open, "overdue": overdue}
    return ask(connection, generation, "mediations", MediationRow, question, **filters)
