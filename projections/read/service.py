"""双报到双服务与志愿服务: the duty roll and the tallies of volunteers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Literal

from projections.read.answer import LIMIT, Answer, Row, Rule, ask, asked, chosen
from projections.read.period import Period
from projections.rules import Credit, UnitAssessment


class DutyRow(Row, frozen=True, kw_only=True):
    """A unit or community. `credited_minutes` are those confirmed that one act, one credit leaves."""

    titles: ClassVar[dict[str, str]] = {
        "subject": "编号",
        "name": "单位或社区",
        "members": "在职党员",
        "reported": "已报到",
        "reported_share": "报到率",
        "services": "服务次数",
        "confirmed": "已确认",
        "refused": "不予确认",
        "confirmed_minutes": "确认分钟",
        "credited_minutes": "计入分钟",
        "target_minutes": "目标分钟",
        "target_share": "完成率",
        "beneficiaries": "受益人次",
        "acts": "志愿服务",
        "acts_confirmed": "志愿服务已确认",
        "act_minutes": "志愿服务分钟",
    }
    subject: str
    name: str | None
    is_registered: bool
    members: int
    reported: int
    reported_share: float | None
    services: int
    confirmed: int
    refused: int
    confirmed_minutes: int
    credited_minutes: int
    target_minutes: int
    target_share: float | None
    beneficiaries: int
    acts: int
    acts_confirmed: int
    act_minutes: int


class VolunteerRow(Row, frozen=True, kw_only=True):
    """A person, team, unit or place. Minutes of all who took part; only persons and units have credit and points."""

    titles: ClassVar[dict[str, str]] = {
        "subject": "编号",
        "name": "名称",
        "acts": "志愿服务",
        "confirmed": "已确认",
        "refused": "不予确认",
        "confirmed_minutes": "确认分钟",
        "credited_minutes": "计入分钟",
        "points": "积分",
        "beneficiaries": "受益人次",
    }
    subject: str
    name: str | None
    is_registered: bool
    acts: int
    confirmed: int
    refused: int
    confirmed_minutes: int
    beneficiaries: int | None
    credited_minutes: int | None
    points: float | None


def duty(
    connection: Any,
    generation: str,
    *,
    by: Literal["unit", "community"] = "unit",
    place: str | None = None,
    unit: str | None = None,
    period: str | Period | None = None,
    rule: Rule[UnitAssessment] = None,
    credit: Rule[Credit] = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[DutyRow]:
    """The roll of a month or several: members, who reported, service against the target, volunteer acts."""
    question = asked(period, as_of, limit, chosen(UnitAssessment, rule), chosen(Credit, credit))
    assert question.period is not None
    question.period.in_whole_months()
    return ask(connection, generation, "duty", DutyRow, question, by=by, place=place, unit=unit)


def volunteers(
    connection: Any,
    generation: str,
    *,
    by: Literal["person", "team", "unit", "place"] = "person",
    place: str | None = None,
    unit: str | None = None,
    person: str | None = None,
    period: str | Period | None = None,
    credit: Rule[Credit] = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[VolunteerRow]:
    """Volunteer tallies, the most confirmed time first. A person's credit also holds duty service."""
    question = asked(period, as_of, limit, chosen(Credit, credit))
    filters = {"by": by, "place": place, "unit": unit, "person": person}
    return ask(connection, generation, "volunteers", VolunteerRow, question, **filters)
