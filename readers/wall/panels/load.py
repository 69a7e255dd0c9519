"""网格负荷: which grids carry most, how the load is spread, and of a single grid how its month is scored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from readers.language import Text
from readers.wall.panel import Given, Needs, Panel, Shown
from readers.wall.scope import Scope

HEAVIEST = 12
_BANDS = (
    (0.0, Text("空闲", "Idle")),
    (0.5, Text("轻", "Light")),
    (4.0, Text("中", "Medium")),
    (9.0, Text("重", "Heavy")),
)
"""From what weighted load on: an urgent mediation weighs 3, an ordinary case 1."""


class Band(NamedTuple):
    """How many grids carry so much."""

    title: Text
    grids: int
    least: float


def _needs(scope: Scope) -> Needs:
    return {"grids": scope.need("grids", 15.0, level=scope.cell_level, period=scope.moment.month, limit=2_000)}


def _shape(scope: Scope, given: Given) -> Shown:
    rows = list(given["grids"] or ())
    own = next((row for row in rows if row.subject == scope.subject), None) if scope.level == "grid" else None
    heavy = sorted((row for row in rows if row.load), key=lambda row: (-row.overdue, -row.load, row.subject))
    return {
        "heaviest": [(row, scope.address(row.subject), _matters(scope, row)) for row in heavy[:HEAVIEST]],
        "most": max((row.load for row in rows), default=0.0),
        "bands": _spread([row.load for row in rows]),
        "own": own,
        "terms": [term for term in own.terms if term.is_measured] if own else [],
        "total": sum(row.load for row in rows),
        "count": len(rows),
        "href": scope.opened("grids", level=scope.cell_level, period=scope.moment.month),
    }


def _matters(scope: Scope, row: Any) -> str:
    sums = scope.opened("grids", level=scope.cell_level, period=scope.moment.month, place=row.subject)
    return scope.leads(scope.opened("cases", is_open=True, place=row.subject), sums)


def _spread(loads: Sequence[float]) -> list[Band]:
    edges = [least for least, _ in _BANDS] + [float("inf")]
    return [
        Band(title, sum(edges[index] <= load < edges[index + 1] for load in loads), least)
        for index, (least, title) in enumerate(_BANDS)
    ]


PANELS = (Panel("load", Text("网格负荷", "Load of grids"), "grids", _needs, _shape, seconds=15.0),)
