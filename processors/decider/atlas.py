"""Where a case lies: the tree of places with centres and outlines, and the grid that a point falls into. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

METRES_A_DEGREE = 111_320.0
TIERS_AT_MOST = 12  # a circle in the registry ends here


class Point(NamedTuple):
    """WGS 84 degrees."""

    longitude: float
    latitude: float


class Site(NamedTuple):
    """A place of the tree as it is now."""

    level: str | None
    parent: str | None
    centre: Point | None = None
    outline: tuple[Point, ...] = ()


class Atlas:
    """The places of a county by id; those that are closed are left out."""

    def __init__(self, sites: Mapping[str, Site]) -> None:
        self._sites = sites

    def upward(self, place: str | None) -> Iterator[str]:
        """The place and what lies above it, as far as it is registered."""
        for _ in range(TIERS_AT_MOST):
            if place is None or place not in self._sites:
                return
            yield place
            place = self._sites[place].parent

    def is_known(self, place: str | None) -> bool:
        """Whether the place is registered."""
        return place in self._sites

    def level(self, place: str) -> str | None:
        """The level of a place, None where it is unknown."""
        return self._sites[place].level if place in self._sites else None

    def above(self, place: str | None, *levels: str) -> str | None:
        """The nearest place of one of these levels, the place itself included."""
        return next((one for one in self.upward(place) if self._sites[one].level in levels), None)

    @cached_property
    def root(self) -> str | None:
        """The county, by its id the first where there are several."""
        return min((place for place, site in self._sites.items() if site.level == "county"), default=None)

    def grid_of(self, place: str | None, point: Point | None, nearest_metres: float) -> str | None:
        """The grid of a case: that of its place; else the one whose outline holds the point, those of the estate asked
        first; else the one in the estate whose centre is nearest, and near enough. An estate's only grid needs no
        point; a building's own centre stands for one.
        """
        if grid := self.above(place, "grid"):
            return grid
        within = self.above(place, "estate") or (place if self.is_known(place) else None)
        grids = self._grids_below[within] if within else self._grids
        if point is None and place is not None and self.level(place) == "building":
            point = self._sites[place].centre
        if point is None:
            return grids[0] if within and len(grids) == 1 and self.level(within) == "estate" else None
        held = self._holding(grids, point) or self._holding(self._grids, point)
        return held or self._nearest(grids, point, nearest_metres)

    @cached_property
    def _grids(self) -> list[str]:
        return sorted(place for place, site in self._sites.items() if site.level == "grid")

    @cached_property
    def _grids_below(self) -> Mapping[str | None, list[str]]:
        below: dict[str | None, list[str]] = defaultdict(list)
        for grid in self._grids:
            for place in self.upward(grid):
                below[place].append(grid)
        return below

    def _holding(self, grids: Iterable[str], point: Point) -> str | None:
        return next((grid for grid in grids if holds(self._sites[grid].outline, point)), None)

    def _nearest(self, grids: Iterable[str], point: Point, nearest_metres: float) -> str | None:
        centres = ((self._sites[grid].centre, grid) for grid in grids)
        found = min(((metres(centre, point), grid) for centre, grid in centres if centre), default=None)
        return found[1] if found and found[0] <= nearest_metres else None


def holds(outline: Sequence[Point], point: Point) -> bool:
    """Whether the point lies inside the outline: even-odd, the first point need not be repeated as the last."""
    if len(outline) < 3:
        return False
    inside = False
    for (x1, y1), (x2, y2) in zip(outline, [*outline[1:], outline[0]], strict=True):
        if (y1 > point.latitude) != (y2 > point.latitude):
            crossing = x1 + (point.latitude - y1) * (x2 - x1) / (y2 - y1)
            inside ^= point.longitude < crossing
    return inside


def metres(one: Point, other: Point) -> float:
    """Between two points of one county: flat, which is off by less than 1 % within 100 km."""
    east = (one.longitude - other.longitude) * math.cos(math.radians((one.latitude + other.latitude) / 2))
    return METRES_A_DEGREE * math.hypot(east, one.latitude - other.latitude)
