"""五色模范党员上门服务: deeds at residents' homes, each counted once however often it was told."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from projections.read.answer import LIMIT, Answer, Row, ask, asked
from projections.read.declared import Level
from projections.read.period import Period


class HomeServiceRow(Row, frozen=True, kw_only=True):
    """A place of the level; `deeds` are home services, wishes granted at home, and visits that helped."""

    titles: ClassVar[dict[str, str]] = {
        "subject": "地点编号",
        "name": "地点",
        "deeds": "件数",
        "home_services": "上门服务",
        "wishes": "上门圆梦",
        "visits": "走访帮助",
    }
    is_overall: bool
    subject: str | None
    name: str | None
    deeds: int
    home_services: int
    wishes: int
    visits: int


def home_services(
    connection: Any,
    generation: str,
    *,
    place: str | None = None,
    level: Level = "estate",
    period: str | Period | None = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[HomeServiceRow]:
    """Deeds that began in the period (of all times unless one is given), the whole first."""
    question = asked(period, as_of, limit, always=False)
    return ask(connection, generation, "home_services", HomeServiceRow, question, place=place, level=level)
