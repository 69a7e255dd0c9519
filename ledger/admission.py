"""Whether a party may say what it says: its own sources, the types it was granted, the places it was granted.

An event that names no place is admitted whatever the places of the party are; so is what a case, a person or a
unit was told before at some other place. What another source said, a party corrects or voids only where that type
was granted to it by its name.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple, get_args, get_type_hints

from msgspec import Struct

from ledger.correction import Corrected, Correction
from ledger.event import EventKind
from ledger.fields import PlaceRef, Shape
from ledger.parties import Party
from ledger.protocols import Territory
from ledger.refusal import refuse, short, show
from ledger.submission import Submission

RESERVED = "publisher"
"""The register's own family: no part of "every type", granted by name alone."""

DESTROYING = "person.forgotten"
"""Granted by its own name alone: whoever tells it has destroyed a key."""

_PLACE = next(mark for mark in PlaceRef.__metadata__ if isinstance(mark, Shape))  # type: ignore[attr-defined]  # Annotated


class Placed(NamedTuple):
    """A place that an event names, and where."""

    pointer: str
    place: str


def admit(party: Party, submission: Submission, territory: Territory) -> None:
    """Raises `EventRefused` where the party may not say this; whatever `territory` raises passes through."""
    source, type_ = submission.attributes["source"], submission.kind.type
    if source not in party.sources:
        refuse("source_not_granted", "/source", show(source), party=party.id, granted=_spoken(party.sources))
    if not is_granted(type_, party.types):
        granted = _spoken(party.types) or f"*, − {RESERVED}.*, {DESTROYING}"
        refuse("type_not_granted", "/type", type_, party=party.id, granted=granted)
    other = getattr(submission.data, "event_source", None) if issubclass(submission.kind.cls, Correction) else None
    if other is not None and other not in party.sources and type_ not in party.types:
        refuse("correction_not_granted", "/data/event_source", show(other), party=party.id, type=type_)
    named = list(places_of(submission)) if party.places else []
    outside = territory.outside({one.place for one in named}, party.places) if named else ()
    for pointer, place in named:
        if place in outside:
            refuse("place_not_granted", pointer, show(place), party=party.id, granted=_spoken(party.places))


def is_granted(type_: str, types: tuple[str, ...]) -> bool:
    """Whether a type is among the granted ones: by its name, by `family.*`, or because none are named."""
    if type_ == DESTROYING:
        return type_ in types
    family = type_.partition(".")[0]
    return type_ in types or f"{family}.*" in types or (not types and family != RESERVED)


def places_of(submission: Submission) -> Iterator[Placed]:
    """Every place that the event names: its subject, then its fields in the order of the class."""
    subject = submission.attributes["subject"]
    if subject.startswith("place/"):
        yield Placed("/subject", subject)
    if issubclass(submission.kind.cls, Corrected):
        yield from _corrected_to(submission.data)
    for name, wire_name in place_fields(submission.kind):
        value = getattr(submission.data, name)
        if isinstance(value, str):
            yield Placed(f"/data/{wire_name}", value)
        else:
            yield from (Placed(f"/data/{wire_name}/{index}", one) for index, one in enumerate(value or ()))


def _corrected_to(data: Any) -> Iterator[Placed]:
    """What a correction says in place of what was said: it may name a place as the event itself may."""
    if isinstance(data.to, list):
        yield from (Placed(f"/data/to/{index}", one) for index, one in enumerate(data.to) if _is_place(one))
    elif _is_place(data.to):
        yield Placed("/data/to", data.to)


def _is_place(value: object) -> bool:
    return isinstance(value, str) and value.startswith("place/")


def place_fields(kind: EventKind) -> tuple[tuple[str, str], ...]:
    """The fields of a kind that hold a place or places: their names, in Python and in JSON."""
    return tuple((name, kind.wire_names[name]) for name in _fields(kind.cls))


@cache
def _fields(cls: type) -> tuple[str, ...]:
    hints = get_type_hints(cls, include_extras=True)
    for name, hint in hints.items():
        if any(_fields(part) for part in _structs(hint)):
            raise TypeError(f"{cls.__name__}.{name}: only events may name places, or nobody would check them")
    return tuple(name for name, hint in hints.items() if _names_a_place(hint))


def _names_a_place(hint: Any) -> bool:
    return _PLACE in getattr(hint, "__metadata__", ()) or any(map(_names_a_place, get_args(hint)))


def _structs(hint: Any) -> Iterator[type[Struct]]:
    if isinstance(hint, type) and issubclass(hint, Struct):
        yield hint
    for part in get_args(hint):
        yield from _structs(part)


def _spoken(granted: tuple[str, ...]) -> str:
    return short(", ".join(granted), 200)
