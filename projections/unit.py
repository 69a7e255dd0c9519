"""unit: the units of the county (驻区单位) and whom they are paired with (结对)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from ledger.events.unit import (
    AllianceJoined,
    UnitContacted,
    UnitPaired,
    UnitRegistered,
    UnitReplaced,
    UnitUnpaired,
)
from ledger.record import Record
from projections.family import LIST_ITEMS, Share, State, Tally, day_of

VERSION = 2

unit_kind = Tally("unit_kind", ("kind",), ("registered", "paired", "in_alliance"))
community_pairing = Tally("community_pairing", ("community",), ("units", "estates"))
unit_replaced = Tally("unit_replaced", ("estate", "service", "day"), ("replaced",))
TALLIES = (unit_kind, community_pairing, unit_replaced)

UnitEvent = UnitRegistered | UnitPaired | UnitContacted | UnitUnpaired | UnitReplaced | AllianceJoined


class Pairing(Struct, frozen=True):
    """A pairing in force: one community, any number of estates."""

    community: str
    mode: str
    estates: tuple[str, ...]
    since: datetime


class Contact(Struct, frozen=True):
    """When the unit was last in contact with a place."""

    place: str
    at: datetime


class Replacement(Struct, frozen=True):
    """A service at an estate that another unit took over, on whose authority; `survey` and `item` name the remedy."""

    estate: str
    service: str
    by: str
    authority: str
    survey: str | None
    item: str | None
    at: datetime


class Unit(State, frozen=True):
    """One unit as it is now; `contacts` the last one with each place, sorted by place."""

    name: str | None = None
    kind: str | None = None
    pairings: tuple[Pairing, ...] = ()
    registered_at: datetime | None = None
    contacted_at: datetime | None = None
    contacts: tuple[Contact, ...] = ()
    replacements: tuple[Replacement, ...] = ()
    alliance_at: datetime | None = None


def evolve(unit: Unit, record: Record[UnitEvent]) -> Unit:
    """A second pairing with one community replaces the first; a late contact does not move the last one back.

    The first joining of the alliance holds. What is told twice of one estate, service and
    successor is one replacement, as it was told last.
    """
    match record.event:
        case UnitRegistered(name=name, kind=kind):
            return replace(unit, name=name, kind=kind, registered_at=unit.registered_at or record.time)
        case UnitPaired(mode=mode, community=community, estates=estates):
            pairing = Pairing(community, mode, tuple(sorted(set(estates))), record.time)
            return replace(unit, pairings=(*_without(unit, community), pairing)[:LIST_ITEMS])
        case UnitContacted(place=place):
            return _contacted(unit, place, record.time)
        case UnitUnpaired(community=community):
            return replace(unit, pairings=_without(unit, community))
        case UnitReplaced() as event:
            return _replaced(unit, record.time, event)
        case AllianceJoined():
            return replace(unit, alliance_at=unit.alliance_at or record.time)
        case _:
            assert_never(record.event)


def anomaly(unit: Unit, record: Record[UnitEvent]) -> str | None:
    """Why the event makes no sense for this unit as it was before."""
    match record.event:
        case UnitRegistered() if unit.registered_at:
            return "registered twice"
        case UnitUnpaired(community=community) if len(_without(unit, community)) == len(unit.pairings):
            return "unpaired from a community that it was not paired with"
        case UnitPaired(community=community) if len(_without(unit, community)) >= LIST_ITEMS:
            return f"over {LIST_ITEMS} pairings of one unit"
        case UnitContacted(place=place) if len(unit.contacts) >= LIST_ITEMS:
            known = any(one.place == place for one in unit.contacts)
            return None if known else f"contacts with over {LIST_ITEMS} places"
        case UnitReplaced(by=by) if by == record.subject:
            return "replaced by itself"
        case UnitReplaced(estate=estate, service=service, by=by):
            if any((one.estate, one.service, one.by) == (estate, service, by) for one in unit.replacements):
                return "replaced twice by the same unit"
            return f"over {LIST_ITEMS} replacements" if len(unit.replacements) >= LIST_ITEMS else None
        case AllianceJoined(category=category) if category != "unit":
            return "a unit joined the alliance as a person"
        case AllianceJoined() if unit.alliance_at:
            return "joined the alliance twice"
    return None


def contribute(unit: Unit) -> Iterator[Share]:
    """The unit counts in its kind, each pairing in its community, each replacement on its day."""
    if unit.kind:
        in_alliance = unit.alliance_at is not None
        yield unit_kind.share(unit.kind, registered=1, paired=bool(unit.pairings), in_alliance=in_alliance)
    for pairing in unit.pairings:
        yield community_pairing.share(pairing.community, units=1, estates=len(pairing.estates))
    for one in unit.replacements:
        yield unit_replaced.share(one.estate, one.service, day_of(one.at), replaced=1)


def _contacted(unit: Unit, place: str, time: datetime) -> Unit:
    contacted_at = max(unit.contacted_at or time, time)
    known = {one.place: one for one in unit.contacts}
    if place in known or len(known) < LIST_ITEMS:
        known[place] = Contact(place, max(known[place].at, time) if place in known else time)
    return replace(unit, contacted_at=contacted_at, contacts=tuple(known[one] for one in sorted(known)))


def _replaced(unit: Unit, time: datetime, event: UnitReplaced) -> Unit:
    said = (event.estate, event.service, event.by)
    others = tuple(one for one in unit.replacements if (one.estate, one.service, one.by) != said)
    told = Replacement(*said, event.authority, event.survey, event.item, time)
    return replace(unit, replacements=(*others, told)[:LIST_ITEMS])


def _without(unit: Unit, community: str) -> tuple[Pairing, ...]:
    return tuple(pairing for pairing in unit.pairings if pairing.community != community)
