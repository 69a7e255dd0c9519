"""What the fold makes of a pledge: kept in time or late, reviewed by branch and residents."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from ledger.event import Event
from ledger.events import pledge as said
from projections.family import LIST_ITEMS
from projections.pledge import deadlines, pledge_day, pledge_person
from tests.unit.test_folds import DAY, ESTATE, LI, WORDS, Spec, hours

KEPT = said.PledgeKept()


def made(due: int = 100) -> said.PledgeMade:
    return said.PledgeMade(person=LI, text=WORDS, due=hours(due), branch="place/branch", place=ESTATE)


def reviewed(by: Literal["branch", "residents"], score: int) -> said.PledgeReviewed:
    return said.PledgeReviewed(by=by, score=score)


OVERDUE = said.PledgeOverdue(clock="due", due=hours(100), rule="clocks-2024-1", holder=LI)


@pytest.fixture
def pledge() -> Spec:
    return Spec("pledge/1")


def rows(**counts: int) -> Any:
    return {(ESTATE, "place/branch", DAY): {"made": 1, **counts}}


@pytest.mark.parametrize("kept, in_time", [(100, 1), (101, 0)])
def test_in_time_is_what_was_kept_by_its_due(pledge: Spec, kept: int, in_time: int) -> None:
    pledge.given(made()).when(KEPT, at=hours(kept), delivered=2).odd(None)
    counts = {"kept": 1} | ({"kept_in_time": 1} if in_time else {})
    pledge.then(pledge_day, rows(**counts)).then(pledge_person, {(LI, DAY): {"made": 1, **counts}})


def test_reviews_of_branch_and_residents_are_summed_apart(pledge: Spec) -> None:
    pledge.given(made(), KEPT, reviewed("residents", 90), reviewed("residents", 70))
    pledge.when(reviewed("branch", 85), delivered=2).odd(None)
    residents = {"resident_reviews": 2, "resident_score": 160, "resident_score_at_most": 200}
    branch = {"branch_reviews": 1, "branch_score": 85, "branch_score_at_most": 100}
    pledge.then(pledge_day, rows(kept=1, kept_in_time=1, reviewed=1, **residents, **branch))


def test_the_clock_runs_to_the_due_until_it_is_kept_or_has_fired(pledge: Spec) -> None:
    pledge.given(made())
    (clock,) = deadlines(pledge.state())
    assert (clock.clock, clock.due, clock.holder, clock.recorded_at) == ("due", hours(100), LI, hours(0))
    pledge.when(OVERDUE, at=hours(100))
    assert list(deadlines(pledge.state())) == []
    pledge.when(made(200)).odd("made twice")
    assert [clock.due for clock in deadlines(pledge.state())] == [hours(200)], "another due, another clock"
    pledge.when(KEPT)
    assert list(deadlines(pledge.state())) == []


def test_what_comes_early_counts_once_the_pledge_is_known(pledge: Spec) -> None:
    pledge.when(KEPT).odd("came before the pledge was made").then(pledge_day, {})
    pledge.when(made(), at=hours(0)).odd(None).then(pledge_day, rows(kept=1, kept_in_time=1))


def test_reviews_beyond_the_limit_are_not_counted(pledge: Spec) -> None:
    pledge.given(made(), *[reviewed("residents", 50)] * LIST_ITEMS).when(reviewed("residents", 100))
    pledge.odd(f"over {LIST_ITEMS} reviews of one pledge")
    assert len(pledge.state().reviews) == LIST_ITEMS


@pytest.mark.parametrize(
    "before, event, reason",
    [
        ([made()], made(), "made twice"),
        ([made(), KEPT], KEPT, "kept twice"),
        ([], OVERDUE, "came before the pledge was made"),
    ],
)
def test_what_makes_no_sense_is_said(pledge: Spec, before: list[Event], event: Event, reason: str) -> None:
    pledge.given(*before).when(event).odd(reason)
