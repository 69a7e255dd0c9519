"""hazard 安全隐患: found, fixed, verified; whether in time is judged on read, by comparing times."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from ledger.events.hazard import HazardFixed, HazardFound, HazardOverdue, HazardVerified
from ledger.record import Record
from projections.case_state import capped
from projections.family import LIST_ITEMS, Deadline, Fired, Share, State, Tally, day_of, minutes_between, running

VERSION = 1

_MEASURES = ("found", "on_patrol", "open", "fixed", "verified", "fix_minutes")
hazard_day = Tally("hazard_day", ("place", "severity", "day"), _MEASURES)
hazard_unit = Tally("hazard_unit", ("unit", "severity", "day"), _MEASURES)
TALLIES = (hazard_day, hazard_unit)

HazardEvent = HazardFound | HazardFixed | HazardVerified | HazardOverdue


class Hazard(State, frozen=True):
    """One hazard. `source` and `event_id` say where `location` was sealed; `to_case` is the case that came of it."""

    source: str | None = None
    event_id: str | None = None
    found_at: datetime | None = None
    recorded_at: datetime | None = None
    patrol: str | None = None
    place: str | None = None
    location: str | None = None
    kind: str | None = None
    severity: str | None = None
    responsible: str | None = None
    due: datetime | None = None
    to_case: str | None = None
    fixed_at: datetime | None = None
    fixed_by: str | None = None
    verified_at: datetime | None = None
    verified_by: str | None = None
    fired: tuple[Fired, ...] = ()


def evolve(hazard: Hazard, record: Record[HazardEvent]) -> Hazard:
    """The first fixing and the first verifying hold; either may come before the finding, which is as told last.

    A hazard that is verified without a word of its fixing was fixed by then and is open no more.
    """
    time = record.time
    match record.event:
        case HazardFound() as event:
            return replace(
                hazard,
                source=record.source,
                event_id=record.id,
                found_at=hazard.found_at or time,
                recorded_at=hazard.recorded_at or record.stamp,
                patrol=event.patrol,
                place=event.place,
                location=event.location,
                kind=event.kind,
                severity=event.severity,
                responsible=event.responsible,
                due=event.due,
                to_case=event.case,
            )
        case HazardFixed(by=by):
            return hazard if hazard.fixed_at else replace(hazard, fixed_at=time, fixed_by=by)
        case HazardVerified(by=by):
            return hazard if hazard.verified_at else replace(hazard, verified_at=time, verified_by=by)
        case HazardOverdue(clock=clock, key=key, due=due):
            return replace(hazard, fired=capped(hazard.fired, Fired(clock, key or "", due)))
        case _:
            assert_never(record.event)


def anomaly(hazard: Hazard, record: Record[HazardEvent]) -> str | None:
    """Why the event makes no sense for this hazard as it was before."""
    match record.event:
        case HazardFound():
            return "found twice" if hazard.found_at else None
        case _ if hazard.found_at is None:
            return "came before the hazard was found"
        case HazardFixed() if hazard.fixed_at:
            return "fixed twice"
        case HazardVerified() if hazard.verified_at:
            return "verified twice"
        case HazardVerified() if hazard.fixed_at is None:
            return "verified before it was fixed"
        case HazardOverdue() if len(hazard.fired) >= LIST_ITEMS:
            return f"over {LIST_ITEMS} times overdue"
    return None


def contribute(hazard: Hazard) -> Iterator[Share]:
    """A hazard counts on the day on which it was found, with all that became of it; a person's is on no unit."""
    if not (hazard.found_at and hazard.place and hazard.severity and hazard.responsible):
        return
    day, done_at = day_of(hazard.found_at), hazard.fixed_at or hazard.verified_at
    counts = {
        "found": 1,
        "on_patrol": hazard.patrol is not None,
        "open": done_at is None,
        "fixed": done_at is not None,
        "verified": hazard.verified_at is not None,
        "fix_minutes": minutes_between(hazard.found_at, done_at) if done_at else 0,
    }
    yield hazard_day.share(hazard.place, hazard.severity, day, **counts)
    if hazard.responsible.startswith("unit/"):
        yield hazard_unit.share(hazard.responsible, hazard.severity, day, **counts)


def deadlines(hazard: Hazard) -> Iterator[Deadline]:
    """Neither fixed nor verified yet."""
    return running(_started(hazard), hazard.fired)


def _started(hazard: Hazard) -> Iterator[Deadline]:
    if hazard.found_at and hazard.recorded_at and hazard.severity and not (hazard.fixed_at or hazard.verified_at):
        yield Deadline(
            clock="fix",
            started_at=hazard.found_at,
            recorded_at=hazard.recorded_at,
            span_class=hazard.severity,
            due=hazard.due,
            holder=hazard.responsible,
        )
