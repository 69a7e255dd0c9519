"""滚动: the latest events, with whom they are about left out."""

from __future__ import annotations

from typing import NamedTuple

from readers.language import Text
from readers.wall.answers import Need
from readers.wall.happenings import Happening
from readers.wall.panel import Given, Needs, Panel, Shown
from readers.wall.scope import Scope
from readers.wall.sources import HAPPENINGS
from readers.wall.tree import LEVELS

SHOWN = 24
_WITHHELD = frozenset({"camera", "care", "curtain", "person"})
"""Families of which strangers are not told: a household could be guessed."""
_MACHINERY = frozenset({"notice", "period", "publisher", "rule", "service"})


class Line(NamedTuple):
    """One event as a line."""

    happening: Happening
    place: str | None
    href: str


def _needs(scope: Scope) -> Needs:
    return {"events": Need(HAPPENINGS, (), 0.5)}


def _shape(scope: Scope, given: Given) -> Shown:
    below = {one.subject for one in scope.tree.below(scope.subject)}
    inside = None if scope.subject is None else below | {scope.subject}
    until = scope.moment.as_of
    lines = []
    for one in given["events"] or ():
        if one.family in _MACHINERY or (one.family in _WITHHELD and not scope.sees):
            continue
        if (inside is None or one.place in inside) and (until is None or one.time <= until):
            lines.append(Line(one, _name(scope, one.place), f"/entities/{one.subject}"))
        if len(lines) == SHOWN:
            break
    return {"lines": lines, "is_past": scope.moment.kind == "chosen"}


def _name(scope: Scope, subject: str | None) -> str | None:
    """Strangers are told the community at the lowest."""
    path = scope.tree.path(subject) if subject else ()
    lowest = LEVELS.index("grid" if scope.sees else "community")
    names = [place.name for place in path if place.level in LEVELS and LEVELS.index(place.level) <= lowest]
    return names[-1] if names else None


PANELS = (Panel("events", Text("滚动", "Latest"), "events", _needs, _shape),)
