"""What a form fills in by itself: who is logged in, for whom, and the only thing that they may say."""

from __future__ import annotations

from dataclasses import replace

from readers.accounts.login import Login
from readers.accounts.rights import scope_of
from readers.accounts.telling import ONLY, SPEAKERS
from readers.forms.fields import Field
from readers.forms.filled import Filled

_PLACES = frozenset({"community", "assessor", "organiser", "estate"})
_CONFIRMING = frozenset({"by"})
_MANUAL = {"case.dispatched": {"rule": "manual"}}


def into(form: Filled, login: Login | None) -> Filled:
    """The form with suggestions where its address gave nothing."""
    words = [*(grant.role for grant in login.grants)] if login else ["anyone"]
    values = dict(form.values)
    for name, told in _MANUAL.get(form.type, {}).items():
        values.setdefault(name, [told])
    for (type_, name), allowed in ONLY.items():
        if type_ == form.type and (said := next((allowed[word] for word in words if word in allowed), None)):
            values.setdefault(name, [said])
    if login is not None:
        for one in form.fields:
            if one.name not in values and (own := _own(form.type, one, login)):
                values[one.name] = [own]
    return replace(form, values=values)


def _own(type_: str, field: Field, login: Login) -> str | None:
    """The login itself, its unit or its place, where the field says who acts or for which community."""
    one = field.item if field.input == "rows" and field.item else field
    speaks = field.name in SPEAKERS.get(type_, "").split() or field.name in _CONFIRMING
    if one.input != "reference" or not (speaks or field.name in _PLACES):
        return None
    scope = scope_of(login)
    place = next(iter(scope.places)) if len(scope.places) == 1 else None
    unit = next(iter(scope.units)) if len(scope.units) == 1 else None
    options = {"place": place, "unit": unit, "person": login.person if speaks else None}
    kinds = one.kinds or (("place",) if field.name in _PLACES else ("person",))
    return next((options[kind] for kind in ("unit", "place", "person") if kind in kinds and options.get(kind)), None)
