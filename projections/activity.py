"""activity: clinics, lectures, culture and practice (活动), planned, held or cancelled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from ledger.events.activity import ActivityCancelled, ActivityHeld, ActivityPlanned
from ledger.record import Record
from projections.family import Share, State, Tally, day_of

VERSION = 2

activity_day = Tally(
    "activity_day",
    ("place", "kind", "campaign", "brand", "day"),
    ("planned", "held", "held_by_units", "cancelled", "attendance"),
)
activity_provider = Tally("activity_provider", ("place", "unit", "kind", "day"), ("planned", "held", "attendance"))
TALLIES = (activity_day, activity_provider)

ActivityEvent = ActivityPlanned | ActivityHeld | ActivityCancelled


class Activity(State, frozen=True):
    """One activity; it counts on the day on which it begins."""

    title: str | None = None
    kind: str | None = None
    campaign: str | None = None
    brand: str | None = None
    facility: str | None = None
    place: str | None = None
    organiser: str | None = None
    providers: tuple[str, ...] = ()
    begins: datetime | None = None
    ends: datetime | None = None
    planned_at: datetime | None = None
    held_at: datetime | None = None
    attendance: int = 0
    cancelled_at: datetime | None = None


def evolve(activity: Activity, record: Record[ActivityEvent]) -> Activity:
    """A second plan moves the activity; held and cancelled both stay known, held wins."""
    match record.event:
        case ActivityPlanned() as event:
            return replace(
                activity,
                title=event.title,
                kind=event.kind,
                campaign=event.campaign,
                brand=event.brand,
                facility=event.facility,
                place=event.place,
                organiser=event.organiser,
                providers=tuple(sorted(set(event.providers))),
                begins=event.begins,
                ends=event.ends,
                planned_at=activity.planned_at or record.time,
            )
        case ActivityHeld(attendance=attendance):
            return replace(activity, held_at=record.time, attendance=attendance)
        case ActivityCancelled():
            return replace(activity, cancelled_at=record.time)
        case _:
            assert_never(record.event)


def anomaly(activity: Activity, record: Record[ActivityEvent]) -> str | None:
    """Why the event makes no sense for this activity as it was before."""
    match record.event:
        case ActivityPlanned(begins=begins, ends=ends) if ends < begins:
            return "ends before it begins"
        case ActivityHeld() if activity.held_at:
            return "held twice"
        case ActivityHeld() if activity.cancelled_at:
            return "held after it was cancelled"
        case ActivityCancelled() if activity.held_at:
            return "cancelled after it was held"
        case ActivityHeld() | ActivityCancelled() if not activity.planned_at:
            return "held or cancelled before it was planned"
    return None


def contribute(activity: Activity) -> Iterator[Share]:
    """A planned activity counts at its place, and there with each unit that provides it; its reach once it was held."""
    if not (activity.place and activity.kind and activity.begins):
        return
    day, held = day_of(activity.begins), activity.held_at is not None
    yield activity_day.share(
        activity.place,
        activity.kind,
        activity.campaign or "",
        activity.brand or "",
        day,
        planned=1,
        held=held,
        held_by_units=held and len(activity.providers) > 0,
        cancelled=activity.cancelled_at is not None and not held,
        attendance=activity.attendance,
    )
    for unit in activity.providers:
        reached = activity.attendance if held else 0
        yield activity_provider.share(
            activity.place, unit, activity.kind, day, planned=1, held=held, attendance=reached
        )
