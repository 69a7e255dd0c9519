"""What an estate has: its six parties, its four regulations, facilities near it, and who leads there."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from projections.read.answer import LIMIT, Answer, Row, Rule, ask, asked, chosen
from projections.read.declared import Level
from projections.read.period import Period
from projections.rules import DailyLife
from projections.rules.services import FacilityKind


class RosterRow(Row, frozen=True, kw_only=True):
    """The six parties of one estate by name; `gaps` are those that nobody stands for."""

    titles: ClassVar[dict[str, str]] = {
        "subject": "小区编号",
        "name": "小区",
        "community_name": "社区",
        "party_branch": "小区党支部",
        "two_committees": "社区“两委”",
        "owners_committee": "业委会",
        "property_company": "物业",
        "law_enforcement": "综合执法队",
        "police": "片区民警",
        "gaps": "缺",
    }
    subject: str
    name: str | None
    is_registered: bool
    community: str | None
    community_name: str | None
    party_branch: list[str]
    two_committees: list[str]
    owners_committee: list[str]
    property_company: list[str]
    law_enforcement: list[str]
    police: list[str]
    gaps: list[str]


class RegulationsRow(Row, frozen=True, kw_only=True):
    """The titles of the regulations that are in force at one estate, `in_force` of four kinds."""

    titles: ClassVar[dict[str, str]] = {
        "subject": "小区编号",
        "name": "小区",
        "community_name": "社区",
        "grid_mechanism": "网格治理运行机制",
        "owners_committee_routine": "业委会日常工作制度",
        "branch_duties": "党支部工作职责",
        "branch_liaison": "党支部联系制度",
        "in_force": "已建（项）",
    }
    subject: str
    name: str | None
    community: str | None
    community_name: str | None
    grid_mechanism: str | None
    owners_committee_routine: str | None
    branch_duties: str | None
    branch_liaison: str | None
    in_force: int


class FacilityRow(Row, frozen=True, kw_only=True):
    """One facility of a place."""

    titles: ClassVar[dict[str, str]] = {
        "place": "地点编号",
        "place_name": "地点",
        "facility": "阵地",
        "kind": "类别",
        "functions": "功能",
        "hours": "开放时间",
        "opened_at": "开放",
        "upgraded_at": "升级",
        "closed_at": "关闭",
        "is_open": "开放中",
    }
    place: str
    place_name: str | None
    place_level: str | None
    facility: str
    kind: str | None
    functions: list[str]
    hours: str | None
    opened_at: datetime | None
    upgraded_at: datetime | None
    closed_at: datetime | None
    is_open: bool
    longitude: float | None
    latitude: float | None


class DailyLifeRow(Row, frozen=True, kw_only=True):
    """How many estates have a facility of one kind near enough; `unlocated` are those whose location nobody knows."""

    titles: ClassVar[dict[str, str]] = {
        "subject": "地点编号",
        "name": "地点",
        "kind": "设施",
        "estates": "小区",
        "near": "一刻钟可达",
        "near_share": "覆盖率",
        "unlocated": "位置不明",
    }
    is_overall: bool
    subject: str | None
    name: str | None
    kind: str
    estates: int
    near: int
    near_share: float
    unlocated: int


class LeaderRow(Row, frozen=True, kw_only=True):
    """One leader's places, and the field studies and watched tasks of the period."""

    titles: ClassVar[dict[str, str]] = {
        "subject": "领导",
        "body": "班子",
        "communities": "社区",
        "estates": "小区",
        "grids": "微网格",
        "places": "包抓合计",
        "since": "起",
        "field_studies": "调研",
        "last_study_at": "最近调研",
        "tasks": "督办",
        "tasks_verified": "督办办结",
    }
    subject: str
    is_registered: bool
    body: str
    towns: int
    communities: int
    estates: int
    grids: int
    places: int
    since: datetime
    field_studies: int
    last_study_at: datetime | None
    tasks: int
    tasks_verified: int


def roster(
    connection: Any, generation: str, *, place: str | None = None, as_of: datetime | None = None, limit: int = LIMIT
) -> Answer[RosterRow]:
    """The six parties of each estate, those with most gaps first."""
    return ask(connection, generation, "roster", RosterRow, asked(None, as_of, limit, always=False), place=place)


def regulations(
    connection: Any, generation: str, *, place: str | None = None, as_of: datetime | None = None, limit: int = LIMIT
) -> Answer[RegulationsRow]:
    """Which of the four regulations each estate has, of its own or from above; those with fewest first."""
    question = asked(None, as_of, limit, always=False)
    return ask(connection, generation, "regulations", RegulationsRow, question, place=place)


def facilities(
    connection: Any,
    generation: str,
    *,
    place: str | None = None,
    kind: FacilityKind | None = None,
    period: str | Period | None = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[FacilityRow]:
    """Facilities by kind and place, of all times or opened in a period."""
    question = asked(period, as_of, limit, always=False)
    return ask(connection, generation, "facilities", FacilityRow, question, place=place, facility_kind=kind)


def daily_life(
    connection: Any,
    generation: str,
    *,
    place: str | None = None,
    level: Level = "community",
    rule: Rule[DailyLife] = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[DailyLifeRow]:
    """一刻钟便民服务区: the share of estates that have each kind of facility near enough, all of them and by level."""
    question = asked(None, as_of, limit, chosen(DailyLife, rule), always=False)
    return ask(connection, generation, "daily_life", DailyLifeRow, question, place=place, level=level)


def leaders(
    connection: Any,
    generation: str,
    *,
    place: str | None = None,
    person: str | None = None,
    period: str | Period | None = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[LeaderRow]:
    """四大班子包抓: what every leader is in charge of, and what they did there in the period."""
    question = asked(period, as_of, limit, always=False)
    return ask(connection, generation, "leaders", LeaderRow, question, place=place, person=person)
