"""Periods as people write them: 2024, 2024-05, 2024-05-11, or two of these with `..` between."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from msgspec import Struct

from ledger.errors import ShanzhiError
from projections.family import SHANGHAI, day_of

_DAYS = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?\Z", re.ASCII)


class QuestionRefused(ShanzhiError):
    """A question can't be answered as it was put."""

    exit_code = 3


class Period(Struct, frozen=True):
    """Days in Asia/Shanghai, both ends included."""

    first: date
    last: date

    @property
    def starts(self) -> datetime:
        """The first moment."""
        return datetime(self.first.year, self.first.month, self.first.day, tzinfo=SHANGHAI)

    @property
    def ends(self) -> datetime:
        """The first moment after."""
        return datetime(self.last.year, self.last.month, self.last.day, tzinfo=SHANGHAI) + timedelta(days=1)

    @property
    def last_month(self) -> date:
        """The first day of the last month."""
        return self.last.replace(day=1)

    def in_whole_months(self) -> Period:
        """The same period, for rules that measure months. Raises `QuestionRefused` for parts of a month."""
        if self.first.day != 1 or (self.last + timedelta(days=1)).day != 1:
            raise QuestionRefused(
                f"{self.first}..{self.last} is not made of whole months",
                "This rule measures months: ask for 2024, 2024-05 or 2024-03..2024-05.",
            )
        return self


def parse_period(text: str) -> Period:
    """The period that a text names. Raises `QuestionRefused`."""
    first, _, last = text.partition("..")
    begin, end = _days(first, text), _days(last or first, text)
    if end.last < begin.first:
        raise QuestionRefused(f"The period {text} ends before it begins", "Write the earlier one first.")
    return Period(begin.first, end.last)


def month_of(time: datetime) -> Period:
    """The month in Asia/Shanghai that a time lies in."""
    return parse_period(day_of(time).isoformat()[:7])


def _days(text: str, whole: str) -> Period:
    if match := _DAYS.match(text):
        year, month, day = (int(part) if part else None for part in match.groups())
        try:
            first = date(year or 0, month or 1, day or 1)
            last = first if day else _last_day(first, 1 if month else 12)
        except (ValueError, OverflowError):
            pass
        else:
            return Period(first, last)
    raise QuestionRefused(f"“{whole}” is no period", "Write 2024, 2024-05, 2024-05-11 or 2024-03..2024-05.")


def _last_day(first: date, months: int) -> date:
    years, month = divmod(first.month - 1 + months, 12)
    return date(first.year + years, month + 1, 1) - timedelta(days=1)
