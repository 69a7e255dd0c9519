"""The clocks that run on an entity, and when they run out: as the clock itself computes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from projections.family import Deadline
from projections.read.answer import reading
from projections.rules import CalendarRefused
from projections.rules.clocks import Clocks, spans
from projections.rules.due import due_of
from projections.rules.force import in_force
from projections.store.calendar import calendar_of
from projections.store.generation import current_generation
from readers.tables import Tables

_RUNNING = """
select clock, key, holder, started_at, recorded_at, span_class, due, pauses::text
from deadline where subject = %s order by coalesce(due, started_at), clock, key
"""
_pauses = msgspec.json.Decoder(tuple[tuple[datetime, datetime | None], ...])


@dataclass(frozen=True)
class Running:
    """A clock. `due` is None while it is paused, and where no rule knows its span."""

    clock: str
    key: str
    holder: str | None
    started_at: datetime
    due: datetime | None
    is_paused: bool
    is_late: bool


def running(tables: Tables, subject: str, now: datetime) -> list[Running]:
    """The clocks of a subject, the next to run out first. Raises `OutcomeUnknown`."""
    with tables.connection() as connection:
        generation = current_generation(connection)
        with reading(connection, generation) as cursor:
            cursor.execute(_RUNNING, (subject,))
            deadlines = [_deadline(*row) for row in cursor.fetchall()]
            if not deadlines:
                return []
            calendar = calendar_of(cursor)
            found = []
            for one in deadlines:
                rule = in_force(cursor, generation, Clocks, one.started_at).parameters
                try:
                    due = due_of(subject.partition("/")[0], one, spans(rule), calendar)
                except CalendarRefused:  # a span in working days of a year that is not arranged yet
                    due = None
                found.append(_running(one, due, now))
    return sorted(found, key=lambda one: (one.due is None, one.due or one.started_at, one.clock, one.key))


def _running(deadline: Deadline, due: datetime | None, now: datetime) -> Running:
    is_paused = any(until is None for _, until in deadline.pauses)
    is_late = due is not None and due < now
    return Running(deadline.clock, deadline.key, deadline.holder, deadline.started_at, due, is_paused, is_late)


def _deadline(
    clock: str, key: str, holder: str | None, started_at: datetime, recorded_at: datetime, span_class: str,
    due: datetime | None, pauses: str,
) -> Deadline:  # fmt: skip
    return Deadline(
        clock=clock, key=key, holder=holder, started_at=started_at, recorded_at=recorded_at, span_class=span_class,
        due=due, pauses=_pauses.decode(pauses),
    )  # fmt: skip
