"""The calendar of a database: years that ship, and years that somebody loaded."""

from __future__ import annotations

from datetime import date
from typing import Any

from projections.rules.calendar import Arrangement, Calendar, Day, shipped


def load_shipped(cursor: Any) -> None:
    """Loads the years that ship and are missing; a year that somebody loaded stays as it is. Two callers may."""
    for arrangement in shipped():
        if not _has(cursor, arrangement.year):
            _insert(cursor, arrangement, "on conflict (day) do nothing")


def lacks_shipped(cursor: Any) -> bool:
    """Whether a year that ships was never loaded."""
    return not all(_has(cursor, arrangement.year) for arrangement in shipped())


def load_year(cursor: Any, arrangement: Arrangement) -> None:
    """Loads a year, or replaces it where the arrangement was amended. Clocks that ran out stay run out."""
    update = "is_working = excluded.is_working, note = excluded.note"
    _insert(cursor, arrangement, f"on conflict (day) do update set {update}")


def calendar_of(cursor: Any) -> Calendar:
    """All loaded years."""
    cursor.execute("select day, is_working, note from shanzhi.calendar_day")
    return Calendar({day: Day(is_working, note) for day, is_working, note in cursor.fetchall()})


def days_between(cursor: Any, first: date, last: date) -> list[tuple[date, bool, str | None]]:
    """The loaded days of a period, both ends included: day, whether it is worked, note."""
    cursor.execute(
        "select day, is_working, note from shanzhi.calendar_day where day between %s and %s order by day",
        (first, last),
    )
    return list(cursor.fetchall())


def _has(cursor: Any, year: int) -> bool:
    cursor.execute("select exists (select from shanzhi.calendar_day where day = %s)", (date(year, 1, 1),))
    return bool(cursor.fetchone()[0])


def _insert(cursor: Any, arrangement: Arrangement, conflict: str) -> None:
    days = arrangement.days()
    cursor.execute(
        "insert into shanzhi.calendar_day (day, is_working, note) "
        f"select * from unnest(%s::date[], %s::boolean[], %s::text[]) {conflict}",
        (list(days), [day.is_working for day in days.values()], [day.note for day in days.values()]),
    )
