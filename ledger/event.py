"""What an event class is, and the one registry of them all.

A class states its wire name, Chinese term and one sample (and subject kinds where they differ; a later version its
number, and which fields it calls otherwise than the version before). Everything else that speaks of events (codec, ways
in, documentation, contracts, simulator) reads the registry.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, dataclass_transform

import msgspec
from msgspec import Struct, StructMeta

from ledger.twin import PersonalField, personal_fields, plain_twin, time_fields


@dataclass(frozen=True, repr=False)
class EventKind:
    """One registered class. `sample` is the data of a valid submission, before sealing.

    `renamed` are the fields that had another name in the version before, by that name.
    """

    cls: builtins.type[Event]  # `type` means the wire name in here
    type: str
    version: int
    family: str
    subjects: tuple[str, ...]
    term: str
    sample: Mapping[str, Any]
    personal: tuple[PersonalField, ...]
    times: tuple[str, ...]
    renamed: Mapping[str, str]
    wire_names: Mapping[str, str]
    plain: builtins.type[Struct]
    decoder: msgspec.json.Decoder[Any]

    def __repr__(self) -> str:
        return f"<EventKind {self.dataschema}>"  # the whole of it, in each line of a failing case, hides the case

    @cached_property
    def personal_names(self) -> frozenset[str]:
        """The personal fields, as JSON names them."""
        return frozenset(self.wire_names[field.name] for field in self.personal)

    @cached_property
    def dataschema(self) -> str:
        """The URN by which a stored event names its schema."""
        return dataschema(self.type, self.version)

    @property
    def summary(self) -> str:
        """First line of the class's docstring."""
        return (self.cls.__doc__ or "").strip().splitlines()[0]


def dataschema(type_: str, version: int) -> str:
    """`case.rated`, 1 -> `urn:shanzhi:case.rated:1`."""
    return f"urn:shanzhi:{type_}:{version}"


kinds: dict[str, EventKind] = {}
"""Every registered kind by its dataschema, filled as `ledger.events` is imported."""

types: dict[type[Event], str] = {}
"""The wire name of every registered class."""

latest: dict[str, EventKind] = {}
"""The highest version of each event type."""


@dataclass_transform(frozen_default=True, field_specifiers=(msgspec.field,))
class EventMeta(StructMeta):
    """Registers each event class as it is defined, so that no list can fall behind."""

    def __new__(
        mcls,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        type: str = "",
        term: str = "",
        version: int = 1,
        subjects: tuple[str, ...] = (),
        sample: Mapping[str, Any] | None = None,
        renamed: Mapping[str, str] | None = None,
    ) -> EventMeta:
        cls = super().__new__(mcls, name, bases, namespace, frozen=True, gc=False, kw_only=True)
        if type:
            _register(cls, type, term, version, subjects, sample or {}, renamed or {})
        return cls

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **_: Any) -> None:
        super().__init__(name, bases, namespace)


class Event(Struct, metaclass=EventMeta):
    """What happened, as the ledger holds it: immutable, bounded, personal fields sealed.

    `is_final`: no correction takes it back, since what it tells of can't be undone.
    """

    is_final: ClassVar[bool] = False


def _register(
    cls: Any,
    type_: str,
    term: str,
    version: int,
    subjects: tuple[str, ...],
    sample: Mapping[str, Any],
    renamed: Mapping[str, str],
) -> None:
    family = cls.__module__.rpartition(".")[2]
    kind = EventKind(
        cls=cls,
        type=type_,
        version=version,
        family=family,
        subjects=subjects or (family,),
        term=term,
        sample=sample,
        personal=personal_fields(cls),
        times=time_fields(cls),
        renamed=renamed,
        wire_names={field.name: field.encode_name for field in msgspec.structs.fields(cls)},
        plain=plain_twin(cls),
        decoder=msgspec.json.Decoder(cls),
    )
    if kind.dataschema in kinds:
        raise TypeError(f"{kind.dataschema} is registered twice: {kinds[kind.dataschema].cls} and {cls}")
    _follow(latest.get(type_), kind)
    kinds[kind.dataschema] = kind
    types[cls] = type_
    latest[type_] = kind


def _follow(before: EventKind | None, kind: EventKind) -> None:
    """Holds a version to what upcasting relies on: every older event can be told in its words, and opened there."""
    if kind.version != (before.version + 1 if before else 1):
        raise TypeError(f"{kind.dataschema}: versions are defined one after the other, from 1 on")
    if before is None:
        return
    carried = {kind.renamed.get(name, name): wire for name, wire in before.wire_names.items()}
    fields = {field.name: field for field in msgspec.structs.fields(kind.cls)}
    if lost := carried.keys() - fields.keys():
        raise TypeError(f"{kind.dataschema} lacks {', '.join(sorted(lost))} of the version before")
    if missing := [name for name in fields.keys() - carried.keys() if fields[name].required]:
        raise TypeError(f"{kind.dataschema}: older events have no {', '.join(sorted(missing))}: give it a default")
    if kind.renamed.keys() & fields.keys():
        raise TypeError(f"{kind.dataschema}: a name of the version before can't mean another field")
    sealed = {kind.renamed.get(field.name, field.name): before.wire_names[field.name] for field in before.personal}
    now = {field.name: kind.wire_names[field.name] for field in kind.personal if field.name in carried}
    if sealed != now:  # sealed text is bound to the field's name as it was written
        raise TypeError(f"{kind.dataschema}: a sealed field keeps its name, none becomes or ceases to be sealed")
