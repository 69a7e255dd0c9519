"""Whose photos a party may send: a photo is kept before any event names it, so its owner is looked at by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, get_args, get_type_hints

import orjson

import ledger.events  # noqa: F401 - fills the registry
from ledger import opaque
from ledger.admission import is_granted
from ledger.event import latest
from ledger.fields import Photo
from ledger.parties import Party
from ledger.refusal import refuse, short

_PERSON = "person"


def admit_photo(party: Party, owner: str) -> None:
    """Raises `EventRefused` (personal_number, type_not_granted) for an owner, kind/id, of whom the party may not send
    photos."""
    opaque.check(orjson.dumps({"owner": owner}), {"owner": owner}, frozenset())
    kind = owner.partition("/")[0]
    types = types_with_photos(kind)
    if not any(is_granted(type_, party.types) for type_ in types):
        said = short(", ".join(types) or f"no type has photos of {kind}")
        granted = short(", ".join(party.types) or "*", 200)
        refuse("type_not_granted", "/owner", said, party=party.id, granted=granted)


def types_with_photos(owner_kind: str) -> tuple[str, ...]:
    """The event types whose photos an owner of this kind may have: their subject, or a person, whose picture it is."""
    return tuple(type_ for type_, subjects in _types().items() if owner_kind == _PERSON or owner_kind in subjects)


@cache
def _types() -> Mapping[str, tuple[str, ...]]:
    """Every type that holds photos, and the kinds of its subjects."""
    return MappingProxyType({type_: kind.subjects for type_, kind in latest.items() if _holds_photos(kind.cls)})


def _holds_photos(cls: type) -> bool:
    return any(part is Photo for hint in get_type_hints(cls).values() for part in _parts(hint))


def _parts(hint: Any) -> Iterator[Any]:
    yield hint
    for part in get_args(hint):
        yield from _parts(part)
