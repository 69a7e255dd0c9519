"""What an entity has to do with whom: the places, units and persons that its row names, by family.

The table is closed: a column that it does not name gives nobody a right. Columns may be lists or records; every
reference of the sort in them counts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from psycopg2 import sql

from projections.families import FAMILIES
from projections.read.answer import reading
from projections.store.generation import current_generation


class Named(NamedTuple):
    """Columns of a family's state, separated by spaces, that name places, units and persons with a right to it."""

    places: str = ""
    units: str = ""
    persons: str = ""


NAMED: Mapping[str, Named] = {
    "act": Named("place", "unit", "persons"),
    "activity": Named("place organiser", "organiser providers"),
    "application": Named("community", "", "person first_responsible"),
    "assessment": Named("scores", "unit"),
    "camera": Named("place"),
    "care": Named("place", "helper", "helper recipient"),
    "case": Named(
        "place grid assignee escalated_to",
        "assignee obligations",
        "reporter discovered_by first_responsible assignee",
    ),
    "conference": Named("place", "attendance", "participants"),
    "contract": Named("community", "unit"),
    "council": Named("community", "seats", "seats"),
    "curtain": Named("grid", "", "watcher household"),
    "duty": Named("community", "unit party", "party"),
    "hazard": Named("place responsible", "responsible", "responsible fixed_by verified_by"),
    "listing": Named("by claims", "by claims"),
    "mediation": Named("place", "", "mediator first_responsible parties"),
    "notice": Named("", "recipient", "recipient"),
    "order": Named("community estate", "unit", "persons"),
    "patrol": Named("place", "", "members"),
    "period": Named("scope"),
    "person": Named("community", "unit", "subject"),
    "place": Named("subject", "responsible_unit", "links"),
    "pledge": Named("place branch", "branch", "person"),
    "publisher": Named("places"),
    "rule": Named(),
    "service": Named("", "department"),
    "survey": Named("estate organiser", "organiser"),
    "task": Named("place holder", "holder watcher", "holder watcher"),
    "team": Named("place", "", "members"),
    "topic": Named("estate", "responsible by", "by responsible confirmed_by"),
    "unit": Named("pairings", "subject"),
    "visit": Named("place", "", "person"),
    "wish": Named("place", "claimed_by also_claimed_by", "wisher claimed_by also_claimed_by persons"),
}
PUBLIC = frozenset({"activity", "listing", "period", "place", "rule", "service", "unit"})
"""Families that everybody may look at: nothing in them is sealed, and they are about no resident."""


@dataclass(frozen=True)
class Reach:
    """Who an entity has to do with. `about`: whom it complains of, who never sees it."""

    places: frozenset[str]
    units: frozenset[str]
    persons: frozenset[str]
    about: frozenset[str]


def reach_of(connection: Any, subject: str) -> Reach | None:
    """Of an entity of the generation that readers see, None where it is not there."""
    family = subject.partition("/")[0]
    if family not in NAMED:
        return None
    with reading(connection, current_generation(connection)) as cursor:
        cursor.execute(_statement(family), {"subject": subject})
        row = cursor.fetchone()
    return Reach(*(frozenset(found) for found in row)) if row else None


def inside(connection: Any, places: Collection[str], grounds: Collection[str]) -> frozenset[str]:
    """Those of the places that are among the grounds or lie below one, by today's tree."""
    if not (places and grounds):
        return frozenset()
    with reading(connection, current_generation(connection)) as cursor:
        cursor.execute(
            "select asked.place from unnest(%(places)s) asked (place) where exists"
            " (select from places_above(asked.place) above where above.place = any(%(grounds)s))",
            {"places": list(places), "grounds": list(grounds)},
        )
        return frozenset(place for (place,) in cursor)


def selves(connection: Any, person: str) -> frozenset[str]:
    """A person under all of their ids, and the unit that they are registered with: whom `about` may mean by them."""
    with reading(connection, current_generation(connection)) as cursor:
        cursor.execute(
            "select subject, unit, merged_into from entity_person where subject = %(person)s"
            " or merged_into = %(person)s",
            {"person": person},
        )
        return frozenset((person, *(one for row in cursor for one in row if one)))


@cache
def _statement(family: str) -> sql.Composed:
    named = NAMED[family]
    sorts = [("place", named.places), ("unit", named.units), ("person", named.persons)]
    columns = [_references(sort, names.split()) for sort, names in sorts]
    about = "array_remove(array[about], null)" if family == "case" else "'{}'::text[]"
    return sql.SQL("select {}, {} from {} entity where subject = %(subject)s").format(
        sql.SQL(", ").join(columns), sql.SQL(about), sql.Identifier(FAMILIES[family].table)
    )


def _references(sort: str, columns: list[str]) -> sql.Composable:
    if not columns:
        return sql.SQL("'{}'::text[]")
    return sql.SQL(
        "array(select distinct one #>> '{{}}' from jsonb_path_query(jsonb_build_array({}), 'strict $.**') one"
        " where jsonb_typeof(one) = 'string' and starts_with(one #>> '{{}}', {}))"
    ).format(sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Literal(f"{sort}/"))
