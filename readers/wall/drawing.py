"""What templates draw with: widths of bars, little lines, days that are left, numbers as people read them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from projections.family import SHANGHAI
from projections.read import word
from readers.forms import words
from readers.language import Language, Text

_WEEKDAYS = (
    Text("周一", "Mon"), Text("周二", "Tue"), Text("周三", "Wed"), Text("周四", "Thu"), Text("周五", "Fri"),
    Text("周六", "Sat"), Text("周日", "Sun"),
)  # fmt: skip


def number(value: float | None, places: int = 0) -> str:
    """`1,234`, a dash where nobody can tell."""
    return "—" if value is None else f"{value:,.{places}f}"


def percent(value: float | None, places: int = 0) -> str:
    """A share of 1; never rounded up to all of it, or down to nothing of it."""
    if value is None:
        return "—"
    if value in (0, 1):
        return f"{value * 100:.0f}"
    rounded = round(value * 100, places)
    if rounded >= 100 > value * 100 or rounded <= 0 < value * 100:
        return f"{value * 100:.{places + 1}f}"
    return f"{rounded:.{places}f}"


def width(value: float | None, most: float | None, of: float = 100.0) -> float:
    """How long a bar is: whatever is something can be seen."""
    if not value or not most or value < 0:
        return 0.0
    return round(max(of * 0.015, of * min(1.0, value / most)), 2)


def line(values: Sequence[float], across: float = 100.0, high: float = 24.0) -> str:
    """The points of a little line over days; one alone is a level line."""
    most = max(values, default=0) or 1
    step = across / max(1, len(values) - 1)
    told = [(index * step, high - 1 - (high - 2) * value / most) for index, value in enumerate(values)]
    if len(told) == 1:
        told.append((across, told[0][1]))
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in told)


def left(value: timedelta, language: Language) -> str:
    """`剩 2 天`, `超 3 小时`."""
    minutes = abs(int(value.total_seconds() // 60))
    units = ((minutes // 1440, Text("天", "d")), (minutes // 60, Text("小时", "h")), (minutes, Text("分", "min")))
    amount, unit = next((one for one in units if one[0]), units[-1])
    late = value < timedelta()
    if language == "zh":
        return f"{'超' if late else '剩'} {amount} {unit.zh}"
    return f"{amount} {unit.en} {'late' if late else 'left'}"


def days_left(value: float | None, language: Language) -> str:
    """As `left`, of days as the books tell them."""
    return "—" if value is None else left(timedelta(days=value), language)


def clock(time: datetime | None) -> str:
    """`08:15` in Shanghai."""
    return time.astimezone(SHANGHAI).strftime("%H:%M") if time else "—"


def day(time: datetime | None) -> str:
    """`12-31` in Shanghai."""
    return time.astimezone(SHANGHAI).strftime("%m-%d") if time else "—"


def weekday(one: Any, language: Language) -> str:
    """The day of the week of a date."""
    return _WEEKDAYS[one.weekday()].in_(language)


def code(value: str | None, language: Language, column: str = "") -> str:
    """A code in words."""
    return "—" if value is None else words.choice(value, column).in_(language)


def event(type_: str, language: Language) -> str:
    """The name of an event type, with its family where the name alone says too little."""
    told = words.title(type_)
    return f"{word(type_.partition('.')[0])}·{told.zh}" if language == "zh" else told.en
