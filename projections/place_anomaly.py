"""Which events make no sense at a place as it was before."""

from __future__ import annotations

from ledger.events import place as said
from ledger.record import Record
from projections.family import LIST_ITEMS
from projections.place_state import Place, PlaceEvent


def anomaly(place: Place, record: Record[PlaceEvent]) -> str | None:
    """Why the event makes no sense at this place as it was before."""
    match record.event:
        case said.PlaceRegistered() if place.registered_at:
            return "registered twice"
        case said.PlaceRegistered() if len(place.parents) >= LIST_ITEMS:
            return f"over {LIST_ITEMS} parents of one place"
        case said.PlaceChanged(parent=str()) if len(place.parents) >= LIST_ITEMS:
            return f"over {LIST_ITEMS} parents of one place"
        case said.PlaceClosed() if place.closed_at:
            return "closed twice"
        case said.PlaceStaffed(person=person, role=role):
            others = [post for post in place.staff if (post.person, post.role) != (person, role)]
            return f"over {LIST_ITEMS} posts at one place" if len(others) >= LIST_ITEMS else None
        case said.PlaceUnstaffed(person=person, role=role):
            held = any((post.person, post.role) == (person, role) for post in place.staff)
            return None if held else "left a post that was not held"
        case said.PlaceServed(party=party, by=by):
            served = any((one.party, one.by) == (party, by) for one in place.services)
            if len(place.services) >= LIST_ITEMS and not served:
                return f"over {LIST_ITEMS} services at one place"
            return "served by the same one twice" if served else None
        case said.PlaceUnserved(party=party, by=by):
            served = any((one.party, one.by) == (party, by) for one in place.services)
            return None if served else "ended a service that there was not"
        case said.PlaceLinked(leader=leader):
            linked = any(one.leader == leader for one in place.links)
            if len(place.links) >= LIST_ITEMS and not linked:
                return f"over {LIST_ITEMS} links at one place"
            return "linked twice" if linked else None
        case said.PlaceUnlinked(leader=leader):
            return None if any(one.leader == leader for one in place.links) else "unlinked without being linked"
        case said.FacilityOpened() | said.FacilityUpgraded() | said.FacilityClosed() as event:
            return _of_facility(place, event)
        case said.RegulationIssued() | said.RegulationRevised() | said.RegulationRepealed() as event:
            return _of_regulation(place, event)
    return None


def _of_facility(
    place: Place, event: said.FacilityOpened | said.FacilityUpgraded | said.FacilityClosed
) -> str | None:
    known = next((one for one in place.facilities if one.facility == event.facility), None)
    if known is None and len(place.facilities) >= LIST_ITEMS:
        return f"over {LIST_ITEMS} facilities at one place"
    is_open = known is not None and known.opened_at is not None and known.closed_at is None
    if isinstance(event, said.FacilityOpened):
        return "opened twice" if is_open else None
    if is_open:
        return None
    if isinstance(event, said.FacilityUpgraded):
        return "a facility was upgraded that was not open"
    return "a facility was closed that was not open"


def _of_regulation(
    place: Place, event: said.RegulationIssued | said.RegulationRevised | said.RegulationRepealed
) -> str | None:
    known = next((one for one in place.regulations if one.regulation == event.regulation), None)
    if known is None and len(place.regulations) >= LIST_ITEMS:
        return f"over {LIST_ITEMS} regulations at one place"
    in_force = known is not None and known.issued_at is not None and known.repealed_at is None
    if isinstance(event, said.RegulationIssued):
        return "issued twice" if in_force else None
    if in_force:
        return None
    if isinstance(event, said.RegulationRevised):
        return "a regulation was revised that was not in force"
    return "a regulation was repealed that was not in force"
