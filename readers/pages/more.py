"""The forms of a role that no section leads to: a page has them all, by family."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from readers.accounts.told_by import TOLD_BY
from readers.pages.section import Page

_ON_THE_ENTITY = (".corrected", ".voided")  # offered where the wrong event stands


@cache
def more_of(page: Page) -> Mapping[str, tuple[str, ...]]:
    """Event types by family, in the order of the catalogue."""
    placed = {one.type for one in page.fresh} | {one.type for section in page.sections for one in section.actions}
    found: dict[str, list[str]] = {}
    for type_, roles in TOLD_BY.items():
        if page.role in roles and type_ not in placed and not type_.endswith(_ON_THE_ENTITY):
            found.setdefault(type_.partition(".")[0], []).append(type_)
    return {family: tuple(types) for family, types in found.items()}
