"""act: volunteer acts (志愿服务): counted where and by whom they were done, confirmed ones apart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from ledger.events.act import VolunteerActed, VolunteerConfirmed, VolunteerRefused
from ledger.record import Record
from projections.family import Share, State, Tally, day_of, minutes_between

VERSION = 1

_MEASURES = ("acts", "confirmed", "refused", "confirmed_minutes")
volunteer_day = Tally("volunteer_day", ("place", "day"), (*_MEASURES, "beneficiaries"))
volunteer_person = Tally("volunteer_person", ("person", "day"), _MEASURES)
volunteer_unit = Tally("volunteer_unit", ("unit", "day"), _MEASURES)
volunteer_team = Tally("volunteer_team", ("team", "day"), _MEASURES)
TALLIES = (volunteer_day, volunteer_person, volunteer_unit, volunteer_team)

ActEvent = VolunteerActed | VolunteerConfirmed | VolunteerRefused


class Act(State, frozen=True):
    """One volunteer act. `same_act` is the publisher's id of one deed told in several families."""

    persons: tuple[str, ...] = ()
    unit: str | None = None
    team: str | None = None
    activity: str | None = None
    same_act: str | None = None
    place: str | None = None
    kind: str | None = None
    began: datetime | None = None
    ended: datetime | None = None
    beneficiaries: int = 0
    acted_at: datetime | None = None
    confirmed_at: datetime | None = None
    refused_at: datetime | None = None


def evolve(act: Act, record: Record[ActEvent]) -> Act:
    """The last of confirmed and refused holds; either may come before the act itself."""
    match record.event:
        case VolunteerActed() as event:
            return replace(
                act,
                persons=tuple(sorted(set(event.persons))),
                unit=event.unit,
                team=event.team,
                activity=event.activity,
                same_act=event.act,
                place=event.place,
                kind=event.kind,
                began=event.began,
                ended=event.ended,
                beneficiaries=event.beneficiaries,
                acted_at=act.acted_at or record.time,
            )
        case VolunteerConfirmed():
            return replace(act, confirmed_at=record.time, refused_at=None)
        case VolunteerRefused():
            return replace(act, refused_at=record.time, confirmed_at=None)
        case _:
            assert_never(record.event)


def anomaly(act: Act, record: Record[ActEvent]) -> str | None:
    """Why the event makes no sense for this act as it was before."""
    match record.event:
        case VolunteerActed(began=began, ended=ended) if ended < began:
            return "ended before it began"
        case VolunteerActed() if act.acted_at:
            return "told twice"
        case VolunteerConfirmed() if act.confirmed_at:
            return "confirmed twice"
        case VolunteerConfirmed() | VolunteerRefused() if not act.acted_at:
            return "confirmed or refused before it was done"
        case VolunteerRefused() if act.confirmed_at:
            return "refused after it was confirmed"
        case VolunteerConfirmed() if act.refused_at:
            return "confirmed after it was refused"
    return None


def contribute(act: Act) -> Iterator[Share]:
    """The act counts once at its place, unit and team, and once for each person."""
    if not (act.place and act.began and act.ended):
        return
    day, confirmed = day_of(act.began), act.confirmed_at is not None
    minutes = minutes_between(act.began, act.ended) if confirmed else 0
    counts = {"acts": 1, "confirmed": confirmed, "refused": act.refused_at is not None}
    everyone = minutes * len(act.persons)
    yield volunteer_day.share(act.place, day, **counts, confirmed_minutes=everyone, beneficiaries=act.beneficiaries)
    if act.unit:
        yield volunteer_unit.share(act.unit, day, **counts, confirmed_minutes=everyone)
    if act.team:
        yield volunteer_team.share(act.team, day, **counts, confirmed_minutes=everyone)
    for person in act.persons:
        yield volunteer_person.share(person, day, **counts, confirmed_minutes=minutes)
