"""The funnel as a drawing: a band for each step, as wide as it has cases, two of them side by side at the branch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

WIDTH, ROW = 100.0, 10.0
_SPLIT = (3, 4)
"""The steps that stand side by side: handled in the grid, handled by whistle."""
_BETWEEN, _THINNEST = 2.0, 0.6


class Band(NamedTuple):
    """`points` as SVG writes them; `row` counts from the top; `branch` is `grid`, `whistle` or nothing."""

    points: str
    row: int
    branch: str


def bands(values: Sequence[int]) -> list[Band]:
    """The bands of the funnel's eight steps, each narrowing to the next. All stand around the middle."""
    most = max(values) if values else 0
    widths = [max(_THINNEST, WIDTH * value / most) if most else _THINNEST for value in values]
    first, second = _SPLIT
    both = widths[first] + widths[second]
    rows = [*widths[:first], both, *widths[second + 1 :]]
    found = []
    for row, width in enumerate(rows):
        below = rows[row + 1] if row + 1 < len(rows) else width
        if row == first:
            found += _branches(widths[first], widths[second], row)
        else:
            found.append(Band(_points(-width / 2, width / 2, -below / 2, below / 2, row), row, ""))
    return found


def _branches(grid: float, whistle: float, row: int) -> list[Band]:
    """They keep their width: what comes after is of both."""
    left = -(grid + whistle + _BETWEEN) / 2
    middle, right = left + grid, left + grid + _BETWEEN
    return [
        Band(_points(left, middle, left, middle, row), row, "grid"),
        Band(_points(right, right + whistle, right, right + whistle, row), row, "whistle"),
    ]


def _points(left: float, right: float, below_left: float, below_right: float, row: int) -> str:
    top, bottom = row * ROW + 0.6, (row + 1) * ROW - 0.6
    half = WIDTH / 2 + _BETWEEN
    corners = ((left, top), (right, top), (below_right, bottom), (below_left, bottom))
    return " ".join(f"{x + half:.1f},{y:.1f}" for x, y in corners)
