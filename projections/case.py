"""case 诉求: from 发现 to 评价, the clocks stamped on the way, and what units owe to whistles.

The fold takes the order of the ledger: the last dispatch, plan or verdict holds, the first sign-in and the
first report to a whistle count. Whatever comes too early is kept and completed when the rest arrives. A whistle to a
unit that was replaced since stands: what it owes is its own, and only reads say that it is gone.
"""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from ledger.events import case as said
from ledger.fields import Photo
from ledger.record import Record
from projections.case_anomaly import anomaly
from projections.case_clocks import deadlines
from projections.case_requests import react
from projections.case_state import Case, CaseEvent, Dispute, Obligation, Pause, Rating, capped
from projections.case_tallies import TALLIES, contribute
from projections.family import Fired

VERSION = 3

__all__ = ["TALLIES", "VERSION", "Case", "anomaly", "contribute", "deadlines", "evolve", "react"]


def evolve(case: Case, record: Record[CaseEvent]) -> Case:
    """The case after one more event; the seven steps stand first, being nearly all of them."""
    time = record.time
    match record.event:
        case said.CaseDiscovered() as event:
            return _discovered(case, record, event)
        case said.CaseDispatched() as event:
            return _dispatched(case, record, event)
        case said.CaseAccepted():
            return replace(case, accepted_at=case.accepted_at or time)
        case said.CaseHandled() as event:
            return _handled(case, record, event)
        case said.CaseReplied():
            return replace(case, replied_at=time)
        case said.CaseRated() as event:
            return replace(case, ratings=capped(case.ratings, _rating(record, event)))
        case said.CaseWhistled() as event:
            return _whistled(case, record, event)
        case said.CaseReported(whistle=whistle, unit=unit):
            owed = _owed(case, whistle, unit)
            return _owing(case, replace(owed, reported_at=owed.reported_at or time))
        case said.CaseDeliberated():
            return replace(case, deliberated_at=case.deliberated_at or time)
        case said.CaseClosed():
            return replace(case, closed_at=time, closed_by=record.authid)
        case said.CaseWhistleRequested():
            return replace(case, whistle_requested_at=case.whistle_requested_at or time)
        case said.CaseDeclined(by=by):
            return _declined(case, by)
        case said.CaseLookedUp():
            return replace(case, looked_up_at=time, lookups=case.lookups + 1)
        case said.CaseReopenRequested():
            return replace(case, reopen_requested_at=time)
        case said.CaseReopened() as event:
            return _reopened(case, record, event)
        case said.CaseExtended(handle_due=due):
            return replace(case, handle_due=due, extensions=case.extensions + 1)
        case said.CasePaused():
            return replace(case, pauses=capped(case.pauses, Pause(time, None)))
        case said.CaseResumed():
            pauses = tuple(one if one.until else replace(one, until=time) for one in case.pauses)
            return replace(case, pauses=pauses)
        case said.CaseDisputed(by=by, about=about):
            return replace(case, disputes=capped(case.disputes, Dispute(by, about, time, None)))
        case said.CaseDisputeRuled(upheld=upheld):
            return replace(case, disputes=tuple(_ruled(one, upheld) for one in case.disputes))
        case said.CaseSupervised(tier=tier):
            return replace(case, supervised_by=tier, supervised_at=time)
        case said.CaseEscalated(to=to):
            return replace(case, escalated_to=to, escalated_at=time)
        case said.CaseOverdue(clock=clock, key=key, due=due):
            return replace(case, fired=capped(case.fired, Fired(clock, key or "", due)))
        case said.CaseRefused():
            return replace(case, refused_at=time)
        case said.CaseMerged(into=into):
            return replace(case, merged_into=into, merged_at=time)
        case said.CaseExcluded():
            return replace(case, excluded_at=time)
        case said.CaseWithdrawn():
            return replace(case, withdrawn_at=time)
        case _:
            assert_never(record.event)


def _discovered(case: Case, record: Record[CaseEvent], event: said.CaseDiscovered) -> Case:
    return replace(
        case,
        source=record.source,
        event_id=record.id,
        discovered_at=case.discovered_at or record.time,
        recorded_at=case.recorded_at or record.stamp,
        channel=event.channel,
        demand=event.demand,
        category=event.category,
        urgency=event.urgency,
        handle_class=event.handle_class,
        place=event.place,
        text=event.text,
        location=event.location,
        reporter=event.reporter,
        about=event.about,
        first_responsible=event.first_responsible,
        continues=event.continues,
        external_system=event.external.system if event.external else None,
        external_number=event.external.number if event.external else None,
        photos=len(event.photos),
        fingerprints=_seen(case, event.photos),
        discovered_by=record.authid,
    )


