"""Which panels stand together on one screen, at each level; a screen is filled and nothing scrolls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from readers.language import Text
from readers.wall.panel import Panel
from readers.wall.panels import cases, events, late, load, map, neighbours, party, safety, services, today
from readers.wall.scope import Scope

_MODULES = (today, map, cases, load, late, events, safety, neighbours, party, services)


@dataclass(frozen=True)
class Scene:
    """A screen. `panels` are named in the order of reading; one that the place does not have is left out."""

    name: str
    title: Text
    panels: tuple[str, ...]


_CASES = Scene("cases", Text("办件", "Cases"), ("map", "late", "events", "trend", "funnel", "tickets", "rates", "load"))
_SAFETY = Scene(
    "safety", Text("平安共治", "Safety"),
    ("mediations", "hazards", "topics", "survey", "wishes", "orders", "window", "curtains|patrols"),
)  # fmt: skip
_PARTY = Scene(
    "party", Text("组织引领", "Organisation"),
    ("league", "duty", "organisation", "lists", "activities", "facilities", "regulations", "roster"),
)  # fmt: skip
_ESTATE = Scene(
    "estate", Text("一网管小区", "Estate"),
    ("roster", "map", "topics", "hazards", "regulations", "activities", "survey", "facilities"),
)  # fmt: skip
_ESTATE_MORE = Scene(
    "life", Text("服务", "Services"),
    ("mediations", "wishes", "orders", "patrols", "curtains|organisation", "duty|lists"),
)  # fmt: skip
_GRID = Scene("life", Text("平安共治", "Safety"), ("mediations", "hazards", "wishes", "patrols"))
_BY_LEVEL: Mapping[str, tuple[Scene, ...]] = {
    "county": (_CASES, _SAFETY, _PARTY),
    "town": (_CASES, _SAFETY, _PARTY),
    "community": (_CASES, _SAFETY, _PARTY),
    "estate": (_ESTATE, _CASES, _ESTATE_MORE),
    "grid": (_CASES, _GRID),
}
ALWAYS = "today"
"""The panel that stands above every scene."""


@cache
def panels() -> Mapping[str, Panel]:
    """All panels by name."""
    return MappingProxyType({panel.name: panel for module in _MODULES for panel in module.PANELS})


def scenes_of(scope: Scope) -> tuple[Scene, ...]:
    """The screens of a place."""
    return _BY_LEVEL[scope.level]


def chosen(scope: Scope, name: str | None) -> Scene:
    """The screen of a name, the first where there is none such."""
    found = scenes_of(scope)
    return next((scene for scene in found if scene.name == name), found[0])
