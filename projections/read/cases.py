"""The case book 诉求台账, and the funnel of what became of the cases of a period."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from msgspec import Struct

from projections.read.answer import LIMIT, Answer, Row, ask, asked
from projections.read.declared import Level
from projections.read.period import Period


class CalledUnit(Struct, frozen=True, kw_only=True):
    """A unit that a whistle called. `is_…_in_time` is None where there is nothing to judge (yet)."""

    whistle: str
    unit: str
    name: str | None
    part: str | None
    kind: str | None
    began: datetime | None
    report_due: datetime | None
    reported_at: datetime | None
    is_reported_in_time: bool | None
    handle_due: datetime | None
    handled_at: datetime | None
    is_handled_in_time: bool | None
    resolved: bool | None


class CaseRow(Row, frozen=True, kw_only=True):
    """One case: five tickets, seven steps, clocks.

    `place` is the grid of the last dispatch, else where it was discovered.
    `unknown` are the references that are not in the registry.
    """

    titles: ClassVar[dict[str, str]] = {
        "subject": "诉求",
        "discovered_at": "发现（点单）",
        "category": "类别",
        "urgency": "紧急程度",
        "place_name": "地点",
        "status": "状态",
        "dispatched_at": "派单",
        "accepted_at": "落单",
        "whistled_at": "吹哨",
        "handled_at": "办理",
        "handle_due": "办理时限",
        "is_overdue": "超期",
        "satisfaction": "评价（评单）",
        "unknown": "未登记",
    }
    subject: str
    discovered_at: datetime | None
    channel: str | None
    demand: str | None
    category: str | None
    urgency: str | None
    handle_class: str | None
    place: str | None
    place_name: str | None
    assignee: str | None
    status: str
    is_open: bool
    handle_due: datetime | None
    is_overdue: bool
    is_handled_in_time: bool | None
    dispatched_at: datetime | None
    accepted_at: datetime | None
    whistled_at: datetime | None
    reported_at: datetime | None
    deliberated_at: datetime | None
    handled_at: datetime | None
    handled_by: str | None
    resolved: bool | None
    replied_at: datetime | None
    rated_at: datetime | None
    satisfaction: str | None
    looked_up_at: datetime | None
    closed_at: datetime | None
    reopens: int
    extensions: int
    declined: int
    photos: int
    continues: str | None
    merged_into: str | None
    supervised_by: str | None
    escalated_to: str | None
    is_excluded: bool
    is_disputed: bool
    units: list[CalledUnit]
    unknown: list[str]


class FunnelRow(Row, frozen=True, kw_only=True):
    """What became of the cases discovered in a period; `done` counts those handled in it."""

    titles: ClassVar[dict[str, str]] = {
        "subject": "地点编号",
        "name": "地点",
        "discovered": "发现",
        "dispatched": "派单",
        "accepted": "落单",
        "whistled": "吹哨",
        "handled": "办理",
        "handled_in_grid": "网格内办理",
        "replied": "反馈",
        "rated": "评价",
        "satisfied": "满意",
        "satisfied_share": "满意率",
        "reopened": "重办",
    }
    subject: str | None
    is_overall: bool
    name: str | None
    is_registered: bool
    level: str | None
    discovered: int
    dispatched: int
    accepted: int
    whistled: int
    handled: int
    handled_in_grid: int
    done: int
    replied: int
    rated: int
    satisfied: int
    satisfied_share: float | None
    looked_up: int
    reopened: int
    withdrawn: int


def cases(
    connection: Any,
    generation: str,
    *,
    subject: str | None = None,
    place: str | None = None,
    unit: str | None = None,
    person: str | None = None,
    period: str | Period | None = None,
    is_open: bool | None = None,
    overdue: bool = False,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[CaseRow]:
    """Cases, newest first, discovered in the period at the place or below it.

    `unit` is one that was called, `person` who told it, has it, first took it or handled it.
    `overdue`: only open ones past their due.
    """
    return ask(
        connection, generation, "cases", CaseRow, asked(period, as_of, limit, always=False),
        subject=subject, place=place, unit=unit, person=person, is_open=is_open, overdue=overdue,
    )  # fmt: skip


def funnel(
    connection: Any,
    generation: str,
    *,
    place: str | None = None,
    level: Level = "community",
    period: str | Period | None = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[FunnelRow]:
    """The seven steps by place of a level, the whole first; what lies above it keeps a row of its own."""
    question = asked(period, as_of, limit)
    return ask(connection, generation, "funnel", FunnelRow, question, place=place, level=level)
