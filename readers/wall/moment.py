"""Which day a wall shows: today where the county is alive, else the newest day that has something, or the one asked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from projections.family import SHANGHAI, day_of
from projections.read import QuestionRefused

ALIVE_DAYS = 1
"""A county that told of cases yesterday is alive, and shows today even before its first case."""
SLIDER_DAYS = 366

Kind = Literal["today", "newest", "chosen"]


@dataclass(frozen=True)
class Moment:
    """`newest`: the tables stand there and have nothing later, as a scenario of the past leaves them."""

    day: date
    kind: Kind
    first: date
    last: date

    @property
    def as_of(self) -> datetime | None:
        """The moment at which clocks are read: now, or the last one of the day."""
        if self.kind == "today":
            return None
        return datetime.combine(self.day, time.max, SHANGHAI).replace(microsecond=0)

    @property
    def is_standing(self) -> bool:
        """Whether what is open and overdue is that of this day: the tables know only how it stands at the end."""
        return self.kind != "chosen"

    @property
    def month(self) -> str:
        """The month of the day, as periods are written."""
        return self.day.isoformat()[:7]

    def days(self, count: int) -> str:
        """The period of so many days that ends with this one."""
        return f"{self.day - timedelta(days=count - 1)}..{self.day}"


def moment(now: datetime, told: Collection[date], asked: str | None = None) -> Moment:
    """`told` are the days on which something was told. Raises `QuestionRefused` for a day that is none, or to come."""
    today = day_of(now)
    past = sorted(day for day in told if day <= today)
    newest = past[-1] if past else today
    last = today if today - newest <= timedelta(days=ALIVE_DAYS) else newest
    first = max(past[0] if past else last, last - timedelta(days=SLIDER_DAYS - 1))
    if asked is None:
        return Moment(last, "today" if last == today else "newest", first, last)
    day = _day(asked)
    if day > today:
        raise QuestionRefused(f"{day} 还没有到 · is to come", f"最晚 · at the latest {last}")
    if day == last:
        return Moment(last, "today" if last == today else "newest", first, last)
    return Moment(day, "chosen", min(first, day), last)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise QuestionRefused(f"“{text[:20]}” 不是日期 · is no day", "写作 · Write 2024-05-11.") from error
