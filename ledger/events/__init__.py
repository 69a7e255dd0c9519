"""The catalogue: one module a family, named as the subject's kind; importing it fills the registry."""

from ledger.events import (
    act,
    activity,
    case,
    duty,
    person,
    place,
    publisher,
    team,
    unit,
)

__all__ = [
    "act",
    "activity",
    "case",
    "duty",
    "person",
    "place",
    "publisher",
    "team",
    "unit",
]
