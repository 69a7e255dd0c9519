"""application 一门式申办: applications for service items, against the working days that were promised."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from ledger.events.application import (
    ApplicationAccepted,
    ApplicationDecided,
    ApplicationDelivered,
    ApplicationFiled,
    ApplicationOverdue,
    ApplicationReturned,
)
from ledger.record import Record
from projections.case_state import Pause, capped
from projections.family import LIST_ITEMS, Deadline, Fired, Share, State, Tally, day_of, running

VERSION = 1

_MEASURES = ("filed", "accepted", "returned", "decided", "granted", "delivered", "overdue")
application_day = Tally("application_day", ("place", "item", "channel", "day"), _MEASURES)
application_person = Tally("application_person", ("person", "day"), _MEASURES)
TALLIES = (application_day, application_person)

ApplicationEvent = (
    ApplicationFiled
    | ApplicationAccepted
    | ApplicationReturned
    | ApplicationDecided
    | ApplicationDelivered
    | ApplicationOverdue
)


class Application(State, frozen=True):
    """One application. `counter` is the window; `pauses` are the times during which the applicant had to bring more."""

    item: str | None = None
    person: str | None = None
    channel: str | None = None
    counter: str | None = None
    community: str | None = None
    first_responsible: str | None = None
    filed_at: datetime | None = None
    promised_working_days: int | None = None
    accepted_at: datetime | None = None
    recorded_at: datetime | None = None
    returned_at: datetime | None = None
    returns: int = 0
    missing: str | None = None
    pauses: tuple[Pause, ...] = ()
    decided_at: datetime | None = None
    granted: bool | None = None
    delivered_at: datetime | None = None
    fired: tuple[Fired, ...] = ()


def evolve(application: Application, record: Record[ApplicationEvent]) -> Application:
    """The first filing, acceptance and decision hold; days promised on acceptance go before those of filing.

    Returned for more, the clock stands still until it is accepted again. Whatever comes before the filing waits for it.
    """
    time = record.time
    match record.event:
        case ApplicationFiled() as event:
            return application if application.filed_at else _filed(application, time, event)
        case ApplicationAccepted(promised_working_days=days):
            return _accepted(application, record, days)
        case ApplicationReturned(missing=missing):
            waiting = any(one.until is None for one in application.pauses)
            pauses = application.pauses if waiting else capped(application.pauses, Pause(time, None))
            returns = application.returns + 1
            return replace(application, returned_at=time, returns=returns, missing=missing, pauses=pauses)
        case ApplicationDecided(granted=granted):
            if application.decided_at:
                return application
            return replace(application, decided_at=time, granted=granted)
        case ApplicationDelivered():
            return replace(application, delivered_at=application.delivered_at or time)
        case ApplicationOverdue(clock=clock, key=key, due=due):
            return replace(application, fired=capped(application.fired, Fired(clock, key or "", due)))
        case _:
            assert_never(record.event)


def _filed(application: Application, time: datetime, event: ApplicationFiled) -> Application:
    promised = application.promised_working_days
    return replace(
        application,
        item=event.item,
        person=event.person,
        channel=event.channel,
        counter=event.window,
        community=event.community,
        first_responsible=event.first_responsible,
        filed_at=time,
        promised_working_days=event.promised_working_days if promised is None else promised,
    )


def _accepted(application: Application, record: Record[ApplicationEvent], days: int | None) -> Application:
    first = application.accepted_at is None
    pauses = tuple([replace(one, until=record.time) if one.until is None else one for one in application.pauses])
    return replace(
        application,
        accepted_at=application.accepted_at or record.time,
        recorded_at=application.recorded_at or record.stamp,
        promised_working_days=days if first and days is not None else application.promised_working_days,
        pauses=pauses,
    )


def anomaly(application: Application, record: Record[ApplicationEvent]) -> str | None:
    """Why the event makes no sense for this application as it was before."""
    waiting = any(one.until is None for one in application.pauses)
    match record.event:
        case ApplicationFiled() if application.filed_at:
            return "filed twice"
        case ApplicationFiled():
            return None
        case ApplicationReturned() if len(application.pauses) >= LIST_ITEMS and not waiting:
            return f"returned over {LIST_ITEMS} times"
        case ApplicationOverdue() if len(application.fired) >= LIST_ITEMS:
            return f"over {LIST_ITEMS} overdue in one application"
        case _ if not application.filed_at:
            return "came before it was filed"
        case ApplicationAccepted() if application.accepted_at and not waiting:
            return "accepted twice"
        case ApplicationDecided() if application.decided_at:
            return "decided twice"
        case ApplicationDecided() if not application.accepted_at:
            return "decided before it was accepted"
        case ApplicationDelivered() if application.delivered_at:
            return "delivered twice"
        case ApplicationDelivered() if not application.decided_at:
            return "delivered before it was decided"
    return None


def contribute(application: Application) -> Iterator[Share]:
    """All of it counts on the day of filing, in the community and with who took it in first."""
    if not (application.filed_at and application.community and application.item and application.channel):
        return
    day = day_of(application.filed_at)
    counts = {
        "filed": 1,
        "accepted": application.accepted_at is not None,
        "returned": application.returns > 0,
        "decided": application.decided_at is not None,
        "granted": bool(application.granted),
        "delivered": application.delivered_at is not None,
        "overdue": len(application.fired) > 0,
    }
    yield application_day.share(application.community, application.item, application.channel, day, **counts)
    if application.first_responsible:
        yield application_person.share(application.first_responsible, day, **counts)


def deadlines(application: Application) -> Iterator[Deadline]:
    """From acceptance until it is decided, in promised working days (the class); late is who took it in first."""
    if application.accepted_at is None or application.recorded_at is None or application.decided_at is not None:
        return
    promised = application.promised_working_days
    clock = Deadline(
        clock="promised",
        started_at=application.accepted_at,
        recorded_at=application.recorded_at,
        span_class="" if promised is None else str(promised),
        holder=application.first_responsible,
        pauses=tuple([(one.since, one.until) for one in application.pauses]),
    )
    yield from running((clock,), application.fired)
