"""pledge 践诺评诺: what a member pledged by when, whether it was kept, and how branch and residents reviewed it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from ledger.events.pledge import PledgeKept, PledgeMade, PledgeOverdue, PledgeReviewed
from ledger.record import Record
from projections.case_state import capped
from projections.family import LIST_ITEMS, Deadline, Fired, Share, State, Tally, day_of, running

VERSION = 1

_MEASURES = (
    "made",
    "kept",
    "kept_in_time",
    "reviewed",
    "branch_reviews",
    "branch_score",
    "branch_score_at_most",
    "resident_reviews",
    "resident_score",
    "resident_score_at_most",
)
pledge_day = Tally("pledge_day", ("place", "branch", "day"), _MEASURES)
pledge_person = Tally("pledge_person", ("person", "day"), _MEASURES)
TALLIES = (pledge_day, pledge_person)

PledgeEvent = PledgeMade | PledgeKept | PledgeReviewed | PledgeOverdue


class Review(Struct, frozen=True):
    """One review, by the branch or by residents, of 100."""

    by: str
    at: datetime
    score: int


class Pledge(State, frozen=True):
    """One pledge. `source` and `event_id` say where `text` was sealed."""

    source: str | None = None
    event_id: str | None = None
    made_at: datetime | None = None
    recorded_at: datetime | None = None
    person: str | None = None
    text: str | None = None
    due: datetime | None = None
    branch: str | None = None
    place: str | None = None
    kept_at: datetime | None = None
    reviews: tuple[Review, ...] = ()
    fired: tuple[Fired, ...] = ()


def evolve(pledge: Pledge, record: Record[PledgeEvent]) -> Pledge:
    """A pledge that is made again is worded anew from its first day on; it is kept once, and every review counts."""
    match record.event:
        case PledgeMade() as event:
            return replace(
                pledge,
                source=record.source,
                event_id=record.id,
                made_at=pledge.made_at or record.time,
                recorded_at=pledge.recorded_at or record.stamp,
                person=event.person,
                text=event.text,
                due=event.due,
                branch=event.branch,
                place=event.place,
            )
        case PledgeKept():
            return replace(pledge, kept_at=pledge.kept_at or record.time)
        case PledgeReviewed(by=by, score=score):
            return replace(pledge, reviews=capped(pledge.reviews, Review(by, record.time, score)))
        case PledgeOverdue(clock=clock, key=key, due=due):
            return replace(pledge, fired=capped(pledge.fired, Fired(clock, key or "", due)))
        case _:
            assert_never(record.event)


def anomaly(pledge: Pledge, record: Record[PledgeEvent]) -> str | None:
    """Why the event makes no sense for this pledge as it was before."""
    match record.event:
        case PledgeMade():
            return "made twice" if pledge.made_at else None
        case _ if pledge.made_at is None:
            return "came before the pledge was made"
        case PledgeKept() if pledge.kept_at:
            return "kept twice"
        case PledgeReviewed() if len(pledge.reviews) >= LIST_ITEMS:
            return f"over {LIST_ITEMS} reviews of one pledge"
        case PledgeOverdue() if len(pledge.fired) >= LIST_ITEMS:
            return f"over {LIST_ITEMS} times overdue"
    return None


def contribute(pledge: Pledge) -> Iterator[Share]:
    """A pledge counts on the day on which it was made, with all that became of it."""
    if not (pledge.made_at and pledge.place and pledge.branch and pledge.person and pledge.due):
        return
    day, kept = day_of(pledge.made_at), pledge.kept_at
    scores = {by: [one.score for one in pledge.reviews if one.by == by] for by in ("branch", "residents")}
    branch, residents = scores["branch"], scores["residents"]
    counts = {
        "made": 1,
        "kept": kept is not None,
        "kept_in_time": kept is not None and kept <= pledge.due,
        "reviewed": len(pledge.reviews) > 0,
        "branch_reviews": len(branch),
        "branch_score": sum(branch),
        "branch_score_at_most": 100 * len(branch),
        "resident_reviews": len(residents),
        "resident_score": sum(residents),
        "resident_score_at_most": 100 * len(residents),
    }
    yield pledge_day.share(pledge.place, pledge.branch, day, **counts)
    yield pledge_person.share(pledge.person, day, **counts)


def deadlines(pledge: Pledge) -> Iterator[Deadline]:
    """The member has not kept it yet."""
    return running(_started(pledge), pledge.fired)


def _started(pledge: Pledge) -> Iterator[Deadline]:
    if pledge.made_at and pledge.recorded_at and pledge.kept_at is None:
        yield Deadline(
            clock="due",
            started_at=pledge.made_at,
            recorded_at=pledge.recorded_at,
            due=pledge.due,
            holder=pledge.person,
        )
