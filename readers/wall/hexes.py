"""A schematic map: every grid one hexagon, in blocks that are the places above them. Pure geometry.

The registry need not say where anything lies; a treemap gives each block its room, and hexagons of one size fill it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, sqrt

from readers.wall.treemap import Rectangle, treemap

WIDTH, HEIGHT = 1000.0, 550.0
_LABEL, _GAP = 34.0, 7.0
_OUTER_LABEL, _OUTER_GAP = 34.0, 9.0
_EXTRA = 6  # cells that a block's label and edges take, so that small blocks have room
_LARGEST, _SMALLEST = 62.0, 2.0  # radius of a hexagon
_STEPS = 40  # of halving: far below a tenth of a unit


@dataclass(frozen=True)
class Block:
    """A place with so many cells of its own, or with blocks inside it."""

    key: str
    cells: int = 0
    blocks: tuple[Block, ...] = ()

    @property
    def weight(self) -> float:
        """The room that it takes, in cells."""
        return sum(block.weight for block in self.blocks) if self.blocks else self.cells + _EXTRA


@dataclass(frozen=True)
class Placed:
    """Where a block came to lie: its frame, the room for its name at the top, and the centres of its cells."""

    key: str
    depth: int
    frame: Rectangle
    centres: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Honeycomb:
    """All blocks, the outer ones first, and the radius of every hexagon."""

    radius: float
    placed: tuple[Placed, ...]


def honeycomb(blocks: Sequence[Block], width: float = WIDTH, height: float = HEIGHT) -> Honeycomb:
    """The map of the blocks, which may hold blocks once. The same blocks give the same map."""
    frames = _frames(blocks, Rectangle(0.0, 0.0, width, height), 0)
    rooms = [(block, depth, frame, _room(frame)) for block, depth, frame in frames if not block.blocks]
    radius = _radius([(block.cells, room) for block, _, _, room in rooms])
    centres = {block.key: _centres(block.cells, room, radius) for block, _, _, room in rooms}
    return Honeycomb(
        radius, tuple(Placed(block.key, depth, frame, centres.get(block.key, ())) for block, depth, frame in frames)
    )


def corners(radius: float) -> tuple[tuple[float, float], ...]:
    """Of a hexagon that stands on a corner, around the origin."""
    half = radius * sqrt(3) / 2
    lower = radius / 2
    return (0, -radius), (half, -lower), (half, lower), (0, radius), (-half, lower), (-half, -lower)


def _frames(blocks: Sequence[Block], whole: Rectangle, depth: int) -> list[tuple[Block, int, Rectangle]]:
    found: list[tuple[Block, int, Rectangle]] = []
    gap = _OUTER_GAP if depth == 0 and any(block.blocks for block in blocks) else _GAP
    for block, given in zip(blocks, treemap([one.weight for one in blocks], whole), strict=True):
        frame = given.inset(gap / 2, gap / 2, gap / 2, gap / 2)
        found.append((block, depth, frame))
        if block.blocks:
            inner = frame.inset(_GAP / 2, _OUTER_LABEL, _GAP / 2, _GAP / 2)
            found.extend(_frames(block.blocks, inner, depth + 1))
    return found


def _room(frame: Rectangle) -> Rectangle:
    return frame.inset(_GAP, _LABEL, _GAP, _GAP)


def _radius(blocks: Sequence[tuple[int, Rectangle]]) -> float:
    """The largest with which every block holds its cells, by halving."""
    fits, too_large = _SMALLEST, _LARGEST
    if all(_holds(room, too_large) >= cells for cells, room in blocks):
        return too_large
    for _ in range(_STEPS):
        middle = (fits + too_large) / 2
        if all(_holds(room, middle) >= cells for cells, room in blocks):
            fits = middle
        else:
            too_large = middle
    return fits


def _columns_and_rows(room: Rectangle, radius: float) -> tuple[int, int]:
    """Every other row stands half a hexagon to the right."""
    width = radius * sqrt(3)
    columns = floor((room.width - width / 2) / width + 1e-9)
    rows = floor((room.height - 2 * radius) / (1.5 * radius) + 1e-9) + 1
    return max(0, columns), max(0, rows)


def _holds(room: Rectangle, radius: float) -> int:
    columns, rows = _columns_and_rows(room, radius)
    return columns * rows


def _centres(cells: int, room: Rectangle, radius: float) -> tuple[tuple[float, float], ...]:
    """Row by row, in as few columns as the rows allow, in the middle of the room."""
    columns, rows = _columns_and_rows(room, radius)
    if not cells or not columns or not rows:
        return ((room.x + room.width / 2, room.y + room.height / 2),) * cells
    columns = ceil(cells / rows)
    used = ceil(cells / columns)
    width, step = radius * sqrt(3), radius * 1.5
    left = room.x + (room.width - columns * width - (width / 2 if used > 1 else 0)) / 2 + width / 2
    top = room.y + (room.height - (used - 1) * step - 2 * radius) / 2 + radius
    return tuple(
        (left + column * width + (row % 2) * width / 2, top + row * step)
        for row, column in (divmod(index, columns) for index in range(cells))
    )
