"""Durations as people write them on a command line: 30m, 2h, 1d."""

from __future__ import annotations

import re
from datetime import timedelta

from shanzhi.errors import SettingsRefused

_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_written = re.compile(r"(?P<count>\d{1,6})(?P<unit>[mhd])\Z", re.ASCII).match


def parse_duration(text: str) -> timedelta:
    """`2h` -> two hours; `0` needs no unit. Raises `SettingsRefused`."""
    if text == "0":
        return timedelta(0)
    match = _written(text)
    if match is None:
        raise SettingsRefused(
            f"{text[:40]!r} 不是时长 · is no duration",
            "写成 30m、2h 或 1d · Write minutes, hours or days: 30m, 2h, 1d.",
        )
    return int(match["count"]) * _UNITS[match["unit"]]
