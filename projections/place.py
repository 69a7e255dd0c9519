"""place: the tree of the county (县 镇 社区 小区 楼栋 微网格 党员中心户) and who works where."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from ledger.events.place import (
    PlaceChanged,
    PlaceClosed,
    PlaceMerged,
    PlaceRegistered,
    PlaceStaffed,
    PlaceUnstaffed,
)
from ledger.record import Record
from projections.family import LIST_ITEMS, Share, State, Tally

VERSION = 1

place_level = Tally("place_level", ("level",), ("registered", "closed", "with_unit"))
TALLIES = (place_level,)

PlaceEvent = PlaceRegistered | PlaceChanged | PlaceMerged | PlaceClosed | PlaceStaffed | PlaceUnstaffed


class Post(Struct, frozen=True):
    """Somebody at a post of the place."""

    person: str
    role: str
    since: datetime


class Place(State, frozen=True):
    """One place as it is now. A place that is spoken of before its registration has no level yet."""

    name: str | None = None
    level: str | None = None
    parent: str | None = None
    responsible_unit: str | None = None
    brand: str | None = None
    networks: tuple[str, ...] = ()
    longitude: float | None = None
    latitude: float | None = None
    staff: tuple[Post, ...] = ()
    registered_at: datetime | None = None
    closed_at: datetime | None = None


def evolve(place: Place, record: Record[PlaceEvent]) -> Place:
    """A second registration corrects the first; a change keeps what it does not name."""
    match record.event:
        case PlaceRegistered() as event:
            centre = event.centre
            return replace(
                place,
                name=event.name,
                level=event.level,
                parent=event.parent,
                responsible_unit=event.responsible_unit or place.responsible_unit,
                networks=tuple(event.networks),
                longitude=centre.longitude if centre else place.longitude,
                latitude=centre.latitude if centre else place.latitude,
                registered_at=place.registered_at or record.time,
            )
        case PlaceChanged(parent=parent, responsible_unit=unit, brand=brand):
            return replace(
                place,
                parent=parent or place.parent,
                responsible_unit=unit or place.responsible_unit,
                brand=brand or place.brand,
            )
        case PlaceMerged(network=network):
            return replace(place, networks=tuple(sorted({*place.networks, network})))
        case PlaceStaffed(person=person, role=role):
            others = _without(place.staff, person, role)
            return replace(place, staff=(*others, Post(person, role, record.time))[:LIST_ITEMS])
        case PlaceUnstaffed(person=person, role=role):
            return replace(place, staff=_without(place.staff, person, role))
        case PlaceClosed():
            return replace(place, closed_at=record.time)
        case _:
            assert_never(record.event)


def anomaly(place: Place, record: Record[PlaceEvent]) -> str | None:
    """Why the event makes no sense at this place as it was before."""
    match record.event:
        case PlaceUnstaffed(person=person, role=role) if len(_without(place.staff, person, role)) == len(place.staff):
            return "left a post that was not held"
        case PlaceStaffed(person=person, role=role) if len(_without(place.staff, person, role)) >= LIST_ITEMS:
            return f"over {LIST_ITEMS} posts at one place"
        case PlaceClosed() if place.closed_at:
            return "closed twice"
        case PlaceRegistered() if place.registered_at:
            return "registered twice"
    return None


def contribute(place: Place) -> Iterator[Share]:
    """The place counts in its level."""
    if place.level:
        yield place_level.share(
            place.level,
            registered=1,
            closed=place.closed_at is not None,
            with_unit=place.responsible_unit is not None,
        )


def _without(staff: tuple[Post, ...], person: str, role: str) -> tuple[Post, ...]:
    return tuple(post for post in staff if (post.person, post.role) != (person, role))
