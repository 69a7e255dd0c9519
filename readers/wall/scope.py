"""What a page of the wall is about: a place (or the whole county) and a moment; how its panels ask and lead on."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from readers.refusals import NotFound
from readers.wall.answers import Need
from readers.wall.moment import Moment
from readers.wall.opening import has_option, open_url
from readers.wall.tree import LEVELS, Place, Tree

MOST_PLACES = 5_000
"""Rows that a page asks for of what lies below."""


@dataclass(frozen=True)
class Scope:
    """`place` is None for all that there is. `sees`: whoever looks may see single matters there, not only sums;
    `is_county`: and what lies in no place."""

    place: Place | None
    tree: Tree
    moment: Moment
    sees: bool = False
    is_county: bool = False

    @property
    def subject(self) -> str | None:
        """The place's subject, None for the whole county."""
        return self.place.subject if self.place else None

    @property
    def level(self) -> str:
        """The level of the page."""
        return self.place.level if self.place and self.place.level in LEVELS else LEVELS[0]

    @cached_property
    def child_level(self) -> str:
        """The level of what lies right below, the page's own where there is nothing."""
        children = self.tree.children(self.subject)
        return children[0].level if children else self.level

    @property
    def cell_level(self) -> str:
        """The lowest level that a map of this place shows."""
        level = self.tree.cell_level(self.subject)
        return level if level in LEVELS else self.level

    @property
    def base(self) -> str:
        """The address of the page without its query."""
        return f"/wall/{self.subject}" if self.subject else "/wall"

    @property
    def month(self) -> str:
        """The month up to the day, so that a past day shows what was told by then."""
        day = self.moment.day
        return f"{day.replace(day=1)}..{day}"

    @property
    def year(self) -> str:
        """The twelve months up to the day."""
        day = self.moment.day
        return f"{day - timedelta(days=365)}..{day}"

    def address(self, subject: str | None, day: date | None = None) -> str:
        """The wall of another place, or another day of this one."""
        path = f"/wall/{subject}" if subject and subject != (self.tree.root and self.tree.root.subject) else "/wall"
        shown = day or (self.moment.day if self.moment.kind == "chosen" else None)
        return f"{path}?day={shown}" if shown and shown != self.moment.last else path

    def need(self, model: str, seconds: float, **options: Any) -> Need:
        """The question to a read model here, at this moment. An option that is None is not asked."""
        told = self._told(model, options)
        return Need(model, tuple(sorted(told.items())), seconds)

    def opened(self, model: str, where: Iterable[str] = (), **options: Any) -> str:
        """Where a number of this page leads."""
        return open_url(model, self._told(model, options), where)

    def leads(self, matters: str, sums: str) -> str:
        """The address of single matters for those who may see them, else that of the sums that count them."""
        return matters if self.sees else sums

    def _told(self, model: str, options: dict[str, Any]) -> dict[str, Any]:
        own = {"place": self.subject, "as_of": self.moment.as_of}
        known = {name: value for name, value in own.items() if has_option(model, name)} | options
        return {name: _fixed(value) for name, value in known.items() if value is not None}


def place_of(tree: Tree, subject: str | None) -> Place | None:
    """The place that a page is about, None for the whole. Raises `NotFound` for one that nobody has registered."""
    if subject is None or (tree.root and subject == tree.root.subject):
        return None
    if subject not in tree.places:
        raise NotFound(f"没有登记 {subject} · nobody has registered it", "从全县看起 · Begin with the county: /wall.")
    return tree.places[subject]


def _fixed(value: Any) -> Any:
    return tuple(value) if isinstance(value, Collection) and not isinstance(value, str) else value
