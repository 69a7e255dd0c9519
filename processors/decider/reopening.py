"""Answers to reopen requests 申请重办: open again within the window, later a new case that continues the old one."""

from __future__ import annotations

from datetime import datetime

from processors.decider.answer import Answer, Told, Undecided
from processors.decider.asked import CONTINUED_BY, Asked
from processors.decider.desk import CONTINUED, Desk
from processors.decider.dispatching import NO_DUE, handle_due
from processors.decider.ground import name_of
from projections.case_state import Case


def reopen(asked: Asked, desk: Desk) -> Answer:
    """Judged by the time of the request. Raises `Undecided` where the case is unknown."""
    case = desk.cases.get(asked.subject)
    if case is None or case.discovered_at is None:
        raise Undecided("the case was not discovered")
    told = desk.told[asked.subject]
    if told & {"case.reopened", CONTINUED}:
        return Answer("answered already")
    if case.is_open:
        return Answer("still open")
    if is_within_the_window(case, asked.time, desk):
        told.add("case.reopened")
        due = handle_due(case, max(desk.now, asked.time), desk.ground)
        data = {"rule": name_of(desk.ground.clocks)} | ({"handle_due": due} if due else {})
        outcome = "reopened" if due else f"reopened, {NO_DUE}"
        return Answer(outcome, (Told("case.reopened", asked.subject, data, asked.subject),))
    onward = desk.continued.get(asked.subject)
    if onward and (onward not in desk.cases or desk.cases[onward].is_open):
        return Answer(f"{onward} continues it already")
    told.add(CONTINUED)
    new = f"case/{asked.answer_id('case.discovered')}"
    return Answer(f"{CONTINUED_BY}{new}", (Told("case.discovered", new, _continued(case, asked, desk), asked.subject),))


def is_within_the_window(case: Case, requested_at: datetime, desk: Desk) -> bool:
    """Of the last handling or closing; what was refused, merged or withdrawn without either has no window."""
    ended = [at for at in (case.handled_at, case.closed_at) if at is not None]
    return bool(ended) and requested_at - max(ended) <= desk.ground.clocks.parameters.reopen_window


def _continued(case: Case, asked: Asked, desk: Desk) -> dict[str, object]:
    """The old case told anew; its text stays sealed where it was, and is read there."""
    location = desk.locations.get(asked.subject)
    kept = {
        "channel": case.channel,
        "demand": case.demand,
        "category": case.category,
        "urgency": case.urgency,
        "class": case.handle_class,
        "place": case.place,
        "location": location and {"longitude": location.longitude, "latitude": location.latitude},
        "reporter": case.reporter,
        "about": case.about,
        "first_responsible": case.first_responsible,
        "continues": asked.subject,
        "text": f"续办 {asked.subject}：申请重办时已过重办时限 · continues it, asked for after the window",
    }
    return {name: value for name, value in kept.items() if value is not None}
