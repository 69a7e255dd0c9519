"""What a form fills in by itself: who is logged in, for whom they speak, and the only thing that they may say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from readers.accounts.login import Login
from readers.accounts.rights import ANYONE, Scope, scope_of
from readers.accounts.telling import ONLY, SPEAKERS
from readers.forms.fields import Field
from readers.forms.filled import Filled

_PLACES = frozenset({"community", "assessor", "organiser"})
_TAKERS = frozenset({"first_responsible", "mediator", "watcher"})
"""Whoever takes a matter in sees it through 首问负责, and is not the resident who brings it."""
_RESIDENTS: Mapping[str, str] = {"case.discovered": "reporter", "wish.made": "wisher"}
"""Where a resident says who they are, or not."""
_FOR_THE_DESK: Mapping[str, str] = {
    "case.discovered": "channel urgency class on_behalf_of first_responsible continues external",
    "mediation.opened": "channel mediator first_responsible level remote",
    "service.queried": "channel count",
    "wish.made": "",
}
"""Fields that a form for residents does not show."""
_USUAL: Mapping[str, Mapping[str, str]] = {
    "case.discovered": {"urgency": "ordinary"},
    "case.dispatched": {"rule": "manual"},
    "mediation.opened": {"remote": "false"},
}
_KNOWN = frozenset({"event", "event_source", "field"})
"""What a page knows that leads to the correction of an event."""
_RESIDENT_ROLES = frozenset({ANYONE, "resident"})
_CHANNELS: Mapping[str, str] = {"desk": "window", "grid_worker": "visit"}


def into(form: Filled, login: Login | None) -> Filled:
    """The form with suggestions where its address gave nothing, and without what its sender has no use for."""
    values = dict(form.values)
    for name, told in (*_only(form.type, login), *_usual(form, login)):
        values.setdefault(name, [told])
    return for_sender(replace(form, values=values), login)


def for_sender(form: Filled, login: Login | None) -> Filled:
    """The form without what its sender has no use for; residents with a login choose whether it is in their name."""
    named = _RESIDENTS.get(form.type) if _is_resident(login) else None
    gone = hidden(form.type, login) | ({named} if named and login is None else set())
    gone |= _KNOWN if form.of else set()
    return replace(form, hidden=gone, signed=named if login is not None else None)


def hidden(type_: str, login: Login | None) -> frozenset[str]:
    """The fields that are not shown: what can be said in one way alone, and to residents what is the desk's."""
    names = {name for name, _ in _only(type_, login)}
    return frozenset(names | set(_FOR_THE_DESK.get(type_, "").split() if _is_resident(login) else ()))


def _words(login: Login | None) -> list[str]:
    return [grant.role for grant in login.grants] if login else [ANYONE]


def _is_resident(login: Login | None) -> bool:
    return _RESIDENT_ROLES.issuperset(_words(login))


def _only(type_: str, login: Login | None) -> Iterator[tuple[str, str]]:
    """Fields for which all roles of the login leave one value."""
    for (of_type, name), allowed in ONLY.items():
        left = {allowed.get(word) for word in _words(login)}
        if of_type == type_ and len(left) == 1 and (said := left.pop()):
            yield name, said


def _usual(form: Filled, login: Login | None) -> Iterator[tuple[str, str]]:
    yield from _USUAL.get(form.type, {}).items()
    if form.type == "case.discovered":
        yield "channel", next((_CHANNELS[word] for word in _words(login) if word in _CHANNELS), "app_reflect")
    if login is not None:
        for one in form.fields:
            if own := _own(form.type, one, login):
                yield one.name, own


def _own(type_: str, field: Field, login: Login) -> str | None:
    """The login itself, its unit or its place, where the field says who acts or for which community."""
    one = field.item if field.input == "rows" and field.item else field
    if one.input != "reference":
        return None
    is_resident = _is_resident(login)
    if field.name == _RESIDENTS.get(type_) or (type_, field.name) == ("application.filed", "person"):
        return login.person if is_resident else None
    if field.name in _TAKERS:
        return None if is_resident else login.person
    speaks = field.name == "by" or field.name in SPEAKERS.get(type_, "").split()
    if speaks or field.name in _PLACES:
        return _speaker(one, field.name, scope_of(login), login.person if speaks else None)
    return None


def _speaker(one: Field, name: str, scope: Scope, person: str | None) -> str | None:
    place, unit = (next(iter(some)) if len(some) == 1 else None for some in (scope.places, scope.units))
    options = {"unit": unit, "place": place, "person": person}
    kinds = one.kinds or (("place",) if name in _PLACES else ("person",))
    return next((options[kind] for kind in options if kind in kinds and options[kind]), None)
