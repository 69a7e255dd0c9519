"""社会治理一张图: the places below, schematic or by their outlines; how much each carries, and what is late."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import ceil
from typing import Any, NamedTuple

from readers.language import Text
from readers.wall.comb import comb_of
from readers.wall.hexes import HEIGHT, WIDTH, Placed, corners
from readers.wall.outlines import drawn, middle
from readers.wall.panel import Given, Needs, Panel, Shown, parts
from readers.wall.scope import MOST_PLACES, Scope
from readers.wall.tree import Place

_LINKED_CELLS = 150
"""More hexagons than this are not each a link: the table has them all."""
SHADES = 4
_NAMED_RADIUS = 14.0
"""Hexagons from this size on have room for a name."""
_FIGURES_WIDTH, _CHARACTER_WIDTH = 62.0, 19.0
_SMALL = 0.55
"""The drawing of an estate is so much smaller: it has few hexagons, and a small panel."""


class Figures(NamedTuple):
    """What stands at a place and below."""

    received: int = 0
    handled: int = 0
    open: int = 0
    overdue: int = 0

    def __add__(self, other: Any) -> Figures:
        return Figures(*(one + more for one, more in zip(self, other, strict=True)))


class Cell(NamedTuple):
    """A hexagon or outline. `heat` is its shade, 0 for nothing to `SHADES`; `is_here`: the page is about this one."""

    place: Place
    figures: Figures
    heat: int
    x: float
    y: float
    points: str = ""
    label: str = ""
    is_here: bool = False


class Area(NamedTuple):
    """A block of the map with its frame."""

    place: Place
    name: str
    figures: Figures
    depth: int
    placed: Placed
    cells: list[Cell]


def _ground(scope: Scope) -> Scope:
    """Whose map is shown: the place's own, or that which it stands on where nothing lies below it."""
    place = scope.place
    parent = scope.tree.places.get(place.parent or "") if place else None
    if place is None or parent is None or scope.tree.children(place.subject):
        return scope
    return replace(scope, place=parent)


def _needs(scope: Scope) -> Needs:
    ground = _ground(scope)
    return {
        "cells": ground.need("overview", 0.25, level=ground.cell_level, limit=MOST_PLACES),
        "grids": ground.need("grids", 15.0, level=ground.cell_level, period=ground.moment.month, limit=2_000),
        "map": ground.need("map", 60.0, level=ground.child_level, limit=2_000),
    }


def _shape(scope: Scope, given: Given) -> Shown:
    ground = _ground(scope)
    own = {row.subject: _figures(row) for row in parts(given["cells"]) if row.subject}
    sums = _summed(ground, own)
    loads = _loads(scope, own, given["grids"])
    size = _SMALL if ground.level == "estate" else 1.0
    width, height = WIDTH * size, HEIGHT * size
    children = [(place, sums.get(place.subject, Figures())) for place in ground.tree.children(ground.subject)]
    below = [place.subject for place in ground.tree.below(ground.subject)]
    shown: dict[str, Any] = {
        "children": [(place, figures, scope.address(place.subject)) for place, figures in children],
        "elsewhere": sum((figures for subject, figures in own.items() if subject not in below), Figures()),
        "is_linked": len(below) <= _LINKED_CELLS,
        "named_radius": _NAMED_RADIUS,
        "ground": ground.place,
        "width": width,
        "height": height,
    }
    outlines = _outlines(given["map"], [place for place, _ in children])
    if outlines:
        outlined = _outlined(scope, outlines, children, width, height)
        return shown | {"areas": [], "outlines": outlined, "hexagon": "", "size": 0.0}
    comb, cells = comb_of(ground.tree, ground.place, width, height)
    areas = [_area(scope, sums, placed, cells.get(placed.key, []), loads) for placed in comb.placed]
    hexagon = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners(comb.radius * 0.93))
    return shown | {"areas": areas, "outlines": [], "hexagon": hexagon, "size": comb.radius}


def _loads(scope: Scope, own: Mapping[str, Figures], grids: Iterable[Any]) -> Mapping[str, float]:
    """What the shades show of each cell: its weighted load, or of a past day what came in."""
    if scope.moment.is_standing:
        return {row.subject: row.load for row in grids}
    return {subject: figures.received for subject, figures in own.items()}


def _figures(row: Any) -> Figures:
    return Figures(row.received_today, row.handled_today, row.open_cases, row.overdue_cases)


def _summed(scope: Scope, own: Mapping[str, Figures]) -> Mapping[str, Figures]:
    """Of every place below, with all that lies below it."""
    sums: dict[str, Figures] = {}
    for subject, figures in own.items():
        for above in scope.tree.path(subject):
            sums[above.subject] = sums.get(above.subject, Figures()) + figures
    return sums


def _area(
    scope: Scope, sums: Mapping[str, Figures], placed: Placed, places: Sequence[Place], loads: Mapping[str, float]
) -> Area:
    place, most = scope.tree.places[placed.key], max(loads.values(), default=0)
    cells = [
        Cell(
            cell, sums.get(cell.subject, Figures()), heat_of(loads.get(cell.subject, 0), most), x, y,
            label=_label(cell, place), is_here=cell == scope.place,
        )
        for cell, (x, y) in zip(places, placed.centres, strict=True)
    ]  # fmt: skip
    name = place.name
    if place == _ground(scope).place and len(places) < len(scope.tree.children(place.subject)):
        name = f"{place.name}·直属"
    return Area(place, _fitted(name, placed.frame.width), sums.get(placed.key, Figures()), placed.depth, placed, cells)


def _label(cell: Place, above: Place) -> str:
    """The number that a grid goes by within its estate, else what its name adds."""
    added = cell.name.removeprefix(above.name)
    return "".join(one for one in added if one.isascii() and one.isdigit()) or added[:4]


def _fitted(name: str, width: float) -> str:
    """As much of a name as the frame has room for beside its figures."""
    most = max(2, int((width - _FIGURES_WIDTH) / _CHARACTER_WIDTH))
    return name if len(name) <= most else name[: most - 1] + "…"


def heat_of(weight: float, most: float) -> int:
    """The shade of a weight where the heaviest has the last one; whatever is something has at least the first."""
    return ceil(SHADES * weight / most) if most else 0


def _outlines(answer: Any, children: Iterable[Place]) -> Mapping[str, list[tuple[float, float]]]:
    """By place, where every one of several has an outline."""
    found = {
        row.subject: [(corner.longitude, corner.latitude) for corner in row.outline]
        for row in answer or ()
        if len(row.outline) > 2
    }
    wanted = [place.subject for place in children]
    return {subject: found[subject] for subject in wanted} if len(wanted) > 1 and {*wanted} <= {*found} else {}


def _outlined(
    scope: Scope, outlines: Mapping[str, list[tuple[float, float]]], children: Sequence[tuple[Place, Figures]],
    width: float, height: float,
) -> list[Cell]:  # fmt: skip
    """By what is open in each, or of a past day came in: what lies below has no shade of its own here."""
    shapes = drawn(outlines, width, height)
    weights = [figures.open if scope.moment.is_standing else figures.received for _, figures in children]
    cells = []
    for (place, figures), weight in zip(children, weights, strict=True):
        x, y = middle(shapes[place.subject])
        points = " ".join(f"{one:.1f},{other:.1f}" for one, other in shapes[place.subject])
        heat = heat_of(weight, max(weights))
        cells.append(Cell(place, figures, heat, x, y, points, place.name, place == scope.place))
    return cells


PANELS = (Panel("map", Text("一张图", "Map"), "cells", _needs, _shape, seconds=1.0),)
