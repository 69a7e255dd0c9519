"""period: whose figures of which time were published, by which rules and on what part of the ledger (考核期结账)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from ledger.events.period import PeriodClosed
from ledger.record import Record
from projections.family import LIST_ITEMS, Share, State, Tally, day_of

VERSION = 1

period_day = Tally("period_day", ("place", "day"), ("closed", "restated"))
TALLIES = (period_day,)

PeriodEvent = PeriodClosed


class Version(Struct, frozen=True):
    """A version of a rule that the figures were made by."""

    rule: str
    version: str


class Period(State, frozen=True):
    """One closed period; `closings` counts every time that its figures were published."""

    scope: str | None = None
    rules: tuple[Version, ...] = ()
    cut: tuple[int, ...] = ()
    sha256: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    closings: int = 0


def evolve(period: Period, record: Record[PeriodEvent]) -> Period:
    """The first closing holds: figures that were published stay published, whatever is found out later."""
    event = record.event
    if period.closed_at:
        return replace(period, closings=period.closings + 1)
    return Period(
        scope=event.scope,
        rules=tuple(Version(one.rule, one.version) for one in event.rules[:LIST_ITEMS]),
        cut=event.cut[:LIST_ITEMS],
        sha256=event.sha256,
        closed_at=record.time,
        closed_by=record.authid,
        closings=1,
    )


def anomaly(period: Period, record: Record[PeriodEvent]) -> str | None:
    """Why the event makes no sense for this period as it was before."""
    return "closed twice" if period.closed_at else None


def contribute(period: Period) -> Iterator[Share]:
    """A closing counts for its place on the day on which it was made."""
    if period.scope and period.closed_at:
        yield period_day.share(period.scope, day_of(period.closed_at), closed=1, restated=period.closings - 1)
