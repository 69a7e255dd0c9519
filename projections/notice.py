"""notice: what was sent to workers, liaisons and residents (通知), and what did not arrive."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from ledger.events.notice import NoticeFailed, NoticeSent
from ledger.record import Record
from projections.family import Share, State, Tally, day_of

VERSION = 1

notice_day = Tally("notice_day", ("channel", "day"), ("sent", "failed", "attempts"))
notice_party = Tally("notice_party", ("party", "day"), ("sent", "failed", "attempts"))
TALLIES = (notice_day, notice_party)

NoticeEvent = NoticeSent | NoticeFailed


class Notice(State, frozen=True):
    """One notice; failed as long as it was not sent at last."""

    recipient: str | None = None
    about: str | None = None
    channel: str | None = None
    template: str | None = None
    attempts: int = 0
    first_at: datetime | None = None
    sent_at: datetime | None = None
    failed_at: datetime | None = None


def evolve(notice: Notice, record: Record[NoticeEvent]) -> Notice:
    """Sent once is sent, whatever failed before or after; of the attempts the last one names the channel."""
    match record.event:
        case NoticeSent() as event:
            told = replace(notice, sent_at=notice.sent_at or record.time)
        case NoticeFailed() as event:
            told = replace(notice, failed_at=notice.failed_at or record.time)
        case _:
            assert_never(record.event)
    return replace(
        told,
        recipient=event.to,
        about=event.about,
        channel=notice.channel if notice.sent_at and notice.channel else event.channel,
        template=event.template or notice.template,
        attempts=notice.attempts + 1,
        first_at=min(notice.first_at or record.time, record.time),
    )


def anomaly(notice: Notice, record: Record[NoticeEvent]) -> str | None:
    """Why the event makes no sense for this notice as it was before."""
    if notice.sent_at is None:
        return None
    return "sent twice" if isinstance(record.event, NoticeSent) else "failed after it was sent"


def contribute(notice: Notice) -> Iterator[Share]:
    """It counts on the day of its first attempt, by its channel and by who was to get it."""
    if notice.first_at is None or notice.recipient is None or notice.channel is None:
        return
    day, sent = day_of(notice.first_at), notice.sent_at is not None
    counts = {"sent": sent, "failed": not sent, "attempts": notice.attempts}
    yield notice_day.share(notice.channel, day, **counts)
    if notice.recipient.startswith(("person/", "unit/")):
        yield notice_party.share(notice.recipient, day, **counts)
