"""刷分迹象: what deserves a look before figures are believed. Evidence, never a verdict."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Literal

from projections.read.answer import LIMIT, Answer, Row, Rule, ask, asked, chosen
from projections.read.period import Period
from projections.rules import Gaming

Flag = Literal["late_closing", "burst", "many_ratings", "merged_overdue", "same_photo"]


class FlagRow(Row, frozen=True, kw_only=True):
    """One sign. `counted` are its cases; `evidence` what else was seen (due, minutes left, fingerprint …)."""

    titles: ClassVar[dict[str, str]] = {
        "flag": "迹象",
        "at": "时间",
        "person": "人员",
        "place_name": "地点",
        "counted": "件数",
        "cases": "诉求",
    }
    flag: Flag
    at: datetime
    person: str | None
    place: str | None
    place_name: str | None
    counted: int
    cases: list[str]
    evidence: dict[str, Any]


def flags(
    connection: Any,
    generation: str,
    *,
    place: str | None = None,
    person: str | None = None,
    flag: Flag | None = None,
    period: str | Period | None = None,
    rule: Rule[Gaming] = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[FlagRow]:
    """Signs of gaming in a period, newest first; of a place where any case of the sign stands there or below."""
    question = asked(period, as_of, limit, chosen(Gaming, rule))
    return ask(connection, generation, "flags", FlagRow, question, place=place, person=person, flag=flag)
