"""疑似重复诉求: open cases that may be one, for the desk to look at. Nothing merges them but a person."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from projections.read.answer import LIMIT, Answer, Row, Rule, ask, asked, chosen
from projections.read.period import Period
from projections.rules.decisions import Duplicates


class DuplicateRow(Row, frozen=True, kw_only=True):
    """Two open cases; `metres` between the centres of their places, 0 at one place."""

    titles: ClassVar[dict[str, str]] = {
        "subject": "诉求",
        "other": "疑似重复",
        "category": "类别",
        "place_name": "地点",
        "metres": "相距（米）",
        "discovered_at": "发现",
        "other_discovered_at": "再次发现",
        "is_same_reporter": "同一反映人",
    }
    subject: str
    other: str
    category: str
    place: str
    place_name: str | None
    other_place: str
    discovered_at: datetime
    other_discovered_at: datetime
    metres: int
    is_same_reporter: bool


def duplicates(
    connection: Any,
    generation: str,
    *,
    place: str | None = None,
    period: str | Period | None = None,
    rule: Rule[Duplicates] = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[DuplicateRow]:
    """Pairs, the latest first. `period`: both were discovered in it."""
    question = asked(period, as_of, limit, chosen(Duplicates, rule), always=False)
    return ask(connection, generation, "duplicates", DuplicateRow, question, place=place)
