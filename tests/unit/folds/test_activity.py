"""What an activity's campaign, brand, facility and units come to (test_folds has its plan and its holding)."""

from __future__ import annotations

from datetime import date

from ledger.events.activity import ActivityHeld, ActivityPlanned
from projections.activity import activity_day, activity_provider
from tests.unit.test_folds import ESTATE, TOWN, Rows, Spec, hours

CONTEST = ("我为群众办实事", "文教礼", date(2024, 5, 12))


def planned(*providers: str) -> ActivityPlanned:
    return ActivityPlanned(
        title="文明知识竞赛", kind="knowledge_contest", campaign=CONTEST[0], brand=CONTEST[1], facility="活动室",
        place=ESTATE, organiser=TOWN, providers=providers, begins=hours(20), ends=hours(22),
    )  # fmt: skip


def test_what_units_are_to_provide_counts_as_theirs_once_it_was_held() -> None:
    activity = Spec("activity/1").when(planned("unit/library"))
    activity.then(activity_day, {(ESTATE, "knowledge_contest", *CONTEST): {"planned": 1}})


def test_campaign_and_brand_are_told_apart_and_so_is_what_units_provide() -> None:
    activity = Spec("activity/1").given(planned()).when(ActivityHeld(attendance=30), delivered=2)
    rows = {"planned": 1, "held": 1, "attendance": 30}
    activity.then(activity_day, {(ESTATE, "knowledge_contest", *CONTEST): rows}).then(activity_provider, {})
    assert (activity.state().brand, activity.state().facility) == ("文教礼", "活动室")
    activity.when(planned("unit/library", "unit/museum")).odd(None)
    activity.then(activity_day, {(ESTATE, "knowledge_contest", *CONTEST): rows | {"held_by_units": 1}})
    units = ("unit/library", "unit/museum")
    each: Rows = {(ESTATE, unit, "knowledge_contest", CONTEST[2]): rows for unit in units}
    activity.then(activity_provider, each)
