"""Who gets in where: every route of the readers, by method and pattern, with addresses that are tried as every role.

A new route has no line here, and the matrix (`tests/integration/test_route_matrix.py`) fails until somebody says who
may. `{case}`, `{place}` … in an address are filled in with what the matrix has told the county.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from readers.accounts.login import ROLES

NOBODY = "nobody"  # without a login
LOGGED_IN = frozenset(ROLES)
EVERYBODY = LOGGED_IN | {NOBODY}


class Line(NamedTuple):
    """An address, who gets in there, and of these who is refused where their grant is for somewhere else."""

    asked: str
    who: frozenset[str]
    not_elsewhere: frozenset[str] = frozenset()


class Sent(NamedTuple):
    """As `Line`, for a form with its token; `values` go with it."""

    asked: str
    values: Mapping[str, str]
    who: frozenset[str]
    not_elsewhere: frozenset[str] = frozenset()


def roles(*names: str) -> frozenset[str]:
    """Some roles."""
    return frozenset(names)


COUNTY = roles("leader", "auditor")
BY_PLACE = COUNTY | roles("grid_worker", "estate", "desk", "town")
BY_COMMUNITY = COUNTY | roles("desk", "town")
BY_UNIT = COUNTY | roles("liaison")
OF_CASE = BY_PLACE | BY_UNIT | roles("resident")
OF_PHOTO = roles("resident", "grid_worker", "desk")


def _page(role: str, name: str, section: str) -> dict[str, tuple[Line, ...]]:
    """A role's own page, and its sections one by one."""
    return {
        f"/{name}": (Line(f"/{name}", roles(role)),),
        f"/{name}/section/{{name}}": (
            Line(f"/{name}/section/{section}", roles(role)),
            Line(f"/{name}/section/none", frozenset()),
        ),
    }


GET: Mapping[str, tuple[Line, ...]] = {
    "/": (Line("/", EVERYBODY),),
    "/api/v1/changes": (Line("/api/v1/changes", EVERYBODY),),
    "/api/v1/explain": (
        Line("/api/v1/explain?figure=rates&subject={community}&period=2024-05", BY_COMMUNITY, BY_COMMUNITY),
    ),
    "/api/v1/models": (Line("/api/v1/models", EVERYBODY),),
    "/api/v1/models/{name}": (
        Line("/api/v1/models/rates", EVERYBODY),
        Line("/api/v1/models/cases?place={place}", BY_PLACE, BY_PLACE),
        Line("/api/v1/models/contracts?unit={unit}&format=csv", BY_UNIT, BY_UNIT),
        Line("/api/v1/models/none", frozenset()),
    ),
    "/api/v1/openapi.json": (Line("/api/v1/openapi.json", EVERYBODY),),
    "/audit": (Line("/audit", roles("auditor")),),
    "/audit/explain": (Line("/audit/explain?figure=unit&subject={unit}&period=2024-05", BY_UNIT, BY_UNIT),),
    "/audit/restated": (Line("/audit/restated?place={community}&period=2024-05", COUNTY),),
    "/bulletin/{kind}/{name}/{period}": (
        Line("/bulletin/{community}/2024-05", EVERYBODY),
        Line("/bulletin/person/matrix-1/2024-05", frozenset()),
    ),
    "/entities/{family}/{id_}": (
        Line("/entities/{case}", OF_CASE, OF_CASE),
        Line("/entities/{community}", EVERYBODY),
        Line("/entities/case/none", frozenset()),
    ),
    "/entities/{family}/{id_}/photos/{photo}": (
        Line("/entities/{case}/photos/{photo}", OF_PHOTO, OF_PHOTO),
        Line("/entities/{community}/photos/{photo}", frozenset()),
    ),
    "/entities/{family}/{id_}/receipt/{partition}/{offset}": (
        Line("/entities/{case}/receipt/{at}", OF_CASE, OF_CASE),
        Line("/entities/{community}/receipt/{at}", frozenset()),
    ),
    "/grid/entry": (Line("/grid/entry", roles("grid_worker")),),
    "/forms/choices/{kinds}": (Line("/forms/choices/place?q=x", EVERYBODY),),
    "/forms/{type_}": (
        Line("/forms/case.discovered", EVERYBODY - {"auditor", "administrator"}),
        Line("/forms/case.closed", roles("desk", "town")),
        Line("/forms/case.reported", roles("liaison")),
        Line("/forms/case.overdue", frozenset()),
        Line("/forms/person.merged", roles("administrator")),
    ),
    "/library/{name}": (Line("/library/htmx.min.js", EVERYBODY), Line("/library/package.json", frozenset())),
    "/livez": (Line("/livez", EVERYBODY),),
    "/login": (Line("/login", EVERYBODY),),
    "/lookup": (Line("/lookup", EVERYBODY),),
    "/open": (Line("/open", EVERYBODY),),
    "/open/{name}": (
        Line("/open/rates", EVERYBODY),
        Line("/open/cases?place={place}", BY_PLACE, BY_PLACE),
        Line("/open/care-pairs?unit={unit}", BY_UNIT, BY_UNIT),
    ),
    "/password": (Line("/password", LOGGED_IN),),
    "/readyz": (Line("/readyz", EVERYBODY),),
    "/wall": (Line("/wall", EVERYBODY),),
    "/wall/panel/{name}": (Line("/wall/panel/today", EVERYBODY), Line("/wall/panel/none", frozenset())),
    "/wall/place/{id}": (Line("/wall/{community}", EVERYBODY),),
    "/wall/place/{id}/panel/{name}": (Line("/wall/{community}/panel/today", EVERYBODY),),
    **_page("resident", "mine", "cases"),
    **_page("grid_worker", "grid", "orders"),
    **_page("liaison", "unit", "whistles"),
    **_page("member", "member", "wishes"),
    **_page("estate", "estate", "roster"),
    **_page("desk", "desk", "dispatch"),
    **_page("town", "town", "whistles"),
    **_page("leader", "leader", "places"),
    **_page("administrator", "register", "publishers"),
}
POST: Mapping[str, tuple[Sent, ...]] = {
    "/audit/pack": (Sent("/audit/pack", {"case": "{case}"}, roles("auditor"), roles("auditor")),),
    "/forms/{type_}": (
        Sent("/forms/case.closed", {"subject": "{case}"}, roles("desk", "town"), roles("desk", "town")),
    ),
    "/grid/entry": (Sent("/grid/entry", {}, roles("grid_worker")),),
    "/language": (Sent("/language", {"language": "zh", "next": "/"}, EVERYBODY),),
    "/login": (),
    "/logout": (),
    "/lookup": (Sent("/lookup", {"number": "20240511-none"}, EVERYBODY),),
    "/password": (Sent("/password", {"password": "x", "new": "x", "again": "x"}, LOGGED_IN),),
    "/password/sessions": (Sent("/password/sessions", {}, LOGGED_IN),),
}
"""Without an example where one would end the login that tries it: tests of their own do."""
