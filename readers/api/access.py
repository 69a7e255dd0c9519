"""Who may read what: sums are for everybody, books and people for those whose scope holds them.

The list is closed: a read model that `OPEN` does not name needs a scope. In what strangers read no person is named,
not even by an opaque id, and nothing is told of households that are looked after.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from projections import read
from projections.store.generation import read_current
from readers.accounts.reach import inside, reach_of, selves
from readers.accounts.rights import Scope
from readers.api.options import options_of
from readers.api.viewer import Viewer
from readers.refusals import LoginNeeded, NotYours
from readers.tables import Tables

_OPEN = """
    act-board activities activities-by-unit activity-board acts-by-team acts-by-unit alliance-board application-board
    assessment-board clinics conference-board conferences-by-party conferences-by-unit contract-board council-board
    culture daily-life duty duty-board facilities facility-board five-tickets funnel grids hazard-board hazards-by-unit
    home-services listing-board listings-by-unit map matches mediation-board mediation-methods needs open-needs
    open-resources order-board orders-by-unit organisations overview pairing-board pairings participants patrol-board
    patrols-by-team period-board periods place-levels places pledge-board projects publisher-board rates
    regulation-board regulations replacement-board replacements reports resources role-board roles-by-unit rule-board
    rules scores-by-item service-board service-force-board services services-by-department survey-board survey-items
    task-board tasks-by-place tasks-by-unit team-board topic-board unit-kinds units visit-board whistles-by-unit window
    wish-board wishes-by-unit
"""
OPEN = frozenset(_OPEN.split())
"""For everybody, without a login. Not among them: care, curtains and cameras, whose households could be guessed, and
`cases-by-kind`, whose channel names the curtains."""
WITHHELD: Mapping[str, tuple[str, ...]] = {"overview": ("curtains_missed_today",)}
"""Columns of open read models that strangers don't get."""


class Admitted(NamedTuple):
    """A question as it may be put. `is_veiled`: people stay unnamed, `WITHHELD` columns stay away. `hidden_from`: what
    complains of one of these is left out."""

    options: dict[str, Any]
    is_veiled: bool
    hidden_from: frozenset[str]


def admitted(tables: Tables, viewer: Viewer, model: read.ReadModel, options: dict[str, Any]) -> Admitted:
    """The question within the viewer's scope; one that names no place, unit or person is narrowed to the only one.

    Raises `LoginNeeded`, `NotYours`, `OutcomeUnknown`.
    """
    scope = viewer.scope
    if scope.is_county:
        return Admitted(options, False, frozenset())
    if not viewer.is_somebody:
        if model.name in OPEN:
            return Admitted(options, True, frozenset())
        raise LoginNeeded(
            f"{model.title}需要登录或密钥 · {model.name} is for those with a login or a key",
            "登录，或用 Authorization: Bearer 密钥 · Log in, or give a key: Authorization: Bearer shz_…",
        )
    asked = options if model.name in OPEN else {**_only_one(model, scope, options), **options}
    if _is_within(tables, viewer, asked):
        return Admitted(asked, False, selves_of(tables, scope))
    if model.name in OPEN:
        return Admitted(options, True, frozenset())
    raise NotYours(
        f"{model.title}超出您的范围 · {model.name} so asked is outside of your scope",
        f"请指定 · Ask for one of: {_told(model, scope)}.",
    )


def is_seen(tables: Tables, viewer: Viewer, *, place: str | None = None, unit: str | None = None) -> bool:
    """Whether a place with all below it, or a unit, lies within the viewer's scope."""
    return viewer.scope.is_county or _is_within(tables, viewer, {"place": place, "unit": unit})


def about(tables: Tables, cases: set[str], whom: frozenset[str]) -> set[str]:
    """Those of the cases that complain of one of these."""
    if not (cases and whom):
        return set()
    with tables.connection() as connection, connection, connection.cursor() as cursor:
        generation, _ = read_current(cursor)
        cursor.execute(
            f"select subject from {generation}.entity_case where subject = any(%s) and about = any(%s)",
            (sorted(cases), sorted(whom)),
        )
        return {subject for (subject,) in cursor.fetchall()}


def _is_within(tables: Tables, viewer: Viewer, options: Mapping[str, Any]) -> bool:
    """Filters narrow each other, so one that lies within is enough."""
    scope = viewer.scope
    if options.get("unit") in scope.units or (scope.person and options.get("person") == scope.person):
        return True
    with tables.connection() as connection:
        place, subject = options.get("place"), options.get("subject")
        if place and inside(connection, {place}, scope.places):
            return True
        reach = reach_of(connection, subject) if subject else None
        if reach is None or not reach.about.isdisjoint(scope.units | {scope.person or ""}):
            return False
        if scope.person in reach.persons or not scope.units.isdisjoint(reach.units):
            return True
        return bool(inside(connection, reach.places, scope.places))


def _only_one(model: read.ReadModel, scope: Scope, options: Mapping[str, Any]) -> dict[str, Any]:
    known = options_of(model)
    own = {"place": scope.places, "unit": scope.units, "person": {scope.person} - {None}}
    if any(options.get(name) for name in (*own, "subject")):
        return {}
    for name, held in own.items():
        if name in known and len(held) == 1:
            return {name: next(iter(held))}
    return {}


def selves_of(tables: Tables, scope: Scope) -> frozenset[str]:
    """Whom a case may be about that is hidden from whoever sees so far: their units, and themselves."""
    if scope.person is None:
        return frozenset()
    with tables.connection() as connection:
        return scope.units | selves(connection, scope.person)


def _told(model: read.ReadModel, scope: Scope) -> str:
    known = options_of(model)
    own = {"place": sorted(scope.places), "unit": sorted(scope.units), "person": [scope.person or ""]}
    told = [f"{name}={one}" for name, held in own.items() if name in known for one in held if one]
    return ", ".join(told[:10]) or "无 · nothing, it is for the whole county"
