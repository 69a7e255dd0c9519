"""The name of whoever holds something: a place or a unit by its name, anybody else by the id."""

from __future__ import annotations


def name_of(field: str) -> str:
    """SQL for a book's `computed`: the name of what a column of `entity` refers to, whatever sort it is of."""
    return (
        f"coalesce((select place.name from entity_place place where place.subject = entity.{field}),"
        f" (select unit.name from entity_unit unit where unit.subject = entity.{field}), entity.{field})"
    )
