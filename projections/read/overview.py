"""一屏, 一张图 and 首问负责: one row a place over all families, places on the map, and who saw a matter through."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from msgspec import Struct

from projections.family import day_of
from projections.read.answer import LIMIT, Answer, Row, Rule, ask, asked, chosen
from projections.read.declared import Level
from projections.read.period import Period
from projections.rules import ThreeRates


class OverviewRow(Row, frozen=True, kw_only=True):
    """What one place has on its desk at this hour, and its rates of the month (shares of 1, score of 100)."""

    titles: ClassVar[dict[str, str]] = {
        "subject": "地点编号",
        "name": "地点",
        "received_today": "今日受理",
        "handled_today": "今日办结",
        "open_cases": "在办诉求",
        "overdue_cases": "超期诉求",
        "response": "响应率",
        "resolution": "解决率",
        "satisfaction": "满意率",
        "score": "三率得分",
        "open_mediations": "在调纠纷",
        "open_wishes": "未了心愿",
        "open_hazards": "未改隐患",
        "open_orders": "在办点单",
        "open_applications": "在办事项",
        "open_topics": "未决议题",
        "curtains_missed_today": "今日窗帘未拉开",
    }
    subject: str | None
    is_overall: bool
    is_registered: bool
    name: str | None
    level: str | None
    received_today: int
    handled_today: int
    open_cases: int
    overdue_cases: int
    valid: int
    response: float | None
    resolution: float | None
    satisfaction: float | None
    score: float | None
    open_mediations: int
    open_wishes: int
    open_hazards: int
    open_orders: int
    open_applications: int
    open_topics: int
    curtains_missed_today: int


class Corner(Struct, frozen=True):
    """A corner of an outline, WGS 84 degrees."""

    longitude: float
    latitude: float


class OpenFacilities(Struct, frozen=True):
    """How many facilities of a kind are open."""

    kind: str
    open: int


class MapRow(Row, frozen=True, kw_only=True):
    """A place on the map: its centre and outline (WGS 84), what lies above, its open cases and facilities."""

    titles: ClassVar[dict[str, str]] = {
        "subject": "地点编号",
        "name": "地点",
        "parent_name": "所属",
        "longitude": "经度",
        "latitude": "纬度",
        "unit_name": "责任单位",
        "open": "在办",
        "emergency": "紧急",
        "urgent": "加急",
        "facilities": "设施",
    }
    subject: str
    name: str | None
    is_registered: bool
    level: str
    parent: str | None
    parent_name: str | None
    longitude: float | None
    latitude: float | None
    outline: list[Corner]
    unit: str | None
    unit_name: str | None
    brand: str | None
    open: int
    emergency: int
    urgent: int
    facilities: list[OpenFacilities]


class FirstAskedRow(Row, frozen=True, kw_only=True):
    """The matters that one person took in first. A hand-off is a further dispatch, a whistle or an escalation."""

    titles: ClassVar[dict[str, str]] = {
        "subject": "首问责任人",
        "unit_name": "单位",
        "matters": "受理",
        "cases": "诉求",
        "mediations": "纠纷",
        "applications": "事项",
        "seen_through": "办结",
        "seen_through_share": "办结率",
        "open": "在办",
        "hand_offs": "转手",
        "hand_offs_each": "件均转手",
    }
    subject: str | None
    is_overall: bool
    is_registered: bool
    unit: str | None
    unit_name: str | None
    matters: int
    cases: int
    mediations: int
    applications: int
    seen_through: int
    seen_through_share: float | None
    open: int
    hand_offs: int
    hand_offs_each: float | None


def overview(
    connection: Any,
    generation: str,
    *,
    place: str | None = None,
    level: Level = "community",
    rule: Rule[ThreeRates] = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[OverviewRow]:
    """The desk of the whole and of each place of a level, now and today; rates are of the month."""
    question = asked(None, as_of, limit, chosen(ThreeRates, rule))
    today = day_of(question.as_of)
    return ask(connection, generation, "overview", OverviewRow, question, place=place, level=level, today=today)


def map_of_places(
    connection: Any,
    generation: str,
    *,
    place: str | None = None,
    level: Level = "grid",
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[MapRow]:
    """The places of a level that are not closed, those with the most open cases first."""
    question = asked(None, as_of, limit, always=False)
    return ask(connection, generation, "map", MapRow, question, place=place, level=level)


def first_asked(
    connection: Any,
    generation: str,
    *,
    place: str | None = None,
    person: str | None = None,
    period: str | Period | None = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[FirstAskedRow]:
    """Who was asked first, the whole first, then those with the most matters, of all times or of a period."""
    question = asked(period, as_of, limit, always=False)
    return ask(connection, generation, "first_asked", FirstAskedRow, question, place=place, person=person)
