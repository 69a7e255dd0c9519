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


GET: Mapping[str, tuple[Line, ...]] = {
    "/": (Line("/", EVERYBODY),),
    "/api/v1/openapi.json": (Line("/api/v1/openapi.json", EVERYBODY),),
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
    "/readyz": (Line("/readyz", EVERYBODY),),
    "/login": (Line("/login", EVERYBODY),),
    "/password": (Line("/password", LOGGED_IN),),
}
POST: Mapping[str, tuple[Sent, ...]] = {
    "/forms/{type_}": (
        Sent("/forms/case.closed", {"subject": "{case}"}, roles("desk", "town"), roles("desk", "town")),
    ),
    "/language": (Sent("/language", {"language": "zh", "next": "/"}, EVERYBODY),),
    "/login": (),
    "/logout": (),
    "/password": (Sent("/password", {"password": "x", "new": "x", "again": "x"}, LOGGED_IN),),
    "/password/sessions": (Sent("/password/sessions", {}, LOGGED_IN),),
}
"""Without an example where one would end the login that tries it: tests of their own do."""
