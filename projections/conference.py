"""conference: six parties, joint, residents' councils, heart-to-heart talks (联席会议, 居民议事会, 民情恳谈会)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from ledger.events.conference import ConferenceConvened, ConferenceHeld
from ledger.record import Record
from projections.family import Share, State, Tally, day_of

VERSION = 1

conference_day = Tally("conference_day", ("place", "kind", "day"), ("convened", "held", "attendance", "participants"))
conference_party = Tally("conference_party", ("place", "party_kind", "day"), ("attended", "persons"))
conference_unit = Tally("conference_unit", ("unit", "day"), ("attended", "persons"))
conference_person = Tally("conference_person", ("place", "person", "day"), ("attended",))
TALLIES = (conference_day, conference_party, conference_unit, conference_person)

ConferenceEvent = ConferenceConvened | ConferenceHeld


class Came(Struct, frozen=True):
    """How many came of a party or unit."""

    party: str | None
    unit: str | None
    persons: int


class Conference(State, frozen=True):
    """One conference. `present` counts all who came, `participants` are those who are known."""

    kind: str | None = None
    place: str | None = None
    attendance: tuple[Came, ...] = ()
    present: int = 0
    participants: tuple[str, ...] = ()
    convened_at: datetime | None = None
    held_at: datetime | None = None


def evolve(conference: Conference, record: Record[ConferenceEvent]) -> Conference:
    """Of two callings or two reports the last one tells how it was; the first times stay. Either may come first."""
    match record.event:
        case ConferenceConvened(kind=kind, place=place):
            return replace(conference, kind=kind, place=place, convened_at=conference.convened_at or record.time)
        case ConferenceHeld(attendance=attendance, participants=participants):
            return replace(
                conference,
                attendance=tuple(Came(one.party, one.unit, one.persons) for one in attendance),
                present=sum(one.persons for one in attendance),
                participants=tuple(sorted(set(participants))),
                held_at=conference.held_at or record.time,
            )
        case _:
            assert_never(record.event)


def anomaly(conference: Conference, record: Record[ConferenceEvent]) -> str | None:
    """Why the event makes no sense for this conference as it was before."""
    match record.event:
        case ConferenceConvened() if conference.convened_at:
            return "convened twice"
        case ConferenceHeld() if conference.held_at:
            return "held twice"
        case ConferenceHeld() if conference.convened_at is None:
            return "held before it was convened"
    return None


def contribute(conference: Conference) -> Iterator[Share]:
    """It counts on the day on which it was held, until then on the day on which it was convened."""
    at = conference.held_at or conference.convened_at
    if at is None or conference.place is None or conference.kind is None:
        return
    place, day, held = conference.place, day_of(at), conference.held_at is not None
    known = len(conference.participants)
    yield conference_day.share(
        place, conference.kind, day, convened=1, held=held, attendance=conference.present, participants=known
    )
    yield from _attended(conference, place, day)
    for person in conference.participants:
        yield conference_person.share(place, person, day, attended=1)


def _attended(conference: Conference, place: str, day: date) -> Iterator[Share]:
    for party in sorted({one.party for one in conference.attendance if one.party}):
        persons = sum(one.persons for one in conference.attendance if one.party == party)
        yield conference_party.share(place, party, day, attended=1, persons=persons)
    for unit in sorted({one.unit for one in conference.attendance if one.unit}):
        persons = sum(one.persons for one in conference.attendance if one.unit == unit)
        yield conference_unit.share(unit, day, attended=1, persons=persons)
