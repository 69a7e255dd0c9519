"""Older versions of an event, told in the words of the newest one, as they are read: folds know one class a type.

Stored bytes stay as they are. What a version calls otherwise it says where it is defined (`renamed`), what it has more
has a default, and `ledger.event` holds every version to that; so no record of the past needs code of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from msgspec.structs import astuple

from ledger.event import Event, EventKind, dataschema, kinds, latest


def upcast(kind: EventKind, event: Event) -> Event:
    """The event as the newest version of its type has it; of the newest version itself, unchanged."""
    newest = latest[kind.type]
    if newest is kind:
        return event
    names = _names_in_order(kind.type, kind.version)
    made: Event = newest.cls(**dict(zip(names, astuple(event), strict=True)))
    return made


def name_today(type_: str, name: str) -> str:
    """What the newest version of a type calls a field, by its JSON name in any version; an unknown name stays."""
    newest = latest[type_]
    if name in newest.wire_names.values():
        return name
    for kind in _versions(type_):
        for was, now in names_today(type_, kind.version):
            if kind.wire_names[was] == name:
                return newest.wire_names[now]
    return name


@cache
def _names_in_order(type_: str, version: int) -> tuple[str, ...]:
    return tuple(now for _, now in names_today(type_, version))


@cache
def names_today(type_: str, version: int) -> tuple[tuple[str, str], ...]:
    """Each field of a version with its name in the newest one."""
    names = {name: name for name in kinds[dataschema(type_, version)].wire_names}
    for later in range(version + 1, latest[type_].version + 1):
        renamed = kinds[dataschema(type_, later)].renamed
        names = {was: renamed.get(now, now) for was, now in names.items()}
    return tuple(names.items())


def _versions(type_: str) -> Iterator[EventKind]:
    return (kinds[dataschema(type_, version)] for version in range(1, latest[type_].version + 1))
