"""What the fold makes of a visit to a household and of a leader's field study."""

from __future__ import annotations

from typing import Any

from ledger.events.visit import VisitPaid
from projections.visit import visit_day, visit_person
from tests.unit.test_folds import DAY, ESTATE, GRID, LI, SUN, WORDS, Spec, hours


def paid(**changes: Any) -> VisitPaid:
    fields: dict[str, Any] = {
        "person": LI,
        "kind": "household",
        "place": ESTATE,
        "household": "household/7",
        "helped": True,
        "findings": WORDS,
        "began": hours(0),
        "ended": hours(1),
    }
    return VisitPaid(**fields | changes)


def test_a_visit_counts_at_its_place_and_for_the_person() -> None:
    visit = Spec("visit/1").when(paid(case="case/3", act="deed/7"), delivered=2).odd(None)
    counts = {"visits": 1, "helped": 1, "with_case": 1, "minutes": 60}
    visit.then(visit_day, {(ESTATE, "household", DAY): counts})
    visit.then(visit_person, {(LI, "household", DAY): counts})
    state = visit.state()
    assert (state.same_act, state.began, state.ended, state.person) == ("deed/7", hours(0), hours(1), LI)


def test_a_field_study_is_of_its_own_kind() -> None:
    study = paid(person=SUN, kind="field_study", household=None, helped=None, task="task/1")
    visit = Spec("visit/1").given(study)
    visit.then(visit_person, {(SUN, "field_study", DAY): {"visits": 1, "with_task": 1, "minutes": 60}})


def test_a_visit_told_again_is_as_it_was_told_last() -> None:
    visit = Spec("visit/1").given(paid()).when(paid(place=GRID, helped=False)).odd("told twice")
    visit.then(visit_day, {(GRID, "household", DAY): {"visits": 1, "minutes": 60}})


def test_a_visit_that_ends_before_it_begins_has_no_minutes() -> None:
    visit = Spec("visit/1").when(paid(began=hours(2))).odd("ended before it began")
    visit.then(visit_person, {(LI, "household", DAY): {"visits": 1, "helped": 1}})
