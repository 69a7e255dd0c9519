"""When a clock runs out: pure, by the rule, the calendar and the pauses. SQL's `due_with_pauses` is equal to this."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from projections.family import Deadline
from projections.rules.calendar import Calendar
from projections.rules.clocks import Span, SpanKey, WorkingDays

Pause = tuple[datetime, datetime | None]


def due_of(family: str, deadline: Deadline, spans: Mapping[SpanKey, Span], calendar: Calendar) -> datetime | None:
    """When the deadline runs out: its stamped due, else by its span, and later by all time that it stood still.

    None while it is paused before its due, or where neither a due was stamped nor a span is known. Raises
    `CalendarRefused` where a span in working days reaches into a year that is not loaded.
    """
    due = deadline.due
    if due is None:
        span = spans.get((family, deadline.clock, deadline.span_class))
        if span is None:
            return None
        due = end_of(span, deadline.started_at, calendar)
    return due_with_pauses(due, deadline.started_at, deadline.pauses)


def end_of(span: Span, started_at: datetime, calendar: Calendar) -> datetime:
    """When a span that nothing interrupts is over. Raises as `due_of`."""
    if isinstance(span, WorkingDays):
        return calendar.working_days_after(started_at, span.days)
    return started_at + span


def least_of(span: Span) -> timedelta:
    """No span ends earlier than this after its start: n working days are n whole days and the rest of the first."""
    return timedelta(days=span.days) if isinstance(span, WorkingDays) else span


def due_with_pauses(due: datetime, started_at: datetime, pauses: Iterable[Pause]) -> datetime | None:
    """The due moved on by the pauses that began before it ran out; None where one of these has no end.

    The last moment that counts as in time: `is_in_time(done_at, …)` in SQL holds up to it.
    """
    stood_still = timedelta(0)
    for since, until in _apart(pauses, started_at):
        if since > due + stood_still:
            break
        if until is None:
            return None
        stood_still += until - since
    return due + stood_still


def _apart(pauses: Iterable[Pause], started_at: datetime) -> list[Pause]:
    """From the start on, in order, without overlaps: what lies in two pauses counts once."""
    apart: list[Pause] = []
    for since, until in sorted(pauses, key=lambda pause: pause[0]):
        since = max(since, started_at)
        if until is not None and until <= since:
            continue
        if apart and (apart[-1][1] is None or since <= apart[-1][1]):
            before, end = apart.pop()
            since, until = before, None if end is None or until is None else max(end, until)
        apart.append((since, until))
    return apart
