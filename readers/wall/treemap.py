"""Rectangles of given sizes in one rectangle, none too thin: the squarified treemap (Bruls, Huizing, van Wijk 2000)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Rectangle(NamedTuple):
    """`x` and `y` of the upper left corner."""

    x: float
    y: float
    width: float
    height: float

    def inset(self, left: float, top: float, right: float, bottom: float) -> Rectangle:
        """Smaller by so much on each side, never less than nothing."""
        width, height = max(0.0, self.width - left - right), max(0.0, self.height - top - bottom)
        return Rectangle(self.x + left, self.y + top, width, height)


def treemap(weights: Sequence[float], whole: Rectangle) -> list[Rectangle]:
    """One rectangle a weight (> 0), in their order, that together fill the whole. Deterministic."""
    total = sum(weights)
    if not weights:
        return []
    scale = whole.width * whole.height / total
    areas = [weight * scale for weight in weights]
    order = sorted(range(len(areas)), key=lambda index: (-areas[index], index))
    placed: dict[int, Rectangle] = {}
    left, rest = whole, order
    while rest:
        row = _row([areas[index] for index in rest], min(left.width, left.height))
        chosen, rest = rest[:row], rest[row:]
        left = _lay(chosen, areas, left, placed)
    return [placed[index] for index in range(len(areas))]


def _row(areas: Sequence[float], side: float) -> int:
    """How many of the next areas stand beside each other: as many as make the worst of them no thinner."""
    count, worst = 1, _thinnest(areas[:1], side)
    while count < len(areas) and (next_worst := _thinnest(areas[: count + 1], side)) <= worst:
        count, worst = count + 1, next_worst
    return count


def _thinnest(areas: Sequence[float], side: float) -> float:
    """The longer side as a multiple of the shorter one, of the worst rectangle of a row along a side."""
    depth = sum(areas) / side if side else 0.0
    if not depth:
        return float("inf")
    return max(max(depth / (area / depth), (area / depth) / depth) for area in areas)


def _lay(chosen: Sequence[int], areas: Sequence[float], left: Rectangle, placed: dict[int, Rectangle]) -> Rectangle:
    """Places a row along the shorter side and gives what is left."""
    total = sum(areas[index] for index in chosen)
    is_column = left.width >= left.height
    side = left.height if is_column else left.width
    depth = total / side if side else 0.0  # rounding may leave nothing for the last of them
    at = left.y if is_column else left.x
    for index in chosen:
        length = areas[index] / depth if depth else 0.0
        placed[index] = Rectangle(left.x, at, depth, length) if is_column else Rectangle(at, left.y, length, depth)
        at += length
    if is_column:
        return Rectangle(left.x + depth, left.y, max(0.0, left.width - depth), left.height)
    return Rectangle(left.x, left.y + depth, left.width, max(0.0, left.height - depth))
