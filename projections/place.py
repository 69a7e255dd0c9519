"""place: the tree of the county (县 镇 社区 小区 楼栋 微网格 党员中心户), what is there and who works there."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from ledger.events import place as said
from ledger.record import Record
from projections.family import LIST_ITEMS
from projections.place_anomaly import anomaly
from projections.place_state import Facility, Link, Parent, Place, PlaceEvent, Point, Post, Regulation, Service
from projections.place_tallies import TALLIES, contribute

VERSION = 2

__all__ = ["TALLIES", "VERSION", "Place", "anomaly", "contribute", "evolve"]


def evolve(place: Place, record: Record[PlaceEvent]) -> Place:
    """A second registration corrects the first; a change keeps what it does not name.

    Parents go by the time of the event, so that a late registration does not undo a move; everything else goes by
    the order of the ledger. What was opened or issued anew after it ended is in force again, and keeps its first time.
    An upgrade, closing or repeal that comes first waits for the opening or issue that it is of.
    """
    if place.place is None:
        place = replace(place, place=record.subject)
    time = record.time
    match record.event:
        case said.PlaceRegistered() as event:
            return _registered(place, time, event)
        case said.PlaceChanged() as event:
            return _changed(place, time, event)
        case said.PlaceMerged(network=network):
            return replace(place, networks=tuple(sorted({*place.networks, network})))
        case said.PlaceStaffed() as event:
            post = Post(event.person, event.role, time, event.chosen, event.profession, event.full_time)
            return replace(place, staff=(*_without(place, post.person, post.role), post)[:LIST_ITEMS])
        case said.PlaceUnstaffed(person=person, role=role):
            return replace(place, staff=_without(place, person, role))
        case said.PlaceServed(party=party, by=by):
            others = tuple(one for one in place.services if (one.party, one.by) != (party, by))
            return replace(place, services=(*others, Service(party, by, time))[:LIST_ITEMS])
        case said.PlaceUnserved(party=party, by=by):
            return replace(
                place, services=tuple(one for one in place.services if (one.party, one.by) != (party, by))
            )
        case said.PlaceLinked(leader=leader, body=body):
            return replace(place, links=(*_unlinked(place, leader), Link(leader, body, time))[:LIST_ITEMS])
        case said.PlaceUnlinked(leader=leader):
            return replace(place, links=_unlinked(place, leader))
        case said.FacilityOpened() | said.FacilityUpgraded() | said.FacilityClosed() as event:
            return _of_facility(place, time, event)
        case said.RegulationIssued() | said.RegulationRevised() | said.RegulationRepealed() as event:
            return _of_regulation(place, time, event)
        case said.PlaceClosed():
            return replace(place, closed_at=time)
        case _:
            assert_never(record.event)


def _registered(place: Place, time: datetime, event: said.PlaceRegistered) -> Place:
    parents = _parents(place.parents, Parent(time, event.parent))
    centre = event.centre
    return replace(
        place,
        name=event.name,
        level=event.level,
        parent=parents[-1].parent,
        parents=parents,
        responsible_unit=event.responsible_unit or place.responsible_unit,
        networks=tuple(event.networks),
        longitude=centre.longitude if centre else place.longitude,
        latitude=centre.latitude if centre else place.latitude,
        outline=_outline(event.outline) if event.outline else place.outline,
        registered_at=place.registered_at or time,
    )


def _changed(place: Place, time: datetime, event: said.PlaceChanged) -> Place:
    parents = _parents(place.parents, Parent(time, event.parent)) if event.parent else place.parents
    return replace(
        place,
        parent=parents[-1].parent if parents else None,
        parents=parents,
        responsible_unit=event.responsible_unit or place.responsible_unit,
        outline=_outline(event.outline) if event.outline else place.outline,
        brand=event.brand or place.brand,
    )


def _parents(parents: tuple[Parent, ...], one: Parent) -> tuple[Parent, ...]:
    """Put by its time, behind those of the same time: what was said last holds."""
    if len(parents) >= LIST_ITEMS:
        return parents
    before = tuple(other for other in parents if other.since <= one.since)
    return (*before, one, *parents[len(before) :])


def _outline(corners: said.Outline) -> tuple[Point, ...]:
    return tuple(Point(corner.longitude, corner.latitude) for corner in corners)


def _of_facility(
    place: Place, time: datetime, event: said.FacilityOpened | said.FacilityUpgraded | said.FacilityClosed
) -> Place:
    known = next((one for one in place.facilities if one.facility == event.facility), Facility(event.facility))
    if isinstance(event, said.FacilityClosed):
        told = replace(known, closed_at=time)
    else:
        at = event.location
        told = replace(
            known,
            functions=known.functions if event.functions is None else tuple(event.functions),
            longitude=at.longitude if at else known.longitude,
            latitude=at.latitude if at else known.latitude,
            hours=event.hours or known.hours,
        )
        if isinstance(event, said.FacilityUpgraded):
            told = replace(told, upgraded_at=time)
        else:
            closed = known.closed_at if known.closed_at and known.closed_at > time else None
            told = replace(told, kind=event.kind, opened_at=known.opened_at or time, closed_at=closed)
    kept = tuple(told if one.facility == told.facility else one for one in place.facilities)
    return replace(place, facilities=kept if known in place.facilities else (*kept, told)[:LIST_ITEMS])


def _of_regulation(
    place: Place, time: datetime, event: said.RegulationIssued | said.RegulationRevised | said.RegulationRepealed
) -> Place:
    name = event.regulation
    known = next((one for one in place.regulations if one.regulation == name), Regulation(name))
    match event:
        case said.RegulationIssued(kind=kind, title=title):
            repealed = known.repealed_at if known.repealed_at and known.repealed_at > time else None
            told = replace(
                known, kind=kind, title=title, issued_at=known.issued_at or time, repealed_at=repealed
            )
        case said.RegulationRevised(title=title):
            told = replace(known, title=title or known.title, revised_at=time)
        case said.RegulationRepealed():
            told = replace(known, repealed_at=time)
    kept = tuple(told if one.regulation == name else one for one in place.regulations)
    return replace(place, regulations=kept if known in place.regulations else (*kept, told)[:LIST_ITEMS])


def _without(place: Place, person: str, role: str) -> tuple[Post, ...]:
    return tuple(post for post in place.staff if (post.person, post.role) != (person, role))


def _unlinked(place: Place, leader: str) -> tuple[Link, ...]:
    return tuple(link for link in place.links if link.leader != leader)
