"""网格与网格员工作量: what grids and workers carry now, and how a grid's month went."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from msgspec import Struct

from projections.read.answer import LIMIT, Answer, Row, Rule, ask, asked, chosen
from projections.read.declared import Level
from projections.read.period import Period
from projections.rules import Workload


class Term(Struct, frozen=True, kw_only=True):
    """One term of a grid's score; `share` is None where nothing measures it."""

    part: str
    term: str
    numerator: float
    denominator: float
    is_measured: bool
    weight: float
    share: float | None


class Post(Struct, frozen=True):
    """A place where somebody works."""

    place: str
    name: str | None


class GridRow(Row, frozen=True, kw_only=True):
    """A place of the level, or another one where something stands. Scores of 100; so much of 100 was `measured`; the
    bonus stands apart."""

    titles: ClassVar[dict[str, str]] = {
        "subject": "网格编号",
        "name": "网格",
        "parent_name": "所属",
        "unit_name": "责任单位",
        "open": "在办",
        "emergency": "紧急",
        "urgent": "加急",
        "ordinary": "一般",
        "mediations": "调解",
        "applications": "申办",
        "hazards": "隐患",
        "load": "加权负荷",
        "overdue": "超期",
        "cases": "当期诉求",
        "operation": "运行",
        "duty": "履职",
        "staff": "队伍",
        "score": "得分",
        "bonus": "加分",
        "measured": "已计权重",
    }
    subject: str
    name: str | None
    is_registered: bool
    level: str | None
    parent: str | None
    parent_name: str | None
    responsible_unit: str | None
    unit_name: str | None
    workers: list[str]
    open: int
    emergency: int
    urgent: int
    ordinary: int
    mediations: int
    applications: int
    hazards: int
    load: float
    overdue: int
    cases: int
    operation: float | None
    duty: float | None
    staff: float | None
    measured: float
    score: float | None
    bonus: float | None
    terms: list[Term]


class WorkerRow(Row, frozen=True, kw_only=True):
    """A grid worker, by id: names are sealed. Nobody is ranked."""

    titles: ClassVar[dict[str, str]] = {
        "subject": "网格员",
        "community_name": "社区",
        "grids": "网格",
        "is_away": "外出",
        "open": "在办",
        "emergency": "紧急",
        "urgent": "加急",
        "ordinary": "一般",
        "mediations": "调解",
        "applications": "申办",
        "hazards": "隐患",
        "load": "加权负荷",
        "overdue": "超期",
        "dispatched": "当期派单",
        "accepted": "当期落单",
        "handled": "当期办理",
    }
    subject: str
    is_registered: bool
    unit: str | None
    unit_name: str | None
    community: str | None
    community_name: str | None
    grids: list[Post]
    is_away: bool
    open: int
    emergency: int
    urgent: int
    ordinary: int
    mediations: int
    applications: int
    hazards: int
    load: float
    overdue: int
    dispatched: int
    accepted: int
    handled: int


def grids(
    connection: Any,
    generation: str,
    *,
    place: str | None = None,
    level: Level = "grid",
    unit: str | None = None,
    period: str | Period | None = None,
    rule: Rule[Workload] = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[GridRow]:
    """Grids, or places of another level, by weighted open load, and the score of months.

    `period`: the months of the score; `unit`: the responsible one. What no place of the level holds keeps a row.
    """
    question = asked(period, as_of, limit, chosen(Workload, rule))
    assert question.period is not None
    question.period.in_whole_months()
    return ask(connection, generation, "grids", GridRow, question, place=place, level=level, unit=unit)


def workers(
    connection: Any,
    generation: str,
    *,
    place: str | None = None,
    unit: str | None = None,
    person: str | None = None,
    period: str | Period | None = None,
    rule: Rule[Workload] = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[WorkerRow]:
    """Grid workers by weighted open load. `place`: who works there or below, or is of a community there."""
    question = asked(period, as_of, limit, chosen(Workload, rule))
    return ask(connection, generation, "workers", WorkerRow, question, place=place, unit=unit, person=person)