def _dispatched(case: Case, record: Record[CaseEvent], event: said.CaseDispatched) -> Case:
    return replace(
        case,
        dispatched_at=record.time,
        dispatches=case.dispatches + 1,
        assignee=event.to,
        grid=event.grid or case.grid,
        sign_in_due=event.sign_in_due,
        handle_due=event.handle_due or case.handle_due,
        dispatch_rule=event.rule,
        dispatch_recorded_at=record.stamp,
        accepted_at=None,
    )


def _declined(case: Case, by: str | None) -> Case:
    """Who gives back what somebody else holds by now only says so."""
    who = by or case.assignee
    known = case.declined_by if who is None or who in case.declined_by else capped(case.declined_by, who)
    case = replace(case, declined=case.declined + 1, declined_by=known)
    return replace(case, assignee=None, accepted_at=None) if who == case.assignee else case


def _handled(case: Case, record: Record[CaseEvent], event: said.CaseHandled) -> Case:
    """A called unit's handling fulfils its own part; the whole case is handled by the lead or in the grid."""
    case = replace(case, fingerprints=_seen(case, event.photos))
    if event.whistle is None:
        return _settled(case, record.time, event.by, event.resolved)
    owed = _owed(case, event.whistle, event.by)
    first = owed.handled_at if owed.resolved else None  # what did not resolve it is made good by what does
    done = replace(owed, handled_at=first or record.time, resolved=event.resolved or owed.resolved)
    case = _owing(case, done)
    return _settled(case, record.time, event.by, event.resolved) if done.part == "lead" else case


def _whistled(case: Case, record: Record[CaseEvent], event: said.CaseWhistled) -> Case:
    for called in event.units:
        before = _owed(case, event.whistle, called.unit)
        owed = replace(
            before,
            part=called.part,
            kind=event.kind,
            began=record.time,
            report_due=event.report_due,
            handle_due=event.handle_due,
            recorded_at=record.stamp,
        )
        case = _owing(case, owed)
        if called.part == "lead" and before.began is None:
            case = _settled_early(case, before)
    return replace(case, whistled_at=case.whistled_at or record.time)


def _settled(case: Case, time: datetime, by: str, resolved: bool) -> Case:
    if case.first_handled_at is None:
        case = replace(case, first_handled_at=time, first_handle_due=case.handle_due)
    return replace(case, handled_at=time, handled_by=by, resolved=resolved)


def _settled_early(case: Case, owed: Obligation) -> Case:
    """The lead's handling came before its whistle: it holds unless the case was handled or reopened after it."""
    time = owed.handled_at
    if time is None or case.handled_at or (case.reopened_at and case.reopened_at >= time):
        return case
    return _settled(case, time, owed.unit, bool(owed.resolved))


def _reopened(case: Case, record: Record[CaseEvent], event: said.CaseReopened) -> Case:
    """The handle clock starts anew: a due of before holds no longer once it has passed."""
    due = case.handle_due if case.handle_due and case.handle_due > record.time else None
    return replace(
        case,
        reopened_at=record.time,
        reopen_recorded_at=record.stamp,
        reopens=case.reopens + 1,
        refused_at=None,
        merged_at=None,
        merged_into=None,
        withdrawn_at=None,
        handled_at=None,
        handled_by=None,
        resolved=None,
        closed_at=None,
        closed_by=None,
        handle_due=event.handle_due or due,
    )


def _rating(record: Record[CaseEvent], event: said.CaseRated) -> Rating:
    answers = (event.reached, event.contacted, event.resolved, event.satisfaction)
    return Rating(event.by, record.time, *answers, authid=record.authid)


def _ruled(dispute: Dispute, upheld: bool) -> Dispute:
    return dispute if dispute.upheld is not None else replace(dispute, upheld=upheld)


def _owed(case: Case, whistle: str, unit: str) -> Obligation:
    for one in case.obligations:
        if one.whistle == whistle and one.unit == unit:
            return one
    return Obligation(whistle, unit)


def _owing(case: Case, owed: Obligation) -> Case:
    kept = tuple(owed if (one.whistle, one.unit) == (owed.whistle, owed.unit) else one for one in case.obligations)
    return replace(case, obligations=kept if owed in kept else capped(case.obligations, owed))


def _seen(case: Case, photos: tuple[Photo, ...]) -> tuple[str, ...]:
    """Fingerprints of the case's photos: the same photo used again is found by them."""
    seen = case.fingerprints
    for photo in photos:
        seen = capped(seen, photo.fingerprint)
    return seen
