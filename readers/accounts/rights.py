"""What a login may publish, and how far it sees.

A role says which event types (`told_by`), the grant's place or unit says where: an entity is reached where it lies in
the place or below it, has to do with the unit, or with the person themselves. Nobody reaches what is `about` them.
`check_event` is the whole rule for a form; the gateway checks the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ledger.admission import place_fields
from ledger.event import EventKind, latest
from ledger.unsealing import Role as Sight
from readers.accounts.login import Grant, Login, Role
from readers.accounts.reach import PUBLIC, Reach, inside, reach_of, selves
from readers.accounts.told_by import TOLD_BY
from readers.refusals import NotYours
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
_FOR_THEMSELVES: frozenset[Role] = frozenset({"resident", "member", "grid_worker"})
ANYONE = "anyone"

OPEN: Mapping[str, str] = {
    # whoever knows the number of a case or card
    "case.rated": "anyone resident",
    "case.looked_up": "anyone resident",
    "case.reopen_requested": "anyone resident",
    "card.submitted": "anyone resident",
    "service.queried": "anyone resident desk",
    # what is open to all who want to take it, or to say how it was
    "wish.claimed": "resident liaison member",
    "listing.claimed": "liaison desk",
    "order.taken": "liaison",
    "order.supervised": "resident",
    "order.rated": "resident",
    "pledge.reviewed": "resident",
    "team.joined": "resident member",
    "alliance.joined": "desk",
    # what the place in the event holds, not the entity that it is about
    "assessment.scored": "desk town",
    "assessment.ruled": "town",
    "unit.paired": "desk town",
    "unit.contacted": "desk town",
}
"""Event types that these roles tell of entities that they do not reach."""
SPEAKERS: Mapping[str, str] = {
    "activity.planned": "organiser",
    "application.filed": "person",
    "assessment.contested": "by",
    "camera.confirmed": "by",
    "camera.dismissed": "by",
    "case.accepted": "by",
    "case.declined": "by",
    "case.discovered": "reporter",
    "case.disputed": "by",
    "case.handled": "by",
    "case.reported": "unit",
    "duty.reported": "party unit",
    "duty.served": "person unit",
    "hazard.fixed": "by",
    "listing.claimed": "by",
    "listing.posted": "by",
    "order.taken": "unit",
    "patrol.made": "persons",
    "person.changed": "unit",
    "person.registered": "unit",
    "pledge.made": "person",
    "survey.opened": "organiser",
    "task.assigned": "by",
    "team.joined": "person",
    "team.left": "person",
    "topic.collected": "by",
    "visit.paid": "person",
    "volunteer.acted": "persons unit",
    "wish.claimed": "by",
    "wish.granted": "persons",
    "wish.made": "wisher",
}
"""The fields that say who acts: a person's own id, a liaison's own unit, a place within the scope."""
_FOR_OTHERS: Mapping[Role, frozenset[str]] = {
    "grid_worker": frozenset({"application.filed", "case.discovered", "topic.collected", "wish.made"})
}
ONLY: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("case.rated", "by"): {"anyone": "resident", "resident": "resident"},
    ("case.supervised", "tier"): {"desk": "community", "town": "town", "leader": "county"},
    ("task.assigned", "tier"): {"desk": "community", "town": "town", "leader": "county"},
    ("assessment.scored", "tier"): {"desk": "community", "town": "town"},
    ("pledge.reviewed", "by"): {"resident": "residents", "estate": "branch", "desk": "branch"},
    ("mediation.opened", "channel"): {"anyone": "wish_mailbox", "resident": "wish_mailbox"},
}
"""The one value that a field may have, by role."""


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
    """How far all grants of a login reach together."""
    return _scope(login, login.grants if login else ())


def reaches(tables: Tables, login: Login | None, subject: str) -> bool:
    """Whether an entity lies in the login's places, is of its unit, or its own, and not about it. False for an unknown
    one. Raises `OutcomeUnknown`."""
    with tables.connection() as connection:
        reach = reach_of(connection, subject)
        return reach is not None and _is_reached(connection, scope_of(login), reach)


def may_see(tables: Tables, login: Login | None, subject: str) -> bool:
    """Whether its page is shown: what is reached, and the families that are for everybody."""
    return subject.partition("/")[0] in PUBLIC or reaches(tables, login, subject)


def sight_of(tables: Tables, login: Login | None, subject: str) -> Sight:
    """As what a login looks at the personal fields of an entity: a desk at those of its places, a grid worker at what
    was dispatched to them, a resident at their own case; everybody else sees masks. (A field whose owner is the
    login's own person is theirs whatever this says.)"""
    if login is None:
        return "mask"
    with tables.connection() as connection:
        reach = reach_of(connection, subject)
        if reach is None or not _is_reached(connection, scope_of(login), reach):
            return "mask"
        desks = _scope(login, tuple(grant for grant in login.grants if grant.role == "desk"))
        if inside(connection, reach.places, desks.places):
            return "desk"
    is_theirs = subject.startswith("case/") and login.person in reach.persons
    return "handler" if is_theirs and not login.roles.isdisjoint(("grid_worker", "resident")) else "mask"


def check_event(tables: Tables, login: Login | None, type_: str, subject: str, data: Mapping[str, Any]) -> None:
    """Raises `NotYours` where no grant of the login may say this of this subject; `OutcomeUnknown` as the tables do.

    `data` as a form gives it: by JSON names, before sealing.
    """
    if not may_publish(login, type_):
        raise NotYours(
            f"您的角色不能提交 {type_} · Your role does not publish {type_}", "请联系社区 · Ask the community's desk."
        )
    with tables.connection() as connection:
        found = reach_of(connection, subject)
        complaint = ""
        for word, grant in _speaking(login, type_):
            scope = _scope(login, (grant,) if grant else ())
            complaint = _complaint(connection, scope, word, found, type_, subject, data)
            if not complaint:
                return
    raise NotYours(complaint, "请核对，或联系社区 · Check it, or ask the community's desk.")


def _speaking(login: Login | None, type_: str) -> Iterator[tuple[str, Grant | None]]:
    if login is None:
        yield ANYONE, None
    else:
        yield from ((grant.role, grant) for grant in login.grants if grant.role in TOLD_BY[type_])


def _scope(login: Login | None, grants: tuple[Grant, ...]) -> Scope:
    return Scope(
        places=frozenset(grant.place for grant in grants if grant.place),
        units=frozenset(grant.unit for grant in grants if grant.unit),
        person=login.person if login else None,
        is_county=any(grant.role in COUNTY_WIDE and grant.place is None and grant.unit is None for grant in grants),
    )


def _is_reached(connection: Any, scope: Scope, reach: Reach) -> bool:
    if reach.about and reach.about & (scope.units | (selves(connection, scope.person) if scope.person else set())):
        return False
    if scope.is_county or scope.person in reach.persons or scope.units & reach.units:
        return True
    return bool(inside(connection, reach.places, scope.places))


def _complaint(
    connection: Any, scope: Scope, word: str, found: Reach | None, type_: str, subject: str, data: Mapping[str, Any]
) -> str:
    """Why this grant may not say it, empty where it may."""
    for (of_type, field), allowed in ONLY.items():
        if of_type == type_ and word in allowed and data.get(field) != allowed[word]:
            return f"{field}={data.get(field)!r}：您只能填 · you may only say {allowed[word]}"
    is_open = word in OPEN.get(type_, "").split()
    if found is not None and not is_open and not _is_reached(connection, scope, found):
        return f"{subject} 不在您的范围内 · is outside of your scope"
    if not scope.is_county:
        places = _places(latest[type_], data)
        strange = places - inside(connection, places, scope.places) if scope.places else set()
        if strange:
            return f"{', '.join(sorted(strange))} 不在您的范围内 · is outside of your scope"
    return _complaint_of_speaker(connection, scope, word, type_, data)


def _complaint_of_speaker(connection: Any, scope: Scope, word: str, type_: str, data: Mapping[str, Any]) -> str:
    if type_ in _FOR_OTHERS.get(word, ()):  # type: ignore[call-overload]  # `anyone` is no role, and has no entry
        return ""
    for field in SPEAKERS.get(type_, "").split():
        told = data.get(field)
        named = [told] if isinstance(told, str) else list(told or ())
        if named and not any(_speaks_for(connection, scope, word, field, one) for one in named):
            return f"{field}={named[0]}：不是您，也不归您管 · is neither you nor yours"
    return ""


def _speaks_for(connection: Any, scope: Scope, word: str, field: str, named: str) -> bool:
    """A person for themselves, a liaison for the unit and its people, a desk for whoever comes to it. A person may
    name a unit beside themselves (`unit`), never in their place (`by`, `party`)."""
    sort = named.partition("/")[0]
    if sort == "place" and not scope.is_county:
        return bool(inside(connection, {named}, scope.places))
    if word == "liaison":
        return named in scope.units if sort == "unit" else True
    if word in _FOR_THEMSELVES:
        return named == scope.person or (sort == "unit" and field == "unit")
    return word != ANYONE


def _places(kind: EventKind, data: Mapping[str, Any]) -> set[str]:
    """Every place that the data names where a place belongs."""
    told = [data.get(wire_name) for _, wire_name in place_fields(kind)]
    if kind.type.endswith(".corrected"):
        told.append(data.get("to"))
    flat = [one for value in told for one in (value if isinstance(value, list | tuple) else (value,))]
    return {one for one in flat if isinstance(one, str) and one.startswith("place/")}
