"""The way back 对方编号: how cases stand that another system knows by a number of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar

from projections.read.answer import LIMIT, Answer, Asked, Row, ask, asked
from projections.read.period import Period

ROWS_AT_ONCE = 5_000


class ExternalRow(Row, frozen=True, kw_only=True):
    """One case by its number elsewhere. `step` is how far it has come, `resolved` and `satisfaction` its result."""

    titles: ClassVar[dict[str, str]] = {
        "system": "对方系统",
        "number": "对方编号",
        "subject": "诉求",
        "step": "状态",
        "is_open": "在办",
        "resolved": "已解决",
        "satisfaction": "满意度",
        "merged_into": "并入",
        "discovered_at": "发现",
        "updated_at": "最近更新",
        "handle_due": "办理时限",
        "handled_at": "办理",
    }
    system: str
    number: str
    subject: str
    step: str
    is_open: bool
    resolved: bool | None
    satisfaction: str | None
    merged_into: str | None
    discovered_at: datetime
    updated_at: datetime
    handle_due: datetime | None
    handled_at: datetime | None


def external(
    connection: Any,
    generation: str,
    *,
    system: str | None = None,
    number: str | None = None,
    subject: str | None = None,
    period: str | Period | None = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[ExternalRow]:
    """Cases in the order of (system, number, subject), discovered in the period."""
    question = asked(period, as_of, limit, always=False)
    return _past(None, connection, generation, question, system=system, number=number, subject=subject)


def all_external(
    connection: Any,
    generation: str,
    *,
    system: str | None = None,
    number: str | None = None,
    period: str | Period | None = None,
) -> Iterator[ExternalRow]:
    """All of them, however many: asked for piece by piece, so that neither memory nor a transaction grows."""
    question, after = asked(period, None, ROWS_AT_ONCE, always=False), None
    while True:
        answer = _past(after, connection, generation, question, system=system, number=number, subject=None)
        yield from answer.rows
        if not answer.is_cut:
            return
        last = answer.rows[-1]
        after = [last.system, last.number, last.subject]


def _past(
    after: list[str] | None, connection: Any, generation: str, question: Asked, **filters: str | None
) -> Answer[ExternalRow]:
    return ask(connection, generation, "external", ExternalRow, question, after=after, sources=None, **filters)
