"""What is known of one place, and the small records that it keeps lists of."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from ledger.events import place as said
from projections.family import State

PlaceEvent = (
    said.PlaceRegistered
    | said.PlaceChanged
    | said.PlaceMerged
    | said.PlaceClosed
    | said.PlaceStaffed
    | said.PlaceUnstaffed
    | said.PlaceServed
    | said.PlaceUnserved
    | said.PlaceLinked
    | said.PlaceUnlinked
    | said.FacilityOpened
    | said.FacilityUpgraded
    | said.FacilityClosed
    | said.RegulationIssued
    | said.RegulationRevised
    | said.RegulationRepealed
)


class Parent(Struct, frozen=True):
    """What the place lay under from then on; None is the top of the tree."""

    since: datetime
    parent: str | None


class Point(Struct, frozen=True):
    """A corner of an outline, WGS 84 degrees."""

    longitude: float
    latitude: float


class Post(Struct, frozen=True):
    """Somebody at a post of the place."""

    person: str
    role: str
    since: datetime
    chosen: str | None = None
    profession: str | None = None
    full_time: bool | None = None


class Service(Struct, frozen=True):
    """One of the six parties that serve an estate, by a unit or a person."""

    party: str
    by: str
    since: datetime


class Link(Struct, frozen=True):
    """A leader who is in charge of the place."""

    leader: str
    body: str
    since: datetime


class Facility(Struct, frozen=True):
    """A facility; open while it was opened and not closed since. Without a kind it was not opened yet."""

    facility: str
    kind: str | None = None
    functions: tuple[str, ...] = ()
    longitude: float | None = None
    latitude: float | None = None
    hours: str | None = None
    opened_at: datetime | None = None
    upgraded_at: datetime | None = None
    closed_at: datetime | None = None


class Regulation(Struct, frozen=True):
    """A regulation; in force while it was issued and not repealed."""

    regulation: str
    kind: str | None = None
    title: str | None = None
    issued_at: datetime | None = None
    revised_at: datetime | None = None
    repealed_at: datetime | None = None


class Place(State, frozen=True):
    """One place. `place` is its own subject, because tallies are keyed by it.

    `parents` has an entry for each registration and change of parent, by the time of the event; `parent` is the last.
    A place that is spoken of before its registration has no level yet.
    """

    place: str | None = None
    name: str | None = None
    level: str | None = None
    parent: str | None = None
    parents: tuple[Parent, ...] = ()
    responsible_unit: str | None = None
    brand: str | None = None
    networks: tuple[str, ...] = ()
    longitude: float | None = None
    latitude: float | None = None
    outline: tuple[Point, ...] = ()
    staff: tuple[Post, ...] = ()
    services: tuple[Service, ...] = ()
    links: tuple[Link, ...] = ()
    facilities: tuple[Facility, ...] = ()
    regulations: tuple[Regulation, ...] = ()
    registered_at: datetime | None = None
    closed_at: datetime | None = None
