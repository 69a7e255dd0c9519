"""Simulated time: whole seconds since midnight of the first day, in the county's zone (+08:00)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

MINUTE, HOUR, DAY = 60, 3_600, 86_400
_WAKING, _SLEEPING = 7 * HOUR, 22 * HOUR
_OPENING, _CLOSING = 8 * HOUR + 30 * MINUTE, 18 * HOUR
_MINUTES = tuple(f"T{minute // 60:02}:{minute % 60:02}:" for minute in range(24 * 60))
_SECONDS = tuple(f"{second:02}+08:00" for second in range(60))
_MAKE_UP, _HOLIDAY = 4, 6  # a make-up day is lived as a Friday, a holiday as a Sunday


class Calendar:
    """Writes simulated seconds as RFC 3339, and knows nights, weekends and working days.

    `special` are the days that are worked, or not, against their weekday (调休, holidays).
    """

    def __init__(self, start: date, special: Mapping[date, bool]) -> None:
        self._start = start
        self._first_weekday = start.weekday()
        self._special = {(day - start).days: _MAKE_UP if worked else _HOLIDAY for day, worked in special.items()}
        self._day, self._text = 0, start.isoformat()
        self._spans: dict[tuple[int, int], int] = {}

    def text(self, at: int) -> str:
        """The second as `2024-03-01T08:00:00+08:00`."""
        day, second = divmod(at, DAY)
        if day != self._day:  # most of what is written one after another is of one day
            self._day, self._text = day, (self._start + timedelta(days=day)).isoformat()
        return self._text + _MINUTES[second // 60] + _SECONDS[second % 60]

    def weekday(self, at: int) -> int:
        """0 = Monday … 6 = Sunday, as the day is lived."""
        day = at // DAY
        return self._special.get(day, (self._first_weekday + day) % 7)

    def daytime(self, at: int, jitter: int) -> int:
        """The second itself, or the next morning plus `jitter` where people sleep then."""
        second = at % DAY
        if second < _WAKING:
            return at - second + _WAKING + jitter
        return at if second < _SLEEPING else at - second + DAY + _WAKING + jitter

    def office(self, at: int, jitter: int) -> int:
        """The second itself, or the next opening of an office plus `jitter`."""
        second = at % DAY
        if second >= _CLOSING:
            at += DAY - second
        elif second < _OPENING:
            at -= second
        elif self.weekday(at) < 5:
            return at
        else:
            at -= second
        while self.weekday(at) >= 5:
            at += DAY
        return at + _OPENING + jitter

    def working_days_after(self, at: int, days: int) -> int:
        """The same time of day, so many working days later."""
        key = (at // DAY, days)
        if key not in self._spans:
            self._spans[key] = self._span(at, days)
        return at + self._spans[key]

    def _span(self, at: int, working_days: int) -> int:
        seconds = 0
        while working_days:
            seconds += DAY
            working_days -= self.weekday(at + seconds) < 5
        return seconds

    def weekend_after(self, at: int) -> int:
        """Midnight of the next Saturday that is at least a day off."""
        midnight = at - at % DAY + 2 * DAY
        return midnight + (5 - self._first_weekday - midnight // DAY) % 7 * DAY
