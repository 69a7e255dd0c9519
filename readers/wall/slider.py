"""The days to choose from, each as high as it had cases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

from readers.wall.moment import Moment

HEIGHT = 20


class Slider(NamedTuple):
    """`bars` are as an SVG path draws them, one unit wide each, from `first` to `last`."""

    first: date
    last: date
    days: int
    chosen: int
    path: str
    before: date | None
    after: date | None


def slider(told: Mapping[date, int], moment: Moment) -> Slider:
    """From the moment's first day to its last."""
    days = (moment.last - moment.first).days + 1
    counts = [told.get(moment.first + timedelta(days=index), 0) for index in range(days)]
    most = max(counts, default=0)
    path = "".join(
        f"M{index} {HEIGHT}v{-max(1, round(HEIGHT * count / most))}" for index, count in enumerate(counts) if count
    )
    return Slider(
        first=moment.first,
        last=moment.last,
        days=days,
        chosen=(moment.day - moment.first).days,
        path=path,
        before=moment.day - timedelta(days=1) if moment.day > moment.first else None,
        after=moment.day + timedelta(days=1) if moment.day < moment.last else None,
    )
