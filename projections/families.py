"""All families, by the kind of subject whose streams they fold, and the fingerprint of all folds together."""

from __future__ import annotations

from hashlib import sha256
from importlib import import_module

from ledger import events
from projections.family import Family, State, no_deadlines, no_requests


def _family(name: str) -> Family:
    """The fold of a family of events: the module of the same name here."""
    module = import_module(f"projections.{name}")
    state: type[State] = getattr(module, name.title())
    return Family(
        name, module.VERSION, state, module.evolve, module.anomaly, module.contribute, module.TALLIES,
        getattr(module, "deadlines", no_deadlines), getattr(module, "react", no_requests),
    )  # fmt: skip


FAMILIES = {family.name: family for family in map(_family, sorted(events.__all__))}
"""Sorted by name: tables are always written in this order, so that lanes can't deadlock."""

TALLIES = tuple(tally for family in FAMILIES.values() for tally in family.tallies)
"""All tallies, in the order of their families."""


def fingerprint() -> str:
    """16 hex digits that change when any fold's version does: tables of two fingerprints never mix."""
    versions = ",".join(f"{family.name}={family.version}" for family in FAMILIES.values())
    return sha256(versions.encode()).hexdigest()[:16]
