"""The clocks that run on a case: dispatch, sign-in and handling, and what each called unit owes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from projections.case_state import Case, Obligation
from projections.family import Deadline, running

Pauses = tuple[tuple[datetime, datetime | None], ...]
_WITHOUT_A_CLASS = "complaint"


def deadlines(case: Case) -> Iterator[Deadline]:
    """The clocks that still run. None of an ended case; a called unit's stop with its own report and handling."""
    return running(_started(case), case.fired)


def _started(case: Case) -> Iterator[Deadline]:
    if not case.is_open:
        return
    pauses = tuple([(pause.since, pause.until) for pause in case.pauses])
    yield from _of_the_case(case, pauses)
    for owed in case.obligations:
        yield from _of_a_unit(owed, pauses)


def _of_the_case(case: Case, pauses: Pauses) -> Iterator[Deadline]:
    """A reopen starts the clock of handling anew; who was dispatched is late, a place (the desk) is nobody."""
    if case.discovered_at is None or case.recorded_at is None:
        return
    holder = case.assignee if case.assignee and not case.assignee.startswith("place/") else None
    if case.dispatched_at is None:
        yield Deadline(
            clock="dispatch",
            started_at=case.discovered_at,
            recorded_at=case.recorded_at,
            span_class=case.urgency or "ordinary",
            pauses=pauses,
        )
    elif case.assignee and case.accepted_at is None:
        yield Deadline(
            clock="sign_in",
            started_at=case.dispatched_at,
            recorded_at=case.dispatch_recorded_at or case.recorded_at,
            due=case.sign_in_due,
            holder=holder,
            pauses=pauses,
        )
    yield Deadline(
        clock="handle",
        started_at=case.reopened_at or case.discovered_at,
        recorded_at=case.reopen_recorded_at or case.recorded_at,
        span_class=case.handle_class or case.demand or _WITHOUT_A_CLASS,
        due=case.handle_due,
        holder=holder,
        pauses=pauses,
    )


def _of_a_unit(owed: Obligation, pauses: Pauses) -> Iterator[Deadline]:
    """Who has handled it has come; without a stamped due only reporting has a clock."""
    if owed.began is None or owed.recorded_at is None or owed.handled_at is not None:
        return
    if owed.reported_at is None:
        yield Deadline(
            clock="report",
            key=owed.key,
            started_at=owed.began,
            recorded_at=owed.recorded_at,
            span_class=owed.kind or "ordinary",
            due=owed.report_due,
            holder=owed.unit,
            pauses=pauses,
        )
    if owed.handle_due is not None:
        yield Deadline(
            clock="unit_handle",
            key=owed.key,
            started_at=owed.began,
            recorded_at=owed.recorded_at,
            due=owed.handle_due,
            holder=owed.unit,
            pauses=pauses,
        )
