"""Freshness and silence 新鲜度与漏报: who has told what until when, and which zero means that nothing was sent."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from projections.read.answer import LIMIT, Answer, Row, ask, asked
from projections.read.period import Period


class PublisherRow(Row, frozen=True, kw_only=True):
    """One publisher, or a source that nobody has registered. `is_missed`: it broke its declared rhythm."""

    titles: ClassVar[dict[str, str]] = {
        "subject": "发布方编号",
        "name": "发布方",
        "rhythm_minutes": "约定间隔（分钟）",
        "newest_time": "最近事件",
        "newest_stamp": "最近入账",
        "events": "事件数",
        "events_today": "今日事件",
        "silent_since": "静默自",
        "is_missed": "漏报",
        "revoked_at": "注销",
        "sources": "来源",
    }
    subject: str
    name: str | None
    is_registered: bool
    sources: list[str]
    rhythm_minutes: int | None
    newest_time: datetime | None
    newest_stamp: datetime | None
    events: int
    events_today: int
    silent_since: datetime | None
    revoked_at: datetime | None
    is_missed: bool


class SilenceRow(Row, frozen=True, kw_only=True):
    """A publisher's day. `events` is None where nothing was sent, so that no count of that day is taken for a zero."""

    titles: ClassVar[dict[str, str]] = {
        "day": "日",
        "subject": "发布方编号",
        "name": "发布方",
        "events": "事件数",
        "newest_time": "当日最近事件",
        "silent_minutes": "日终已静默（分钟）",
        "is_missed": "漏报",
    }
    subject: str
    name: str | None
    day: date
    events: int | None
    newest_time: datetime | None
    silent_minutes: int
    is_missed: bool


def publishers(
    connection: Any, generation: str, *, as_of: datetime | None = None, limit: int = LIMIT
) -> Answer[PublisherRow]:
    """Everybody who published or may publish, those who broke their rhythm first."""
    return ask(connection, generation, "publishers", PublisherRow, asked(None, as_of, limit, always=False))


def silence(
    connection: Any,
    generation: str,
    *,
    subject: str | None = None,
    period: str | Period | None = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[SilenceRow]:
    """Each publisher's days of a period, the newest first."""
    return ask(connection, generation, "silence", SilenceRow, asked(period, as_of, limit), subject=subject)
