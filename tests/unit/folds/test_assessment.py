"""What the fold makes of a unit's assessment: one score of an item by one assessor, contested, ruled."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import pytest

from ledger.events.assessment import AssessmentContested, AssessmentRuled, AssessmentScored
from projections.assessment import assessment_day
from projections.family import LIST_ITEMS
from tests.unit.test_folds import Spec

TOWN, YUNXING = "place/town", "place/yunxing"
KEY = ("unit/city", YUNXING, "community", "points", date(2024, 4, 1))
CONTESTED = AssessmentContested(assessor=YUNXING, item="参会", by="unit/city", reason="已派副职参会")


def scored(
    points: float, item: str = "参会", kind: Literal["points", "bonus", "deduction"] = "points", most: float = 10
) -> AssessmentScored:
    return AssessmentScored(assessor=YUNXING, tier="community", item=item, kind=kind, points=points, most=most)


def ruled(upheld: bool, points: float | None = None) -> AssessmentRuled:
    return AssessmentRuled(assessor=YUNXING, item="参会", upheld=upheld, points=points)


@pytest.fixture
def quarter() -> Spec:
    return Spec("assessment/city~2024-Q2")


def test_points_are_hundredths_of_their_quarter_and_the_first_score_holds(quarter: Spec) -> None:
    quarter.when(scored(8.25), delivered=2).odd(None)
    quarter.then(assessment_day, {KEY: {"items": 1, "points": 825, "most": 1000}})
    quarter.when(scored(1)).odd("scored twice")
    quarter.then(assessment_day, {KEY: {"items": 1, "points": 825, "most": 1000}})
    quarter.when(scored(11, item="宣传")).odd("more points than there are")
    quarter.then(assessment_day, {KEY: {"items": 2, "points": 1825, "most": 2000}})


def test_a_month_begins_on_its_own_first_day() -> None:
    month = Spec("assessment/city~2024-05").given(scored(10))
    month.then(assessment_day, {(*KEY[:-1], date(2024, 5, 1)): {"items": 1, "points": 1000, "most": 1000}})


@pytest.mark.parametrize("period", ["2024", "2024-13", "2024-Q5", "0000-05", "24-05", "２０２４-05", "x", ""])
def test_what_is_of_no_period_counts_nowhere(period: str) -> None:
    spec = Spec(f"assessment/city~{period}")
    spec.when(scored(10)).odd("of neither a month nor a quarter").then(assessment_day, {})
    assert Spec("assessment/city").when(scored(10)).odd("of neither a month nor a quarter").state().unit is None


def test_bonus_and_deduction_have_no_part_in_the_points_that_there_are(quarter: Spec) -> None:
    quarter.given(scored(3, "表彰", "bonus", 5), scored(2, "通报", "deduction", 0))
    rows: Any = {
        (*KEY[:3], "bonus", KEY[4]): {"items": 1, "points": 300},
        (*KEY[:3], "deduction", KEY[4]): {"items": 1, "points": 200},
    }
    quarter.then(assessment_day, rows)


def test_a_contested_item_is_kept_apart_until_it_is_ruled(quarter: Spec) -> None:
    quarter.given(scored(4)).when(CONTESTED, delivered=2).odd(None)
    contested = {"contested": 1, "contested_points": 400, "contested_most": 1000}
    quarter.then(assessment_day, {KEY: {"items": 1, "points": 400, "most": 1000, **contested}})
    quarter.when(CONTESTED).odd("contested twice")
    quarter.when(ruled(upheld=True, points=9), delivered=2).odd(None)
    quarter.then(assessment_day, {KEY: {"items": 1, "points": 900, "most": 1000}})
    quarter.when(ruled(upheld=False)).odd("ruled twice")
    quarter.then(assessment_day, {KEY: {"items": 1, "points": 900, "most": 1000}})


def test_what_was_upheld_without_other_points_is_struck_and_a_vain_contest_changes_nothing(quarter: Spec) -> None:
    quarter.given(scored(4), CONTESTED).when(ruled(upheld=True)).odd(None).then(assessment_day, {})
    other = Spec("assessment/city~2024-Q2").given(scored(4), CONTESTED, ruled(upheld=False, points=9))
    other.then(assessment_day, {KEY: {"items": 1, "points": 400, "most": 1000}})


def test_contest_and_ruling_may_come_before_the_score(quarter: Spec) -> None:
    quarter.when(ruled(upheld=True, points=9)).odd("ruled without being contested").then(assessment_day, {})
    quarter.when(CONTESTED).odd("contested before it was scored").then(assessment_day, {})
    quarter.when(scored(4)).odd(None).then(assessment_day, {KEY: {"items": 1, "points": 900, "most": 1000}})


def test_an_assessment_of_many_items_is_full(quarter: Spec) -> None:
    quarter.given(*[scored(1, f"第{number}项") for number in range(LIST_ITEMS)])
    quarter.when(scored(1, "再一项")).odd(f"over {LIST_ITEMS} items of one assessment")
    quarter.when(scored(1, "第7项")).odd("scored twice")
    quarter.then(assessment_day, {KEY: {"items": 100, "points": 10_000, "most": 100_000}})
