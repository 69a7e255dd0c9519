"""Corrections 更正 and voidings 作废: events that speak of an earlier event of their own stream.

Every family has both, made here from its catalogue. Folds never see them: the engine folds the stream again, with
the event left out or its field replaced (docs/why/corrections.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC
from functools import cache
from typing import Annotated, Any

import msgspec

from ledger import limits
from ledger.event import Event, EventKind, EventMeta, kinds
from ledger.fields import Name, Shape, Text
from ledger.upcast import name_today


class Correction(Event):
    """`event` is the id of an event of this stream; without `event_source` it came from the correction's own source."""

    event: Name
    reason: Text


class Corrected(Correction):
    """One field of the event, by its JSON name, should have said `to`."""

    field: Name
    to: Any
    event_source: Name | None = None


class Voided(Correction):
    """The event should not have been said, or what it says is not so."""

    event_source: Name | None = None


def register(families: Iterable[str]) -> None:
    """Gives each family its two types. Called once, after the modules of the catalogue have been imported."""
    for family in families:
        own = [kind for kind in kinds.values() if family in kind.subjects]
        names = "|".join(sorted({name for kind in own for name in _open_names(kind)}))
        field = {"field": Annotated[Name, Shape(rf"^({names})\Z")]}
        _register(family, "corrected", "更正", Corrected, _CORRECTED, _sample(own), field)
        _register(family, "voided", "作废", Voided, _VOIDED, {"event": _sample_id(own[0]), "reason": "重复登记"}, {})


def correctable(family: str) -> frozenset[str]:
    """The JSON names of fields that a correction may name: those that some event of the stream has, not personal."""
    return frozenset(name for kind in _spoken_of(family) for name in _open_names(kind))


def personal(family: str) -> frozenset[str]:
    """The JSON names of fields that are personal in every event that has them."""
    return frozenset(name for kind in _spoken_of(family) for name in kind.personal_names) - correctable(family)


_CORRECTED = "A field of an earlier event was wrong; the stream counts as if it had said `to` (更正)."
_VOIDED = "An earlier event was wrong as a whole; the stream counts as if it had never been said (作废)."


def _register(
    family: str, done: str, term: str, base: type, says: str, sample: Mapping[str, Any], fields: Mapping[str, Any]
) -> None:
    """As a class statement in the family's module would."""
    namespace = {"__module__": f"ledger.events.{family}", "__doc__": says, "__annotations__": dict(fields)}
    EventMeta(f"{family.title()}{done.title()}", (base,), namespace, type=f"{family}.{done}", term=term, sample=sample)


def _sample(own: list[EventKind]) -> dict[str, Any]:
    """The sample's field, said as it was: the first one of the family that can be corrected."""
    kind, name = next((kind, name) for kind in own for name in kind.sample if name in _open_names(kind))
    return {"event": _sample_id(kind), "field": name, "to": kind.sample[name], "reason": "录入有误"}


def _sample_id(kind: EventKind) -> str:
    return f"sample-{kind.type}-{kind.version}"


def _spoken_of(family: str) -> Iterator[EventKind]:
    return (kind for kind in kinds.values() if family in kind.subjects and not issubclass(kind.cls, Correction))


def _open_names(kind: EventKind) -> frozenset[str]:
    return frozenset(kind.wire_names.values()) - kind.personal_names


@cache
def _kind_of(cls: type[Event]) -> EventKind:
    return next(kind for kind in kinds.values() if kind.cls is cls)


@cache
def _submitted_type(schema: str, field: str) -> Any:
    """The field's type before sealing: with its pattern, which the ledger's own form takes on trust."""
    return next(one.type for one in msgspec.structs.fields(kinds[schema].plain) if one.encode_name == field)


def replaced(event: Event, field: str, to: Any) -> Event | None:
    """The event with `to` in a field, by its JSON name in any version of the type.

    None where the type has no such field, or the field not such a value.
    """
    kind = _kind_of(type(event))
    field = name_today(kind.type, field)
    if field not in _open_names(kind):
        return None
    try:
        msgspec.convert(to, _submitted_type(kind.dataschema, field))
        said = kind.decoder.decode(msgspec.json.encode(msgspec.to_builtins(event) | {field: to}))
    except msgspec.ValidationError:
        return None
    made: Event | None = _in_utc(kind, said)
    return made


def _in_utc(kind: EventKind, event: Any) -> Any:
    times = {name: time for name in kind.times if (time := getattr(event, name)) is not None}
    if not all(limits.EARLIEST <= time < limits.LATEST for time in times.values()):
        return None
    moved = {name: time.astimezone(UTC) for name, time in times.items()}
    return msgspec.structs.replace(event, **moved) if moved else event
