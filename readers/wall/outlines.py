"""A map from the outlines that places have: degrees to the units of a drawing. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import cos, radians

Corner = tuple[float, float]
"""Longitude and latitude in degrees, or x and y of a drawing."""
_MARGIN = 12.0


def drawn(outlines: Mapping[str, Sequence[Corner]], width: float, height: float) -> Mapping[str, tuple[Corner, ...]]:
    """Each outline within the drawing, north up, all by one scale; a degree of longitude as long as it is there."""
    corners = [corner for outline in outlines.values() for corner in outline]
    if not corners:
        return {}
    west, south = min(one[0] for one in corners), min(one[1] for one in corners)
    east, north = max(one[0] for one in corners), max(one[1] for one in corners)
    shrink = cos(radians((south + north) / 2))
    across, up = (east - west) * shrink, north - south
    scale = min(
        (width - 2 * _MARGIN) / across if across else float("inf"),
        (height - 2 * _MARGIN) / up if up else float("inf"),
    )
    if scale == float("inf"):  # all in one point
        return {key: ((width / 2, height / 2),) * len(outline) for key, outline in outlines.items()}
    left, top = (width - across * scale) / 2, (height - up * scale) / 2
    return {
        key: tuple(
            (left + (longitude - west) * shrink * scale, top + (north - latitude) * scale)
            for longitude, latitude in outline
        )
        for key, outline in outlines.items()
    }


def middle(outline: Sequence[Corner]) -> Corner:
    """Where a name stands: the centre of the outline's box."""
    xs, ys = [one[0] for one in outline], [one[1] for one in outline]
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
