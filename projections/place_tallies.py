"""What a place adds to the counts of its level, its facilities, the parties that serve it, its leaders and rules."""

from __future__ import annotations

from collections.abc import Iterator

from projections.family import Share, Tally, day_of
from projections.place_state import Facility, Place

place_level = Tally("place_level", ("level",), ("registered", "closed", "with_unit"))
facility_day = Tally("facility_day", ("place", "kind", "day"), ("opened", "open", "upgraded", "closed"))
place_service = Tally("place_service", ("place", "party_kind"), ("serving",))
place_link = Tally("place_link", ("place", "level", "person", "body"), ("linked",))
place_regulation = Tally("place_regulation", ("place", "kind"), ("issued", "revised", "in_force"))
TALLIES = (place_level, facility_day, place_service, place_link, place_regulation)


def contribute(place: Place) -> Iterator[Share]:
    """The place counts in its level; each facility on the days of its own opening, upgrading and closing."""
    if place.level:
        yield place_level.share(
            place.level,
            registered=1,
            closed=place.closed_at is not None,
            with_unit=place.responsible_unit is not None,
        )
    if place.place is None:
        return
    for facility in place.facilities:
        yield from _facility(place.place, facility)
    for party in sorted({one.party for one in place.services}):
        serving = sum(one.party == party for one in place.services)
        yield place_service.share(place.place, party, serving=serving)
    for link in place.links:
        yield place_link.share(place.place, place.level or "", link.leader, link.body, linked=1)
    for rule in place.regulations:
        if rule.kind:
            in_force = rule.issued_at is not None and rule.repealed_at is None
            revised = rule.revised_at is not None
            yield place_regulation.share(place.place, rule.kind, issued=1, revised=revised, in_force=in_force)


def _facility(place: str, facility: Facility) -> Iterator[Share]:
    if facility.kind is None or facility.opened_at is None:
        return
    is_open = facility.closed_at is None
    yield facility_day.share(place, facility.kind, day_of(facility.opened_at), opened=1, open=is_open)
    if facility.upgraded_at:
        yield facility_day.share(place, facility.kind, day_of(facility.upgraded_at), upgraded=1)
    if facility.closed_at:
        yield facility_day.share(place, facility.kind, day_of(facility.closed_at), closed=1)
