"""“一站受理、全程服务”窗口: queries and applications by item or community, and what was decided as promised."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Literal

from projections.read.answer import LIMIT, Answer, Row, ask, asked
from projections.read.period import Period, QuestionRefused


class WindowRow(Row, frozen=True, kw_only=True):
    """An item or community over a period. `judged` are those that can be said to be in time or not."""

    titles: ClassVar[dict[str, str]] = {
        "subject": "编号",
        "name": "事项或社区",
        "department": "部门",
        "promised_working_days": "承诺工作日",
        "queried": "查询",
        "filed": "申请",
        "accepted": "受理",
        "returned": "补正",
        "decided": "办结",
        "granted": "准予",
        "delivered": "送达",
        "in_time": "按时办结",
        "judged": "可判定",
        "in_time_share": "按时率",
        "online_share": "网上办理率",
    }
    subject: str
    name: str | None
    is_offered: bool | None
    department: str | None
    kind: str | None
    promised_working_days: int | None
    queried: int
    filed: int
    accepted: int
    returned: int
    decided: int
    granted: int
    delivered: int
    in_time: int
    judged: int
    in_time_share: float | None
    online_share: float | None


def window(
    connection: Any,
    generation: str,
    *,
    by: Literal["item", "community"] = "item",
    place: str | None = None,
    period: str | Period | None = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[WindowRow]:
    """What was asked and filed in the period. Items that are offered and nobody asked for have a row of zeros.

    Days were promised by the application, else by the item; where neither promised any, nothing is judged.
    """
    if by not in ("item", "community"):
        raise QuestionRefused(f"There is no grouping by {by} here", "Choose item or community.")
    question = asked(period, as_of, limit)
    return ask(connection, generation, "window", WindowRow, question, by=by, place=place)
