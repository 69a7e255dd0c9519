"""Contradictions 异常: events that made no sense where they came, kept with their position in the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from projections.read.answer import LIMIT, Answer, Row, ask, asked


class AnomalyRow(Row, frozen=True, kw_only=True):
    """One event that made no sense, and where it stands in the ledger."""

    titles: ClassVar[dict[str, str]] = {
        "subject": "主体",
        "event": "事件",
        "reason": "原因",
        "partition": "分区",
        "offset": "位置",
    }
    subject: str
    event: str
    reason: str
    partition: int
    offset: int


class AnomalyReasonRow(Row, frozen=True, kw_only=True):
    """How often one contradiction came."""

    titles: ClassVar[dict[str, str]] = {
        "family": "类别",
        "event": "事件",
        "reason": "原因",
        "events": "次数",
        "subjects": "主体数",
    }
    family: str
    event: str
    reason: str
    events: int
    subjects: int


def anomalies(
    connection: Any,
    generation: str,
    *,
    subject: str | None = None,
    family: str | None = None,
    reason: str | None = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[AnomalyRow]:
    """Anomalies in the order of the ledger's partitions and offsets."""
    question = asked(None, as_of, limit, always=False)
    filters = {"subject": subject, "family": family, "reason": reason}
    return ask(connection, generation, "anomalies", AnomalyRow, question, **filters)


def anomaly_reasons(
    connection: Any,
    generation: str,
    *,
    family: str | None = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[AnomalyReasonRow]:
    """Anomalies counted by family, event and reason, the commonest first."""
    question = asked(None, as_of, limit, always=False)
    return ask(connection, generation, "anomaly_reasons", AnomalyReasonRow, question, family=family)
