"""Who stands together: pairings with their last contact, who takes part, social organisations, replaced units."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from projections.read.answer import LIMIT, Answer, Row, ask, asked
from projections.read.period import Period


class PairingRow(Row, frozen=True, kw_only=True):
    """One pairing; days without contact count from its beginning where there was none."""

    titles: ClassVar[dict[str, str]] = {
        "subject": "单位编号",
        "name": "单位",
        "community_name": "社区",
        "mode": "模式",
        "estates": "小区",
        "since": "结对",
        "last_contact_at": "最近联系",
        "days_without_contact": "未联系（天）",
    }
    subject: str
    name: str | None
    is_registered: bool
    kind: str | None
    community: str
    community_name: str | None
    mode: str
    estates: list[str]
    since: datetime
    last_contact_at: datetime | None
    days_without_contact: int


class ParticipantsRow(Row, frozen=True, kw_only=True):
    """How many different persons take part: in all, in one way, in one category of it."""

    titles: ClassVar[dict[str, str]] = {"way": "途径", "category": "类别", "persons": "人数"}
    is_overall: bool
    way: str | None
    category: str | None
    persons: int


class OrganisationRow(Row, frozen=True, kw_only=True):
    """A social organisation and in how much it took part; the first row is all of them."""

    titles: ClassVar[dict[str, str]] = {
        "subject": "组织编号",
        "name": "社会组织",
        "organisations": "个数",
        "taking_part": "参与服务",
        "activities": "活动",
        "acts": "志愿服务",
        "contracts": "协议",
        "orders": "订单",
        "councils": "联席会席位",
        "conferences": "参会",
        "in_alliance": "联盟成员",
        "last_at": "最近",
    }
    is_overall: bool
    subject: str | None
    name: str | None
    organisations: int
    taking_part: int
    activities: int
    acts: int
    contracts: int
    orders: int
    councils: int
    conferences: int
    in_alliance: int
    last_at: datetime | None


class ReplacementRow(Row, frozen=True, kw_only=True):
    """A unit that lost a service. `flag`: no_adopted_remedy, another_remedy, no_owners_vote, or None."""

    titles: ClassVar[dict[str, str]] = {
        "subject": "单位编号",
        "name": "被更换单位",
        "estate_name": "小区",
        "service": "服务",
        "successor_name": "接替单位",
        "replaced_at": "更换",
        "authority": "依据",
        "survey": "打分",
        "item": "事项",
        "remedy_adopted_at": "整改通过",
        "flag": "存疑",
    }
    subject: str
    name: str | None
    kind: str | None
    estate: str
    estate_name: str | None
    service: str
    successor: str
    successor_name: str | None
    replaced_at: datetime
    authority: str
    survey: str | None
    item: str | None
    remedy_adopted_at: datetime | None
    remedy_authority: str | None
    flag: str | None


class ReplacedWhistleRow(Row, frozen=True, kw_only=True):
    """A whistle that called a unit where another one had taken over."""

    titles: ClassVar[dict[str, str]] = {
        "subject": "诉求",
        "place_name": "地点",
        "whistle": "吹哨",
        "unit_name": "被吹单位",
        "whistled_at": "吹哨时间",
        "service": "服务",
        "successor": "接替单位",
        "replaced_at": "更换",
        "reported_at": "报到",
    }
    subject: str
    place: str | None
    place_name: str | None
    whistle: str
    unit: str
    unit_name: str | None
    whistled_at: datetime
    service: str
    successor: str
    replaced_at: datetime
    reported_at: datetime | None


def pairings(
    connection: Any,
    generation: str,
    *,
    place: str | None = None,
    unit: str | None = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[PairingRow]:
    """结对: who is paired with whom, the longest without contact first."""
    question = asked(None, as_of, limit, always=False)
    return ask(connection, generation, "pairings", PairingRow, question, place=place, unit=unit)


def participants(
    connection: Any,
    generation: str,
    *,
    place: str | None = None,
    period: str | Period | None = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[ParticipantsRow]:
    """Different persons in the alliance, on councils and at conferences. A period: who joined or came in it.

    Merged persons are one; council seats are those of today, whatever the period.
    """
    question = asked(period, as_of, limit, always=False)
    return ask(connection, generation, "participants", ParticipantsRow, question, place=place)


def organisations(
    connection: Any,
    generation: str,
    *,
    place: str | None = None,
    unit: str | None = None,
    period: str | Period | None = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[OrganisationRow]:
    """Social organisations, and in which activities, acts, contracts, orders, councils and conferences they took part.

    `place` shows those that are paired with a community there.
    """
    question = asked(period, as_of, limit, always=False)
    return ask(connection, generation, "organisations", OrganisationRow, question, place=place, unit=unit)


def replacements(
    connection: Any,
    generation: str,
    *,
    place: str | None = None,
    unit: str | None = None,
    period: str | Period | None = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[ReplacementRow]:
    """更换服务者: replaced units, flagged where no adopted remedy stands behind it, newest first."""
    question = asked(period, as_of, limit, always=False)
    return ask(connection, generation, "replacements", ReplacementRow, question, place=place, unit=unit)


def replaced_whistles(
    connection: Any,
    generation: str,
    *,
    place: str | None = None,
    unit: str | None = None,
    period: str | Period | None = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[ReplacedWhistleRow]:
    """Whistles to units that had been replaced at that estate, newest first."""
    question = asked(period, as_of, limit, always=False)
    return ask(connection, generation, "replaced_whistles", ReplacedWhistleRow, question, place=place, unit=unit)
