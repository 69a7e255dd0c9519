"""What a login may publish, and how far it sees.

A role says which event types (`told_by`), the grant's place or unit says where: an entity is reached where it lies in
the place or below it, has to do with the unit, or with the person themselves. Nobody reaches what is `about` them.
Whether one event may be told, with its subject and data, says `readers.accounts.telling.check_event`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ledger.unsealing import Role as Sight
from readers.accounts.login import Grant, Login, Role
from readers.accounts.reach import PUBLIC, Reach, inside, reach_of, selves
from readers.accounts.told_by import TOLD_BY
from readers.tables import Tables

Need = Literal["place", "unit", None]
NEEDS: Mapping[Role, Need] = {
    "resident": None,
    "grid_worker": "place",
    "liaison": "unit",
    "member": None,
    "estate": "place",
    "desk": "place",
    "town": "place",
    "leader": None,
    "auditor": None,
    "administrator": None,
}
"""What a grant has to name. Of the others a leader, auditor or administrator may be held to a place."""
COUNTY_WIDE: frozenset[Role] = frozenset({"leader", "auditor", "administrator"})
_REGISTER = frozenset({"camera", "person", "publisher", "team"})
ANYONE = "anyone"


@dataclass(frozen=True)
class Scope:
    """Places (each with all below it), units, and the login's own person. `is_county`: everything."""

    places: frozenset[str]
    units: frozenset[str]
    person: str | None
    is_county: bool


def may_publish(login: Login | None, type_: str) -> bool:
    """Whether a role of the login's tells this type at all; None is a resident without a login."""
    told_by = TOLD_BY.get(type_, frozenset())
    return ANYONE in told_by if login is None else not told_by.isdisjoint(login.roles)


def scope_of(login: Login | None) -> Scope:
    """How far all grants of a login reach together, where it looks; an administrator keeps the register, and has no
    business with anybody's case."""
    return scope_by(login, tuple(grant for grant in login.grants if grant.role != "administrator") if login else ())


def reaches(tables: Tables, login: Login | None, subject: str) -> bool:
    """Whether an entity lies in the login's places, is of its unit, or its own, and not about it. False for an unknown
    one. Raises `OutcomeUnknown`."""
    with tables.connection() as connection:
        reach = reach_of(connection, subject)
        return reach is not None and is_reached(connection, scope_of(login), reach)


def is_about(tables: Tables, login: Login, subject: str) -> bool:
    """Whether an entity complains of the login: it is shown nothing of that, whatever else it knows."""
    with tables.connection() as connection:
        reach = reach_of(connection, subject)
        return reach is not None and is_named(connection, scope_of(login), reach)


def may_see(tables: Tables, login: Login | None, subject: str) -> bool:
    """Whether its page is shown: what is reached, the families that are for everybody, and the register for those who
    keep it."""
    family = subject.partition("/")[0]
    keeps = login is not None and "administrator" in login.roles and family in _REGISTER
    return family in PUBLIC or keeps or reaches(tables, login, subject)


def sight_of(tables: Tables, login: Login | None, subject: str) -> Sight:
    """As what a login looks at the personal fields of an entity: a desk at those of its places, whoever a case was
    dispatched to or came from at that case; everybody else sees masks. (A field whose owner is the login's own person
    is theirs whatever this says.)"""
    if login is None:
        return "mask"
    with tables.connection() as connection:
        reach = reach_of(connection, subject)
        if reach is None or not is_reached(connection, scope_of(login), reach):
            return "mask"
        desks = scope_by(login, tuple(grant for grant in login.grants if grant.role == "desk"))
        if inside(connection, reach.places, desks.places):
            return "desk"
    return "handler" if subject.startswith("case/") and login.person in reach.persons else "mask"


def scope_by(login: Login | None, grants: tuple[Grant, ...]) -> Scope:
    """How far these grants of a login reach."""
    return Scope(
        places=frozenset(grant.place for grant in grants if grant.place),
        units=frozenset(grant.unit for grant in grants if grant.unit),
        person=login.person if login else None,
        is_county=any(grant.role in COUNTY_WIDE and grant.place is None and grant.unit is None for grant in grants),
    )


def is_reached(connection: Any, scope: Scope, reach: Reach) -> bool:
    """Whether an entity lies in a scope and is not about whoever looks."""
    if is_named(connection, scope, reach):
        return False
    if scope.is_county or scope.person in reach.persons or scope.units & reach.units:
        return True
    return bool(inside(connection, reach.places, scope.places))


def is_named(connection: Any, scope: Scope, reach: Reach) -> bool:
    """Whether an entity is about whoever looks: their unit, or they themselves under any of their ids."""
    if not reach.about:
        return False
    return not reach.about.isdisjoint(scope.units | (selves(connection, scope.person) if scope.person else set()))
