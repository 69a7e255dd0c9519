"""council: the standing council of a community (社区联席会议会) and who sits on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from ledger.events.council import CouncilFormed, CouncilLeft, CouncilSeated
from ledger.record import Record
from projections.family import LIST_ITEMS, Share, State, Tally

VERSION = 1

council_seat = Tally("council_seat", ("community", "unit", "person", "role"), ("seated",))
council_place = Tally("council_place", ("community",), ("councils", "seated", "departed"))
TALLIES = (council_seat, council_place)

CouncilEvent = CouncilFormed | CouncilSeated | CouncilLeft


class Seat(Struct, frozen=True):
    """Somebody who sits or sat on the council: seated while `since` is later than `until`."""

    person: str
    role: str | None = None
    unit: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_held(self) -> bool:
        """Whether the person sits there now."""
        return self.since is not None and (self.until is None or self.until < self.since)


class Council(State, frozen=True):
    """One council; `seats` of everybody who ever sat there, `seated` how many do now."""

    community: str | None = None
    name: str | None = None
    seats: tuple[Seat, ...] = ()
    seated: int = 0
    formed_at: datetime | None = None


def evolve(council: Council, record: Record[CouncilEvent]) -> Council:
    """Seats go by the time of the events: the later of seated and left holds, whichever came first."""
    time = record.time
    match record.event:
        case CouncilFormed(community=community, name=name):
            formed_at = council.formed_at or time
            return replace(council, community=community, name=name or council.name, formed_at=formed_at)
        case CouncilSeated(person=person, role=role, unit=unit):
            seat = _seat(council, person)
            if seat.since is None or seat.since <= time:
                seat = replace(seat, role=role, unit=unit, since=time)
            return _seating(council, seat)
        case CouncilLeft(person=person):
            seat = _seat(council, person)
            return _seating(council, replace(seat, until=max(seat.until or time, time)))
        case _:
            assert_never(record.event)


def anomaly(council: Council, record: Record[CouncilEvent]) -> str | None:
    """Why the event makes no sense for this council as it was before."""
    match record.event:
        case CouncilFormed() if council.formed_at:
            return "formed twice"
        case CouncilSeated(person=person) if _seat(council, person).is_held:
            return "seated twice"
        case CouncilLeft(person=person) if not _seat(council, person).is_held:
            return "left a council without a seat"
        case CouncilSeated(person=person) | CouncilLeft(person=person):
            known = any(seat.person == person for seat in council.seats)
            return None if known or len(council.seats) < LIST_ITEMS else f"over {LIST_ITEMS} members of one council"
    return None


def contribute(council: Council) -> Iterator[Share]:
    """A formed council counts in its community, each member by unit and role."""
    if council.community is None:
        return
    left = sum(seat.since is not None and not seat.is_held for seat in council.seats)
    yield council_place.share(council.community, councils=1, seated=council.seated, departed=left)
    for seat in council.seats:
        if seat.is_held:
            yield council_seat.share(council.community, seat.unit or "", seat.person, seat.role or "", seated=1)


def _seat(council: Council, person: str) -> Seat:
    return next((seat for seat in council.seats if seat.person == person), Seat(person))


def _seating(council: Council, seat: Seat) -> Council:
    others = tuple(one for one in council.seats if one.person != seat.person)
    seats = (*others, seat)[:LIST_ITEMS]
    return replace(council, seats=seats, seated=sum(one.is_held for one in seats))
