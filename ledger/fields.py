"""The types that event classes are written in.

Each type bounds what the ledger may hold (cheap checks, on the hot path); `Shape` adds what a way in
checks besides (patterns). A personal field is text sealed by its owner's key; `Personal` says what it was
before sealing and who owns it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, NewType

from msgspec import Meta, Struct

from ledger import limits
from ledger.masking import Mask

SUBJECT_PATTERN = r"^[a-z]+/[A-Za-z0-9._~-]{1,120}\Z"


@dataclass(frozen=True)
class Shape:
    """A pattern that a way in checks and the ledger takes on trust (matching costs more than decoding)."""

    pattern: str


@dataclass(frozen=True)
class Personal:
    """Marks a sealed field: `plain` is its type before sealing, `owner` the field that names whose it is.

    Without an owner field, or where that field is absent, the event's subject owns it. `mask` is what is shown of
    it to roles that may not see it.
    """

    plain: object
    owner: str | None = None
    mask: Mask = "hidden"


Sealed = NewType("Sealed", str)
SealedText = Annotated[Sealed, Meta(max_length=limits.LEDGER_BYTES)]

Count = Annotated[int, Meta(ge=0, le=limits.COUNT_AT_MOST)]
Quantity = Annotated[int, Meta(ge=1, le=limits.COUNT_AT_MOST)]
Minutes = Annotated[int, Meta(ge=0, le=60 * 24 * 366)]
WorkingDays = Annotated[int, Meta(ge=0, le=366)]
Score = Annotated[int, Meta(ge=0, le=100)]
Day = Annotated[str, Meta(max_length=10), Shape(r"^2[01][0-9]{2}-[01][0-9]-[0-3][0-9]\Z")]
"""A calendar day in Asia/Shanghai, for parts of an event that can hold no time (`2024-05-31`)."""
Time = Annotated[datetime, Meta(tz=True)]
Text = Annotated[str, Meta(min_length=1, max_length=limits.TEXT_CHARACTERS)]
Name = Annotated[str, Meta(min_length=1, max_length=limits.NAME_CHARACTERS)]


def _reference(kinds: str) -> Shape:
    return Shape(rf"^(?:{kinds})/[A-Za-z0-9._~-]{{1,120}}\Z")


_ReferenceText = Annotated[str, Meta(min_length=3, max_length=limits.REFERENCE_CHARACTERS)]
Reference = Annotated[_ReferenceText, _reference("[a-z]+")]
PlaceRef = Annotated[_ReferenceText, _reference("place")]
UnitRef = Annotated[_ReferenceText, _reference("unit")]
PersonRef = Annotated[_ReferenceText, _reference("person")]
PartyRef = Annotated[_ReferenceText, _reference("person|unit")]
PlaceOrUnitRef = Annotated[_ReferenceText, _reference("place|unit")]
TaskHolderRef = Annotated[_ReferenceText, _reference("place|unit|person")]
ListingRef = Annotated[_ReferenceText, _reference("listing")]
CaseRef = Annotated[_ReferenceText, _reference("case")]
TeamRef = Annotated[_ReferenceText, _reference("team")]
ActivityRef = Annotated[_ReferenceText, _reference("activity")]
ConferenceRef = Annotated[_ReferenceText, _reference("conference")]
PatrolRef = Annotated[_ReferenceText, _reference("patrol")]
TaskRef = Annotated[_ReferenceText, _reference("task")]
TopicRef = Annotated[_ReferenceText, _reference("topic")]
SurveyRef = Annotated[_ReferenceText, _reference("survey")]

PersonRefs = Annotated[tuple[PersonRef, ...], Meta(max_length=limits.LIST_ITEMS)]
UnitRefs = Annotated[tuple[UnitRef, ...], Meta(max_length=limits.LIST_ITEMS)]
PlaceRefs = Annotated[tuple[PlaceRef, ...], Meta(max_length=limits.LIST_ITEMS)]
ListingRefs = Annotated[tuple[ListingRef, ...], Meta(max_length=50)]


class Location(Struct, frozen=True):
    """A point, WGS 84 degrees."""

    longitude: Annotated[float, Meta(ge=-180, le=180)]
    latitude: Annotated[float, Meta(ge=-90, le=90)]


class Photo(Struct, frozen=True):
    """A photo kept outside the ledger, named by the fingerprint of its bytes."""

    id: Name
    media_type: Name
    bytes: Annotated[int, Meta(ge=1, le=limits.PHOTO_BYTES)]
    fingerprint: Name


Photos = Annotated[tuple[Photo, ...], Meta(max_length=5)]
