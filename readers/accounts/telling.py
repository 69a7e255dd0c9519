"""Whether a login may say one event of one subject: by role, by scope, and for whom it speaks.

A subject that is there has to be reached, save where the type is open to the role; every place that the event names has
to lie in the scope; and whoever is said to act has to be the login's own person or unit. `check_event` is the whole
rule for a form; the gateway checks the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ledger.admission import place_fields
from ledger.event import EventKind, latest
from readers.accounts.login import Grant, Login
from readers.accounts.reach import Reach, inside, reach_of
from readers.accounts.rights import ANYONE, Scope, is_named, is_reached, may_publish, scope_by
from readers.accounts.told_by import TOLD_BY
from readers.refusals import NotYours
from readers.tables import Tables

_FOR_THEMSELVES = frozenset({"resident", "member", "grid_worker"})
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
_FOR_OTHERS: Mapping[str, frozenset[str]] = {
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
            scope = scope_by(login, (grant,) if grant else ())
            complaint = _complaint(connection, scope, word, found, type_, subject, data)
            if not complaint:
                return
    raise NotYours(complaint, "请核对，或联系社区 · Check it, or ask the community's desk.")


def _speaking(login: Login | None, type_: str) -> Iterator[tuple[str, Grant | None]]:
    if login is None:
        yield ANYONE, None
    else:
        yield from ((grant.role, grant) for grant in login.grants if grant.role in TOLD_BY[type_])


def _complaint(
    connection: Any, scope: Scope, word: str, found: Reach | None, type_: str, subject: str, data: Mapping[str, Any]
) -> str:
    """Why this grant may not say it, empty where it may."""
    for (of_type, field), allowed in ONLY.items():
        if of_type == type_ and word in allowed and data.get(field) != allowed[word]:
            return f"{field}={data.get(field)!r}：您只能填 · you may only say {allowed[word]}"
    is_open = word in OPEN.get(type_, "").split()
    is_kept_from = found is not None and (
        is_named(connection, scope, found) or not (is_open or is_reached(connection, scope, found))
    )
    if is_kept_from:
        return f"{subject} 不在您的范围内 · is outside of your scope"
    if not scope.is_county:
        places = _places(latest[type_], data)
        if type_ == "place.registered" and not places:
            return "只有管理员能登记最上级的地点 · only an administrator registers the top of the tree"
        strange = places - inside(connection, places, scope.places) if scope.places else set()
        if strange:
            return f"{', '.join(sorted(strange))} 不在您的范围内 · is outside of your scope"
    return _complaint_of_speaker(connection, scope, word, type_, data)


def _complaint_of_speaker(connection: Any, scope: Scope, word: str, type_: str, data: Mapping[str, Any]) -> str:
    if type_ in _FOR_OTHERS.get(word, ()):
        return ""
    for field in SPEAKERS.get(type_, "").split():
        told = data.get(field)
        named = [told] if isinstance(told, str) else list(told or ())
        if named and not any(_speaks_for(connection, scope, word, field, one) for one in named):
            return f"{field}={named[0]}：不是您，也不归您管 · is neither you nor yours"
    return ""


def _speaks_for(connection: Any, scope: Scope, word: str, field: str, named: str) -> bool:
    """A person for themselves, a liaison for the unit and its people (and who is registered with none yet), a desk for
    whoever comes to it. A person may name a unit beside themselves (`unit`), never in their place (`by`, `party`)."""
    sort = named.partition("/")[0]
    if sort == "place" and not scope.is_county:
        return bool(inside(connection, {named}, scope.places))
    if word == "liaison":
        units = {named} if sort == "unit" else _units_of(connection, named)
        return not units or not units.isdisjoint(scope.units)
    if word in _FOR_THEMSELVES:
        return named == scope.person or (sort == "unit" and field == "unit")
    return word != ANYONE


def _units_of(connection: Any, person: str) -> frozenset[str]:
    found = reach_of(connection, person)
    return found.units if found else frozenset()


def _places(kind: EventKind, data: Mapping[str, Any]) -> set[str]:
    """Every place that the data names where a place belongs."""
    told = [data.get(wire_name) for _, wire_name in place_fields(kind)]
    if kind.type.endswith(".corrected"):
        told.append(data.get("to"))
    flat = [one for value in told for one in (value if isinstance(value, list | tuple) else (value,))]
    return {one for one in flat if isinstance(one, str) and one.startswith("place/")}
