"""duty: 在职党员“双报到”“双服务”: reports to a community and confirmed service there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from ledger.events.duty import DutyConfirmed, DutyRefused, DutyReported, DutyServed
from ledger.record import Record
from projections.family import Share, State, Tally, day_of, minutes_between

VERSION = 2

_MEASURES = ("reported", "served", "confirmed", "served_confirmed", "refused", "confirmed_minutes")
duty_day = Tally("duty_day", ("community", "unit", "day"), (*_MEASURES, "beneficiaries"))
duty_party = Tally("duty_party", ("party", "unit", "day"), _MEASURES)
TALLIES = (duty_day, duty_party)

DutyEvent = DutyReported | DutyServed | DutyConfirmed | DutyRefused


class Duty(State, frozen=True):
    """One report or one service: which, is in `reported_at` and `served_at`."""

    party: str | None = None
    unit: str | None = None
    community: str | None = None
    kind: str | None = None
    same_act: str | None = None
    began: datetime | None = None
    ended: datetime | None = None
    beneficiaries: int = 0
    reported_at: datetime | None = None
    served_at: datetime | None = None
    confirmed_at: datetime | None = None
    refused_at: datetime | None = None


def evolve(duty: Duty, record: Record[DutyEvent]) -> Duty:
    """The last of confirmed and refused holds; either may come before what it speaks of."""
    match record.event:
        case DutyReported(party=party, unit=unit, community=community):
            own = party if party.startswith("unit/") else unit
            reported_at = duty.reported_at or record.time
            return replace(duty, party=party, unit=own, community=community, reported_at=reported_at)
        case DutyServed() as event:
            return replace(
                duty,
                party=event.person,
                unit=event.unit,
                community=event.community,
                kind=event.kind,
                same_act=event.act,
                began=event.began,
                ended=event.ended,
                beneficiaries=event.beneficiaries,
                served_at=duty.served_at or record.time,
            )
        case DutyConfirmed():
            return replace(duty, confirmed_at=record.time, refused_at=None)
        case DutyRefused():
            return replace(duty, refused_at=record.time, confirmed_at=None)
        case _:
            assert_never(record.event)


def anomaly(duty: Duty, record: Record[DutyEvent]) -> str | None:
    """Why the event makes no sense for this duty as it was before."""
    known = duty.reported_at or duty.served_at
    match record.event:
        case DutyServed(began=began, ended=ended) if ended < began:
            return "ended before it began"
        case DutyReported() | DutyServed() if known:
            return "reported or served twice in one stream"
        case DutyConfirmed() | DutyRefused() if not known:
            return "confirmed or refused before it was reported"
        case DutyConfirmed() if duty.confirmed_at:
            return "confirmed twice"
        case DutyConfirmed() if duty.refused_at:
            return "confirmed after it was refused"
        case DutyRefused() if duty.confirmed_at:
            return "refused after it was confirmed"
    return None


def contribute(duty: Duty) -> Iterator[Share]:
    """A report counts on its own day, a service on the day on which it began."""
    if not (duty.party and duty.community):
        return
    began = duty.began or duty.reported_at
    if began is None:
        return
    day, unit, confirmed = day_of(began), duty.unit or "", duty.confirmed_at is not None
    served = duty.served_at is not None
    minutes = minutes_between(began, duty.ended) if confirmed and served and duty.ended else 0
    counts = {
        "reported": duty.reported_at is not None,
        "served": served,
        "confirmed": confirmed,
        "served_confirmed": confirmed and served,
        "refused": duty.refused_at is not None,
        "confirmed_minutes": minutes,
    }
    yield duty_day.share(duty.community, unit, day, **counts, beneficiaries=duty.beneficiaries)
    yield duty_party.share(duty.party, unit, day, **counts)
