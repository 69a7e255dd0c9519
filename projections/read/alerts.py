"""Alerts of the cameras 视频预警, with who looked and what was found."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from projections.read.answer import LIMIT, Answer, Row, ask, asked
from projections.read.period import Period


class CameraAlertRow(Row, frozen=True, kw_only=True):
    """One alert; `status`: waiting, confirmed or dismissed. `confidence` in percent."""

    titles: ClassVar[dict[str, str]] = {
        "subject": "摄像头",
        "network": "网络",
        "place_name": "地点",
        "alert": "预警",
        "kind": "类别",
        "confidence": "把握（%）",
        "alerted_at": "时间",
        "status": "状态",
        "by": "核实人",
        "answered_at": "核实",
        "of_case": "诉求",
    }
    subject: str
    network: str | None
    place: str | None
    place_name: str | None
    alert: str
    kind: str | None
    confidence: int | None
    alerted_at: datetime | None
    status: str
    by: str | None
    answered_at: datetime | None
    of_case: str | None


def camera_alerts(
    connection: Any,
    generation: str,
    *,
    place: str | None = None,
    person: str | None = None,
    period: str | Period | None = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[CameraAlertRow]:
    """Alerts of a period, or of all times, newest first; `person` is who looked."""
    question = asked(period, as_of, limit, always=False)
    return ask(connection, generation, "camera_alerts", CameraAlertRow, question, place=place, person=person)
