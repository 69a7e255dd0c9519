"""What the fold makes of a task: assigned, told how far, done, verified or sent back."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ledger.events.task import TaskAssigned, TaskDone, TaskOverdue, TaskProgressed, TaskVerified
from projections.family import LIST_ITEMS, Deadline
from projections.task import deadlines, task_day, task_person, task_place, task_unit
from tests.unit.test_folds import Spec, hours

LEADER, BUREAU, ESTATE, WANG = "person/leader", "unit/housing", "place/garden", "person/wang"
KEY = ("county", "supervised", date(2024, 5, 11))
DONE, OK, NOT_OK = TaskDone(), TaskVerified(), TaskVerified(ok=False)


def assigned(to: str = BUREAU, **changes: Any) -> TaskAssigned:
    fields: dict[str, Any] = {"tier": "county", "kind": "supervised", "by": LEADER, "title": "停车场整改", "to": to}
    return TaskAssigned(**fields | {"due": hours(90)} | changes)


@pytest.fixture
def task() -> Spec:
    return Spec("task/1")


def test_an_assigned_task_counts_in_its_tier_with_its_holder_and_at_its_place(task: Spec) -> None:
    one = {"assigned": 1}
    task.when(assigned(place=ESTATE), delivered=2).odd(None)
    task.then(task_day, {KEY: one}).then(task_unit, {(BUREAU, *KEY): one}).then(task_place, {(ESTATE, *KEY): one})
    clock = Deadline(clock="due", started_at=hours(0), recorded_at=hours(0), due=hours(90), holder=BUREAU)
    assert list(deadlines(task.state())) == [clock]


def test_a_task_of_a_place_or_a_person_counts_there(task: Spec) -> None:
    task.given(assigned(ESTATE)).then(task_place, {(ESTATE, *KEY): {"assigned": 1}}).then(task_unit, {})
    assert [one.holder for one in deadlines(task.state())] == [None], "a place is nobody"
    other = Spec("task/2").given(assigned(WANG, kind=None))
    other.then(task_person, {(WANG, "county", "", KEY[2]): {"assigned": 1}}).then(task_place, {})


def test_it_is_done_then_verified(task: Spec) -> None:
    task.given(assigned()).when(TaskProgressed(percent=60), delivered=2).odd(None)
    task.when(TaskProgressed(note="划线")).odd(None)
    assert task.state().percent == 60, "a note changes no figure"
    task.when(DONE, delivered=2).odd(None).when(OK, delivered=2).odd(None)
    task.then(task_day, {KEY: {"assigned": 1, "progressed": 1, "done": 1, "verified": 1}})
    assert list(deadlines(task.state())) == []
    task.when(DONE).odd("done twice").when(assigned()).odd("assigned again after it was verified")


def test_what_is_sent_back_is_open_until_it_is_done_anew(task: Spec) -> None:
    task.given(assigned(), DONE).when(NOT_OK, delivered=2, at=hours(9)).odd(None)
    task.then(task_day, {KEY: {"assigned": 1, "rejected": 1}})
    assert [one.due for one in deadlines(task.state())] == [hours(90)]
    task.when(DONE, at=hours(8)).odd(None)
    assert not task.state().is_done, "it was sent back after that"
    task.when(DONE, at=hours(10)).when(OK).odd(None)
    task.then(task_day, {KEY: {"assigned": 1, "done": 1, "verified": 1, "rejected": 1}})


def test_the_last_assignment_holds_and_counts_on_the_day_of_the_first(task: Spec) -> None:
    task.given(assigned()).when(assigned("unit/city", due=hours(200)), at=hours(30)).odd(None)
    task.then(task_unit, {("unit/city", *KEY): {"assigned": 1}})
    assert [(one.due, one.started_at, one.recorded_at) for one in deadlines(task.state())] == [
        (hours(200), hours(0), hours(30))
    ]


def test_whatever_comes_before_the_assignment_waits_for_it(task: Spec) -> None:
    task.when(DONE).odd("came before it was assigned").then(task_day, {})
    task.when(assigned()).odd(None).then(task_day, {KEY: {"assigned": 1, "done": 1}})
    Spec("task/2").given(assigned()).when(OK).odd("verified before it was done")


def test_a_clock_that_ran_out_fires_once_and_anew_for_a_later_due(task: Spec) -> None:
    overdue = TaskOverdue(clock="due", due=hours(90), rule="clocks-2024-1", holder=BUREAU)
    task.given(assigned()).when(overdue, delivered=2, at=hours(90)).odd(None)
    assert list(deadlines(task.state())) == []
    task.then(task_day, {KEY: {"assigned": 1, "overdue": 1}})
    task.given(assigned(due=hours(120)))
    assert [one.due for one in deadlines(task.state())] == [hours(120)]
    task.given(*[overdue] * (LIST_ITEMS - 1)).when(overdue).odd(f"over {LIST_ITEMS} overdue in one task")
