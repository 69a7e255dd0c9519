"""person: members, workers, volunteers and residents, by unit and role; names stay sealed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from ledger.events.person import (
    PersonAway,
    PersonChanged,
    PersonForgotten,
    PersonLeft,
    PersonMerged,
    PersonRegistered,
)
from ledger.events.unit import AllianceJoined
from ledger.record import Record
from projections.family import Share, State, Tally

VERSION = 4

unit_role = Tally("unit_role", ("unit", "role"), ("persons",))
community_role = Tally("community_role", ("community", "role"), ("persons",))
alliance_member = Tally("alliance_member", ("community", "unit", "category"), ("persons",))
TALLIES = (unit_role, community_role, alliance_member)

PersonEvent = (
    PersonRegistered | PersonChanged | PersonLeft | PersonMerged | PersonAway | PersonForgotten | AllianceJoined
)


class Person(State, frozen=True):
    """One person as known now. `source` and `event_id` say where the sealed name and phone were sealed.

    Of who was forgotten they stay as they are: the key that opened them is gone. `forgotten_owner` is what else owned
    the data that was forgotten.
    """

    name: str | None = None
    phone: str | None = None
    source: str | None = None
    event_id: str | None = None
    roles: tuple[str, ...] = ()
    unit: str | None = None
    community: str | None = None
    merged_into: str | None = None
    away_from: datetime | None = None
    away_until: datetime | None = None
    alliance: tuple[str, ...] = ()
    alliance_at: datetime | None = None
    registered_at: datetime | None = None
    left_at: datetime | None = None
    forgotten_at: datetime | None = None
    forgotten_owner: str | None = None


def evolve(person: Person, record: Record[PersonEvent]) -> Person:
    """A second registration corrects the first; a change keeps what it does not name.

    Who joins the alliance in several categories counts in each; `alliance_at` is the earliest.
    """
    match record.event:
        case PersonRegistered() as event:
            return replace(
                person,
                name=event.name,
                phone=event.phone,
                source=record.source,
                event_id=record.id,
                roles=tuple(event.roles),
                unit=event.unit,
                community=event.community,
                registered_at=person.registered_at or record.time,
            )
        case PersonChanged(roles=roles, unit=unit, community=community):
            return replace(
                person,
                roles=person.roles if roles is None else tuple(roles),
                unit=unit or person.unit,
                community=community or person.community,
            )
        case PersonLeft():
            return replace(person, left_at=record.time)
        case PersonMerged(into=into):
            return replace(person, merged_into=into)
        case PersonAway(since=since, until=until):
            return replace(person, away_from=since, away_until=until)
        case PersonForgotten(owner=owner):
            forgotten_at = person.forgotten_at or record.time
            return replace(person, forgotten_at=forgotten_at, forgotten_owner=person.forgotten_owner or owner)
        case AllianceJoined(category=category):
            alliance = tuple(sorted({*person.alliance, category}))
            alliance_at = min(person.alliance_at or record.time, record.time)
            return replace(person, alliance=alliance, alliance_at=alliance_at)
        case _:
            assert_never(record.event)


def anomaly(person: Person, record: Record[PersonEvent]) -> str | None:
    """Why the event makes no sense for this person as known before."""
    match record.event:
        case PersonRegistered() if person.registered_at:
            return "registered twice"
        case PersonLeft() if person.left_at:
            return "left twice"
        case PersonMerged() if person.merged_into:
            return "merged twice"
        case PersonAway(since=since, until=until) if until < since:
            return "back before being away"
        case PersonForgotten() if person.forgotten_at:
            return "forgotten twice"
        case AllianceJoined(category="unit"):
            return "a person joined the alliance as a unit"
        case AllianceJoined(category=category) if category in person.alliance:
            return "joined the alliance twice"
    return None


def contribute(person: Person) -> Iterator[Share]:
    """A present person counts once a role, in the unit and in the community, and once a category of the alliance.

    Forgetting changes no total: who was counted still was there.
    """
    if person.left_at or person.merged_into:
        return
    for role in sorted(set(person.roles)):
        if person.unit:
            yield unit_role.share(person.unit, role, persons=1)
        if person.community:
            yield community_role.share(person.community, role, persons=1)
    for category in person.alliance:
        if category != "unit":
            yield alliance_member.share(person.community or "", person.unit or "", category, persons=1)
