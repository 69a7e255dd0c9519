"""What follows from a case's events: a dispatch, the answer to a reopen request, notices to those concerned."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.events import case as said
from ledger.record import Record
from projections.case_state import Case, CaseEvent
from projections.family import Request


def react(before: Case, after: Case, record: Record[CaseEvent]) -> Iterator[Request]:
    """Asks the decider; who brought an answer along (a case that was dispatched by its publisher) is not asked for."""
    match record.event:
        case said.CaseDiscovered() if before.discovered_at is None:
            yield from _dispatch(after)
        case said.CaseDeclined() | said.CaseReopened():
            yield from _dispatch(after)
        case said.CaseReopenRequested() if after.discovered_at is not None:
            yield Request(kind="reopen")
        case said.CaseDispatched(to=to) if to.startswith(("person/", "unit/")):
            yield _notice(record, to, "dispatched")
        case said.CaseWhistled(units=units):
            for called in units:
                yield _notice(record, called.unit, "whistled")
        case said.CaseHandled() if after.handled_at and before.handled_at is None and after.reporter:
            yield _notice(record, after.reporter, "handled")
        case said.CaseReplied() if before.replied_at is None and after.reporter:
            yield _notice(record, after.reporter, "replied")


def _dispatch(case: Case) -> Iterator[Request]:
    if case.is_open and case.assignee is None:
        yield Request(kind="dispatch")


def _notice(record: Record[CaseEvent], to: str, template: str) -> Request:
    return Request(kind="notice", key=to, details={"to": to, "about": record.subject, "template": template})
