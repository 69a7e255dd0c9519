"""The working-day calendar: what was arranged, how working days are counted, and what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.family import SHANGHAI
from projections.rules import CalendarRefused, shipped_calendar
from projections.rules.calendar import parse_arrangement, shipped

CALENDAR = shipped_calendar()
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2026, 6, 1), timezones=st.sampled_from([UTC, SHANGHAI]))
SOUND = """
year = 2027
source = "an arrangement"
[[holidays]]
name = "元旦"
first = 2027-01-01
last = 2027-01-03
work = [2027-01-09]
"""


def at(text: str) -> datetime:
    """`2024-05-10 17:30` in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(("year", "days"), [(2024, 251), (2025, 248), (2026, 248)])
def test_a_year_has_the_working_days_that_were_announced(year: int, days: int) -> None:
    (arrangement,) = [one for one in shipped() if one.year == year]
    assert sum(day.is_working for day in arrangement.days().values()) == days
    assert len(arrangement.days()) == (date(year + 1, 1, 1) - date(year, 1, 1)).days


@pytest.mark.parametrize(
    ("day", "is_working"),
    [
        ("2024-05-11", True),  # a Saturday, worked for the Labour Day holidays
        ("2024-05-12", False),  # the Sunday after it
        ("2024-05-01", False),  # a Wednesday off
        ("2024-02-09", True),  # New Year's Eve was no holiday that year
        ("2025-09-28", True),
        ("2025-10-08", False),
        ("2026-01-04", True),
        ("2026-02-23", False),
    ],
)
def test_holidays_and_make_up_days(day: str, is_working: bool) -> None:
    assert CALENDAR.is_working_day(date.fromisoformat(day)) is is_working


@pytest.mark.parametrize(
    ("received", "days", "due"),
    [
        ("2024-05-09 08:00", 1, "2024-05-11 00:00"),  # Thursday: due when Friday ends
        ("2024-05-10 17:30", 1, "2024-05-12 00:00"),  # Friday: the Saturday is worked
        ("2024-05-10 17:30", 2, "2024-05-14 00:00"),
        ("2024-05-11 09:00", 1, "2024-05-14 00:00"),  # the day of receipt does not count, though it is worked
        ("2024-04-30 23:59", 5, "2024-05-11 00:00"),  # over the holidays: 6 to 10 May
        ("2024-04-30 23:59", 6, "2024-05-12 00:00"),
        ("2024-05-10 17:30", 0, "2024-05-11 00:00"),
        ("2024-05-04 10:00", 0, "2024-05-07 00:00"),  # on a holiday: the first working day after it
    ],
)
def test_working_days_are_counted_from_the_day_after_to_its_end(received: str, days: int, due: str) -> None:
    assert CALENDAR.working_days_after(at(received), days) == at(due)


@given(MOMENTS, st.integers(1, 40))
def test_law_so_many_working_days_lie_between(moment: datetime, days: int) -> None:
    due = CALENDAR.working_days_after(moment, days)
    first = moment.astimezone(SHANGHAI).date()
    between = [first + timedelta(days=number) for number in range(1, (due.date() - first).days)]
    assert sum(map(CALENDAR.is_working_day, between)) == days
    assert CALENDAR.is_working_day(between[-1]), "it ends with a working day"
    assert due - moment > timedelta(days=days), "the least that the clock's scan relies on"


@given(MOMENTS, st.integers(0, 20), st.integers(0, 20))
def test_law_later_receipt_or_more_days_are_never_due_earlier(moment: datetime, days: int, more: int) -> None:
    due = CALENDAR.working_days_after(moment, days)
    assert CALENDAR.working_days_after(moment, days + more) >= due
    assert CALENDAR.working_days_after(moment + timedelta(hours=more), days) >= due


def test_a_year_that_is_not_loaded_is_refused_with_what_to_do() -> None:
    with pytest.raises(CalendarRefused, match=r"calendar of 2027 is loaded\. .*shanzhi calendar load FILE"):
        CALENDAR.working_days_after(at("2026-12-31 10:00"), 1)
    with pytest.raises(CalendarRefused, match="2023"):
        CALENDAR.is_working_day(date(2023, 12, 31))


def test_a_file_of_a_further_year_is_read() -> None:
    days = parse_arrangement(SOUND).days()
    assert [days[date(2027, 1, day)].is_working for day in (1, 3, 4, 9, 10)] == [False, False, True, True, False]
    assert days[date(2027, 1, 9)].note == "元旦调休"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("last = 2027-01-03", "last = 2026-12-31", "2026-12-31 is no day of 2027|ends before it begins"),
        ("work = [2027-01-09]", "work = [2028-01-08]", "2028-01-08 is no day of 2027"),
        ("work = [2027-01-09]", "work = [2027-01-08]", "2027-01-08 is worked anyway"),
        ("work = [2027-01-09]", "work = [2027-01-02]", "2027-01-02 is named twice"),
        ("work = [2027-01-09]", "worked = []", "unknown field `worked`"),
        ("last = 2027-01-03\n", "", "missing required field `last`"),
        ("year = 2027", "year = ", "Invalid value"),
    ],
)
def test_what_is_no_arrangement_is_refused(old: str, new: str, message: str) -> None:
    assert old in SOUND
    with pytest.raises(CalendarRefused, match=message):
        parse_arrangement(SOUND.replace(old, new))
