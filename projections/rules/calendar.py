"""The working-day calendar 工作日历: weekends, holidays and make-up days 调休, as the State Council arranged them.

The day of receipt does not count, and what is due by the n-th working day is due when that day ends, at the next
midnight in Asia/Shanghai (收到之日不计入，第 n 个工作日 24 时届满). `calendars/` holds the years that ship, the table
`shanzhi.calendar_day` those of a database; SQL's `working_days_after` is equal to this one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from ledger.errors import ShanzhiError
from projections.family import SHANGHAI, day_of

_DAY = timedelta(days=1)


class CalendarRefused(ShanzhiError):
    """An arrangement that can't be loaded, or a day of a year that no arrangement was loaded for."""

    exit_code = 3


class Day(Struct, frozen=True):
    """A day of a loaded year; `note` is the holiday that makes it what it is."""

    is_working: bool
    note: str | None = None


class Calendar:
    """Knows which days are worked, for the years that were loaded."""

    def __init__(self, days: Mapping[date, Day]) -> None:
        self._days = days

    def is_working_day(self, day: date) -> bool:
        """Whether the day is worked. Raises `CalendarRefused` where its year is not loaded."""
        found = self._days.get(day)
        if found is None:
            raise CalendarRefused(
                f"{day.year} 年的工作日历没有载入 · no working-day calendar of {day.year} is loaded",
                "按国务院办公厅的安排写成文件后载入 · Write the year's arrangement as a file and load it: "
                "shanzhi calendar load FILE",
            )
        return found.is_working

    def working_days_after(self, moment: datetime, days: int) -> datetime:
        """When the n-th working day after the moment's day ends.

        0 working days (即办): when the day itself ends, or the first working day after it where it isn't one.
        Raises as `is_working_day`.
        """
        day = day_of(moment) - (_DAY if days == 0 else timedelta(0))
        left = max(days, 1)
        while left:
            day += _DAY
            left -= self.is_working_day(day)
        return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI) + _DAY


class _Holiday(Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=40)]
    first: date
    last: date
    work: tuple[date, ...] = ()


class Arrangement(Struct, frozen=True, forbid_unknown_fields=True):
    """One year's holidays and the weekend days that are worked for them, as the file says."""

    year: Annotated[int, Meta(ge=2000, le=2100)]
    source: Annotated[str, Meta(min_length=1, max_length=200)]
    holidays: Annotated[tuple[_Holiday, ...], Meta(min_length=1, max_length=20)]

    def __post_init__(self) -> None:
        off = [day for holiday in self.holidays for day in _span(holiday)]
        work = [day for holiday in self.holidays for day in holiday.work]
        if others := sorted(day for day in (*off, *work) if day.year != self.year):
            raise ValueError(f"{others[0]} is no day of {self.year}")
        if idle := next((holiday.name for holiday in self.holidays if holiday.last < holiday.first), None):
            raise ValueError(f"{idle} ends before it begins")
        if twice := sorted(day for day in set(off + work) if (off + work).count(day) > 1):
            raise ValueError(f"{twice[0]} is named twice")
        if worked := sorted(day for day in work if day.weekday() < 5):
            raise ValueError(f"{worked[0]} is worked anyway: `work` names weekend days")

    def days(self) -> dict[date, Day]:
        """Every day of the year."""
        special = {day: Day(False, holiday.name) for holiday in self.holidays for day in _span(holiday)}
        special |= {day: Day(True, f"{holiday.name}调休") for holiday in self.holidays for day in holiday.work}
        first, until = date(self.year, 1, 1), date(self.year + 1, 1, 1)
        every = (first + timedelta(days=number) for number in range((until - first).days))
        return {day: special.get(day) or Day(day.weekday() < 5) for day in every}


def parse_arrangement(text: str, where: str = "the calendar") -> Arrangement:
    """A year as its TOML says. Raises `CalendarRefused` with the place of what is wrong."""
    try:
        return msgspec.convert(tomllib.loads(text), Arrangement)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        remedy = "格式见随附的日历文件 · Write it as the calendars that ship: projections/rules/calendars/2024.toml"
        raise CalendarRefused(f"{where}: {error}", remedy) from error


@cache
def shipped() -> tuple[Arrangement, ...]:
    """The arrangements that ship, by year."""
    folder = files("projections.rules") / "calendars"
    found = sorted((one for one in folder.iterdir() if one.name.endswith(".toml")), key=lambda one: one.name)
    return tuple(parse_arrangement(one.read_text(encoding="utf-8"), one.name) for one in found)


@cache
def shipped_calendar() -> Calendar:
    """The calendar of the years that ship; a database may know more: `projections.store.calendar`."""
    return Calendar({day: one for arrangement in shipped() for day, one in arrangement.days().items()})


def _span(holiday: _Holiday) -> Iterator[date]:
    day = holiday.first
    while day <= holiday.last:
        yield day
        day += _DAY
