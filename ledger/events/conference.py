"""conference 联席会议: six parties, joint, residents' councils and heart-to-heart talks."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from ledger.event import Event
from ledger.events.place import ServingParty
from ledger.fields import Count, PersonRefs, PlaceRef, UnitRef
from ledger.limits import LIST_ITEMS

ConferenceKind = Literal["six_party", "joint", "residents_council", "heart_to_heart"]


class Attendance(Struct, frozen=True):
    """How many came of one of the six parties, of a unit, or of neither."""

    persons: Count
    party: ServingParty | None = None
    unit: UnitRef | None = None


class ConferenceConvened(
    Event,
    type="conference.convened",
    term="召集会议",
    sample={"kind": "six_party", "place": "place/yuntai-garden"},
):
    """A conference was called (“六方”联席会议, 联席会, 居民议事会, 民情恳谈会)."""

    kind: ConferenceKind
    place: PlaceRef


class ConferenceHeld(
    Event,
    type="conference.held",
    term="召开会议",
    sample={
        "attendance": [
            {"party": "party_branch", "persons": 3},
            {"party": "police", "unit": "unit/yunxing-police", "persons": 1},
        ],
        "participants": ["person/li-7f3a", "person/zhao-31c0"],
    },
):
    """The conference took place: who came, by party or unit, and which of them are known by name."""

    attendance: Annotated[tuple[Attendance, ...], Meta(max_length=LIST_ITEMS)]
    participants: PersonRefs = ()
