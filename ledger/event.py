"""What an event class is, and the one registry of them all.

A class states its wire name, Chinese term and one sample (and version or subject kinds where they differ);
everything else that speaks of events (codec, ways in, documentation, contracts, simulator) reads the registry.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, dataclass_transform

import msgspec
from msgspec import Struct, StructMeta

from ledger.twin import PersonalField, personal_fields, plain_twin, time_fields


@dataclass(frozen=True, repr=False)
class EventKind:
    """One registered class. `sample` is the data of a valid submission, before sealing."""

    cls: builtins.type[Event]  # `type` means the wire name in here
    type: str
    version: int
    family: str
    subjects: tuple[str, ...]
    term: str
    sample: Mapping[str, Any]
    personal: tuple[PersonalField, ...]
    times: tuple[str, ...]
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
    ) -> EventMeta:
        cls = super().__new__(mcls, name, bases, namespace, frozen=True, gc=False, kw_only=True)
        if type:
            _register(cls, type, term, version, subjects, sample or {})
        return cls

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **_: Any) -> None:
        super().__init__(name, bases, namespace)


class Event(Struct, metaclass=EventMeta):
    """What happened, as the ledger holds it: immutable, bounded, personal fields sealed."""


def _register(
    cls: Any, type_: str, term: str, version: int, subjects: tuple[str, ...], sample: Mapping[str, Any]
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
        wire_names={field.name: field.encode_name for field in msgspec.structs.fields(cls)},
        plain=plain_twin(cls),
        decoder=msgspec.json.Decoder(cls),
    )
    if kind.dataschema in kinds:
        raise TypeError(f"{kind.dataschema} is registered twice: {kinds[kind.dataschema].cls} and {cls}")
    kinds[kind.dataschema] = kind
    types[cls] = type_
    if type_ not in latest or latest[type_].version < version:
        latest[type_] = kind
