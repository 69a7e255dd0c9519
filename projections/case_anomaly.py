"""What makes no sense in the stream of a case: kept with its position, never refused."""

from __future__ import annotations

from ledger.events import case as said
from ledger.record import Record
from projections.case_state import Case, CaseEvent
from projections.family import LIST_ITEMS, Fired

_NEEDS_NOTHING = (said.CaseDiscovered,)


def anomaly(case: Case, record: Record[CaseEvent]) -> str | None:
    """Why the event makes no sense for this case as it was before; None where it does."""
    event = record.event
    if case.discovered_at is None:
        return None if isinstance(event, _NEEDS_NOTHING) else "came before the case was discovered"
    match event:
        case said.CaseDiscovered():
            return "discovered twice"
        case said.CaseRated():
            return _too_many(case.ratings) or ("rated before it was handled" if case.first_handled_at is None else None)
        case said.CaseAccepted(by=by):
            return _accepted(case, by)
        case said.CaseDeclined(by=by) if by is not None and by != case.assignee:
            return "declined by somebody who did not have it"
        case said.CaseOverdue(clock=clock, key=key, due=due):
            return _too_many(case.fired) or ("overdue twice" if Fired(clock, key or "", due) in case.fired else None)
        case said.CaseWhistled():
            return _whistled(case, event)
        case said.CaseReported(whistle=whistle, unit=unit):
            return _reported(case, whistle, unit)
        case said.CaseHandled():
            return _handled(case, event)
        case said.CaseReopened() if case.first_handled_at is None and case.is_open:
            return "reopened before it was handled"
        case said.CaseResumed() if not any(pause.until is None for pause in case.pauses):
            return "resumed without being paused"
        case said.CasePaused():
            return _too_many(case.pauses) or (
                "paused twice" if any(pause.until is None for pause in case.pauses) else None
            )
        case said.CaseDisputed():
            return _too_many(case.disputes)
        case said.CaseDisputeRuled() if not any(one.upheld is None for one in case.disputes):
            return "ruled without a dispute"
        case said.CaseDispatched() if not case.is_open:
            return "dispatched when it was not open"
    return None


def _accepted(case: Case, by: str | None) -> str | None:
    if case.dispatched_at is None:
        return "accepted before it was dispatched"
    if by is not None and by != case.assignee:
        return "accepted by somebody who did not have it"
    return "accepted twice" if case.accepted_at else None


def _whistled(case: Case, event: said.CaseWhistled) -> str | None:
    known = {(one.whistle, one.unit) for one in case.obligations}
    new = {called.unit for called in event.units if (event.whistle, called.unit) not in known}
    return _too_many(case.obligations, len(new)) if new else None


def _reported(case: Case, whistle: str, unit: str) -> str | None:
    owed = next((one for one in case.obligations if (one.whistle, one.unit) == (whistle, unit)), None)
    if owed is None:
        return _too_many(case.obligations) or "reported without being whistled"
    return "reported twice to one whistle" if owed.reported_at else None


def _handled(case: Case, event: said.CaseHandled) -> str | None:
    if event.whistle is None:
        return "handled twice" if case.handled_at else None
    owed = next((one for one in case.obligations if (one.whistle, one.unit) == (event.whistle, event.by)), None)
    if owed is None:
        return _too_many(case.obligations) or "handled by a unit that was not whistled"
    return "handled twice by one unit" if owed.handled_at else None


def _too_many(items: tuple[object, ...], more: int = 1) -> str | None:
    return f"over {LIST_ITEMS} in one list of the case" if len(items) + more > LIST_ITEMS else None
