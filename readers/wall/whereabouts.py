"""Where subjects are: the lowest place that the row of an entity names, for lists that speak of many families."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from psycopg2 import sql

from projections.families import FAMILIES
from projections.read.answer import reading
from projections.store.columns import entity_table
from projections.store.generation import current_generation

_COLUMNS = ("grid", "place", "estate", "community")
"""Of a family that has several, the first that is said counts."""


def places_of(connection: Any, subjects: Collection[str]) -> Mapping[str, str]:
    """The place of each subject that has one. A place is where it is itself."""
    found = {subject: subject for subject in subjects if subject.startswith("place/")}
    asked = sorted({*subjects} - {*found})
    wanted = [_statement(family) for family in sorted({one.partition("/")[0] for one in asked}) if _placed(family)]
    if wanted:
        with reading(connection, current_generation(connection)) as cursor:
            cursor.execute(sql.SQL(" union all ").join(wanted), {"asked": asked})
            found |= dict(cursor)
    return found


@cache
def _placed(family: str) -> tuple[str, ...]:
    if family not in FAMILIES or family == "place":
        return ()
    columns = {column.name for column in entity_table(family).columns}
    return tuple(name for name in _COLUMNS if name in columns)


def _statement(family: str) -> sql.Composable:
    return sql.SQL(
        "select subject, coalesce({columns}) from {table}"
        " where subject = any(%(asked)s) and coalesce({columns}) is not null"
    ).format(
        columns=sql.SQL(", ").join(map(sql.Identifier, _placed(family))), table=sql.Identifier(FAMILIES[family].table)
    )
