"""patrol 小区巡查: the work ledger of patrol teams (工作台账)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from ledger.events.patrol import PatrolMade
from ledger.record import Record
from projections.family import Share, State, Tally, day_of, minutes_between

VERSION = 2

_MEASURES = ("patrols", "minutes")
patrol_day = Tally("patrol_day", ("place", "day"), (*_MEASURES, "members"))
patrol_team = Tally("patrol_team", ("team", "day"), (*_MEASURES, "members"))
patrol_person = Tally("patrol_person", ("person", "day"), _MEASURES)
TALLIES = (patrol_day, patrol_team, patrol_person)

PatrolEvent = PatrolMade


class Patrol(State, frozen=True):
    """One round; `members` are those who took part, sorted."""

    made_at: datetime | None = None
    team: str | None = None
    place: str | None = None
    members: tuple[str, ...] = ()
    began: datetime | None = None
    ended: datetime | None = None
    metres: int | None = None


def evolve(patrol: Patrol, record: Record[PatrolEvent]) -> Patrol:
    """A round that is told again is as it was told last; it stays one round."""
    match record.event:
        case PatrolMade() as event:
            return replace(
                patrol,
                made_at=patrol.made_at or record.time,
                team=event.team,
                place=event.place,
                members=tuple(sorted(set(event.persons))),
                began=event.began,
                ended=event.ended,
                metres=event.metres,
            )
        case _:
            assert_never(record.event)


def anomaly(patrol: Patrol, record: Record[PatrolEvent]) -> str | None:
    """Why the event makes no sense for this round as it was before."""
    match record.event:
        case PatrolMade(began=began, ended=ended) if ended < began:
            return "ended before it began"
        case PatrolMade() if patrol.made_at:
            return "told twice"
    return None


def contribute(patrol: Patrol) -> Iterator[Share]:
    """A round counts at its place, for its team and for each member, on the day on which it began."""
    if not (patrol.team and patrol.place and patrol.began and patrol.ended):
        return
    day, members = day_of(patrol.began), len(patrol.members)
    minutes = minutes_between(patrol.began, patrol.ended)
    yield patrol_day.share(patrol.place, day, patrols=1, minutes=minutes, members=members)
    yield patrol_team.share(patrol.team, day, patrols=1, minutes=minutes, members=members)
    for person in patrol.members:
        yield patrol_person.share(person, day, patrols=1, minutes=minutes)
