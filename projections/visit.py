"""visit 分片包楼入户、实地调研: visits to households and leaders' field studies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from ledger.events.visit import VisitPaid
from ledger.record import Record
from projections.family import Share, State, Tally, day_of, minutes_between

VERSION = 1

_MEASURES = ("visits", "helped", "with_case", "with_task", "minutes")
visit_day = Tally("visit_day", ("place", "kind", "day"), _MEASURES)
visit_person = Tally("visit_person", ("person", "kind", "day"), _MEASURES)
TALLIES = (visit_day, visit_person)

VisitEvent = VisitPaid


class Visit(State, frozen=True):
    """One visit. `source` and `event_id` say where `findings` was sealed; `same_act` names a deed told elsewhere too.

    `to_case` and `to_task` are what came of it.
    """

    source: str | None = None
    event_id: str | None = None
    paid_at: datetime | None = None
    person: str | None = None
    kind: str | None = None
    place: str | None = None
    household: str | None = None
    helped: bool | None = None
    findings: str | None = None
    to_case: str | None = None
    to_task: str | None = None
    same_act: str | None = None
    began: datetime | None = None
    ended: datetime | None = None


def evolve(visit: Visit, record: Record[VisitEvent]) -> Visit:
    """A visit that is told again is as it was told last; it stays one visit."""
    match record.event:
        case VisitPaid() as event:
            return replace(
                visit,
                source=record.source,
                event_id=record.id,
                paid_at=visit.paid_at or record.time,
                person=event.person,
                kind=event.kind,
                place=event.place,
                household=event.household,
                helped=event.helped,
                findings=event.findings,
                to_case=event.case,
                to_task=event.task,
                same_act=event.act,
                began=event.began,
                ended=event.ended,
            )
        case _:
            assert_never(record.event)


def anomaly(visit: Visit, record: Record[VisitEvent]) -> str | None:
    """Why the event makes no sense for this visit as it was before."""
    match record.event:
        case VisitPaid(began=began, ended=ended) if ended < began:
            return "ended before it began"
        case VisitPaid() if visit.paid_at:
            return "told twice"
    return None


def contribute(visit: Visit) -> Iterator[Share]:
    """A visit counts once at its place and once for the person, on the day on which it began."""
    if not (visit.person and visit.kind and visit.place and visit.began and visit.ended):
        return
    day = day_of(visit.began)
    counts = {
        "visits": 1,
        "helped": bool(visit.helped),
        "with_case": visit.to_case is not None,
        "with_task": visit.to_task is not None,
        "minutes": minutes_between(visit.began, visit.ended),
    }
    yield visit_day.share(visit.place, visit.kind, day, **counts)
    yield visit_person.share(visit.person, visit.kind, day, **counts)
