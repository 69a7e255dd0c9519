"""The ledger as the tables know it: the event index, and what was set aside 隔离区."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from projections.read.answer import LIMIT, Answer, Row, ask, asked
from projections.read.period import Period


class EventRow(Row, frozen=True, kw_only=True):
    """One event that counts, by its position; what it says is in the ledger. `is_unfolded`: of a type unknown here."""

    titles: ClassVar[dict[str, str]] = {
        "subject": "主体",
        "family": "类别",
        "partition": "分区",
        "offset": "位置",
        "is_unfolded": "未折叠",
    }
    subject: str
    family: str
    partition: int
    offset: int
    is_unfolded: bool


class QuarantinedRow(Row, frozen=True, kw_only=True):
    """One record that became no event, why, and what the desk decided of it. Nothing of what it says."""

    titles: ClassVar[dict[str, str]] = {
        "origin": "来源",
        "partition": "分区",
        "offset": "位置",
        "stamp": "时间",
        "reason": "原因",
        "code": "规则",
        "pointer": "字段",
        "publisher": "发布方",
        "decision": "处理",
    }
    origin: str
    partition: int
    offset: int
    stamp: datetime
    reason: str
    code: str | None
    pointer: str | None
    publisher: str | None
    decision: str | None
    decided_at: datetime | None


def events(
    connection: Any,
    generation: str,
    *,
    subject: str | None = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[EventRow]:
    """The events that this generation has applied, of one subject or of all, the last of each partition first."""
    return ask(connection, generation, "events", EventRow, asked(None, as_of, limit, always=False), subject=subject)


def quarantined(
    connection: Any,
    generation: str,
    *,
    period: str | Period | None = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[QuarantinedRow]:
    """Records that were set aside, the newest first, of all times or of a period."""
    return ask(connection, generation, "quarantined", QuarantinedRow, asked(period, as_of, limit, always=False))
