"""Dispatch 智能派单: from a case and the desk to `case.dispatched`, with its explanation and its due times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from processors.decider.answer import Answer, Told, Undecided
from processors.decider.asked import Asked
from processors.decider.atlas import Atlas
from processors.decider.choice import Choice, Matter, choose
from processors.decider.desk import Desk
from processors.decider.ground import Ground, name_of
from projections.case_state import Case
from projections.rules import CalendarRefused
from projections.rules.due import end_of

_TIERS = ("grid", "building", "estate")
_DESKS = ("community", "town", "county")
_CANDIDATES_AT_MOST = 200
_WITHOUT_A_CLASS = "complaint"
NO_DUE = "without a due: that year's calendar is not loaded"


def dispatch(asked: Asked, desk: Desk) -> Answer:
    """Who gets the case, or why nobody has to. Raises `Undecided` where the county has no place for it."""
    case = desk.cases.get(asked.subject)
    if case is None or case.discovered_at is None:
        raise Undecided("the case was not discovered")
    if not case.is_open:
        return Answer("no longer open")
    if case.assignee is not None or "case.dispatched" in desk.told[asked.subject]:
        return Answer("dispatched already")
    grid = desk.grids.get(asked.subject)
    choice = _choice(case, grid or case.place, desk)
    if choice is None:
        raise Undecided("no place of the county can take it")
    at = max(desk.now, asked.time)
    desk.give(choice.to, asked.subject, at)
    data = _data(case, choice, grid, at, desk.ground)
    told = Told("case.dispatched", asked.subject, data, asked.subject)
    return Answer(f"to {choice.to}" if "handle_due" in data else f"to {choice.to}, {NO_DUE}", (told,))


def places_asked(case: Case, grid: str | None, atlas: Atlas) -> list[str]:
    """Whose staff has to be known: the place and what lies above it, in the end the county."""
    return _chain(grid or case.place, atlas)


def _chain(place: str | None, atlas: Atlas) -> list[str]:
    """Upward to the county, also where the registry does not lead there yet."""
    chain = list(atlas.upward(place))
    return chain if atlas.root is None or atlas.root in chain else [*chain, atlas.root]


def handle_due(case: Case, since: datetime, ground: Ground) -> datetime | None:
    """When a case that nobody stamped a due on has to be handled.

    None where that lies in a year whose calendar is not loaded: people must not wait for it, and the clock does.
    """
    span_class = case.handle_class or case.demand or _WITHOUT_A_CLASS
    try:
        return end_of(ground.spans["case", "handle", span_class], since, ground.calendar)
    except CalendarRefused:
        return None


def _choice(case: Case, place: str | None, desk: Desk) -> Choice | None:
    atlas, roles = desk.ground.atlas, desk.ground.dispatch.parameters.staff
    chain = _chain(place, atlas)
    matter = Matter(case.about, desk.staff.unit_of_person(case.about), frozenset(case.declined_by))
    return choose(
        matter,
        [desk.staff.tier(one, roles, desk.now) for one in chain if atlas.level(one) in _TIERS],
        desk.staff.unit_of(one for one in chain if atlas.level(one) not in ("town", "county")),
        [desk.staff.desk(one, desk.now) for one in chain if atlas.level(one) in _DESKS],
    )


def _data(case: Case, choice: Choice, grid: str | None, at: datetime, ground: Ground) -> Mapping[str, object]:
    since = case.reopened_at or case.discovered_at or at
    data: dict[str, object] = {
        "to": choice.to,
        "sign_in_due": end_of(ground.spans["case", "sign_in", ""], at, ground.calendar),
        "rule": name_of(ground.dispatch),
        "candidates": [
            {"person": one.person, "load": round(one.load)} for one in choice.candidates[:_CANDIDATES_AT_MOST]
        ],
    }
    if due := case.handle_due or handle_due(case, since, ground):
        data["handle_due"] = due
    if grid:
        data["grid"] = grid
    if choice.is_marked:
        data["nobody"] = True
    return data
