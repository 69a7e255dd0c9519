"""unit: the units of the county (驻区单位) and whom they are paired with (结对)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from ledger.events.unit import UnitContacted, UnitPaired, UnitRegistered, UnitUnpaired
from ledger.record import Record
from projections.family import LIST_ITEMS, Share, State, Tally

VERSION = 1

unit_kind = Tally("unit_kind", ("kind",), ("registered", "paired"))
community_pairing = Tally("community_pairing", ("community",), ("units", "estates"))
TALLIES = (unit_kind, community_pairing)

UnitEvent = UnitRegistered | UnitPaired | UnitContacted | UnitUnpaired


class Pairing(Struct, frozen=True):
    """A pairing in force: one community, any number of estates."""

    community: str
    mode: str
    estates: tuple[str, ...]
    since: datetime


class Unit(State, frozen=True):
    """One unit as it is now."""

    name: str | None = None
    kind: str | None = None
    pairings: tuple[Pairing, ...] = ()
    registered_at: datetime | None = None
    contacted_at: datetime | None = None


def evolve(unit: Unit, record: Record[UnitEvent]) -> Unit:
    """A second pairing with one community replaces the first."""
    match record.event:
        case UnitRegistered(name=name, kind=kind):
            return replace(unit, name=name, kind=kind, registered_at=unit.registered_at or record.time)
        case UnitPaired(mode=mode, community=community, estates=estates):
            pairing = Pairing(community, mode, tuple(sorted(set(estates))), record.time)
            return replace(unit, pairings=(*_without(unit, community), pairing)[:LIST_ITEMS])
        case UnitContacted():
            return replace(unit, contacted_at=max(unit.contacted_at or record.time, record.time))
        case UnitUnpaired(community=community):
            return replace(unit, pairings=_without(unit, community))
        case _:
            assert_never(record.event)


def anomaly(unit: Unit, record: Record[UnitEvent]) -> str | None:
    """Why the event makes no sense for this unit as it was before."""
    match record.event:
        case UnitRegistered() if unit.registered_at:
            return "registered twice"
        case UnitUnpaired(community=community) if len(_without(unit, community)) == len(unit.pairings):
            return "unpaired from a community that it was not paired with"
        case UnitPaired(community=community) if len(_without(unit, community)) >= LIST_ITEMS:
            return f"over {LIST_ITEMS} pairings of one unit"
    return None


def contribute(unit: Unit) -> Iterator[Share]:
    """The unit counts in its kind, each pairing in its community."""
    if unit.kind:
        yield unit_kind.share(unit.kind, registered=1, paired=bool(unit.pairings))
    for pairing in unit.pairings:
        yield community_pairing.share(pairing.community, units=1, estates=len(pairing.estates))


def _without(unit: Unit, community: str) -> tuple[Pairing, ...]:
    return tuple(pairing for pairing in unit.pairings if pairing.community != community)
