"""What a case adds to the day of its grid, to the load of grid and worker, and to the units it whistled for."""

from __future__ import annotations

from collections.abc import Iterator

from projections.case_state import Case
from projections.family import Share, Tally, day_of

case_day = Tally(
    "case_day",
    ("place", "day"),
    (
        "discovered",
        "dispatched",
        "accepted",
        "handled",
        "handled_in_grid",
        "whistled",
        "replied",
        "rated",
        "satisfied",
        "looked_up",
        "reopened",
        "withdrawn",
        "done",
    ),
)
case_kind = Tally(
    "case_kind",
    ("place", "category", "channel", "demand", "day"),
    ("discovered", "handled", "resolved", "rated", "satisfied", "reopened", "withdrawn"),
)
grid_load = Tally("grid_load", ("place",), ("open", "emergency", "urgent", "ordinary"))
worker_load = Tally("worker_load", ("person",), ("open", "emergency", "urgent", "ordinary"))
worker_day = Tally("worker_day", ("person", "day"), ("dispatched", "accepted", "handled"))
unit_day = Tally("unit_day", ("unit", "day"), ("called", "lead", "reported", "handled", "resolved"))
TALLIES = (case_day, case_kind, grid_load, worker_load, worker_day, unit_day)


def contribute(case: Case) -> Iterator[Share]:
    """A case counts where it is (last dispatch, else place) from its discovery on."""
    if case.discovered_at is not None and case.counted_at:
        yield _discovered_that_day(case, case.counted_at)
        yield _of_its_kind(case, case.counted_at)
        if case.handled_at is not None:
            yield case_day.share(case.counted_at, day_of(case.handled_at), done=1)
        if case.is_open:
            yield from _load(case, case.counted_at)
    if case.assignee and case.dispatched_at:
        yield worker_day.share(
            case.assignee,
            day_of(case.dispatched_at),
            dispatched=1,
            accepted=case.accepted_at is not None,
            handled=case.first_handled_at is not None,
        )
    for owed in case.obligations:
        if owed.began:
            yield unit_day.share(
                owed.unit,
                day_of(owed.began),
                called=1,
                lead=owed.part == "lead",
                reported=owed.reported_at is not None,
                handled=owed.handled_at is not None,
                resolved=bool(owed.resolved),
            )


def _discovered_that_day(case: Case, place: str) -> Share:
    """What became of the cases that were discovered on one day (the funnel); `done` counts by its own day."""
    assert case.discovered_at is not None
    answers = [rating.satisfaction for rating in case.ratings if rating.satisfaction]
    handled = case.handled_at is not None
    return case_day.share(
        place,
        day_of(case.discovered_at),
        discovered=1,
        dispatched=case.dispatched_at is not None,
        accepted=case.accepted_at is not None,
        handled=handled,
        handled_in_grid=handled and not case.obligations,
        whistled=case.whistled_at is not None,
        replied=case.replied_at is not None,
        rated=bool(answers),
        satisfied=answers[-1:] == ["satisfied"],
        looked_up=case.lookups > 0,
        reopened=case.reopens > 0,
        withdrawn=case.withdrawn_at is not None,
    )


def _of_its_kind(case: Case, place: str) -> Share:
    assert case.discovered_at is not None
    answers = [rating.satisfaction for rating in case.ratings if rating.satisfaction]
    return case_kind.share(
        place,
        case.category or "",
        case.channel or "",
        case.demand or "",
        day_of(case.discovered_at),
        discovered=1,
        handled=case.handled_at is not None,
        resolved=case.handled_at is not None and bool(case.resolved),
        rated=bool(answers),
        satisfied=answers[-1:] == ["satisfied"],
        reopened=case.reopens > 0,
        withdrawn=case.withdrawn_at is not None,
    )


def _load(case: Case, place: str) -> Iterator[Share]:
    urgency = {case.urgency or "ordinary": 1}
    yield grid_load.share(place, open=1, **urgency)
    if case.assignee and case.assignee.startswith("person/"):
        yield worker_load.share(case.assignee, open=1, **urgency)
