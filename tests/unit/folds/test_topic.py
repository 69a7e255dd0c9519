"""The way of a topic from its collection to its solution, and its one clock."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.event import Event
from ledger.events import topic as said
from projections.topic import deadlines, topic_day, topic_party
from tests.unit.test_folds import CITY, ESTATE, LI, Spec, hours

DAY = date(2024, 5, 11)
KEY = (ESTATE, "停车管理", DAY)
COLLECTED = said.TopicCollected(estate=ESTATE, category="停车管理", by=LI, title="外围停车场整改")
TABLED = said.TopicTabled(conference="conference/1")
AGREED = said.TopicDecided(outcome="agreed", responsible=CITY, due=hours(100))
DONE, SOLVED = said.TopicCarriedOut(), said.TopicSolved(confirmed_by=LI)
OVERDUE = said.TopicOverdue(clock="carry_out", due=hours(100), rule="clocks-1", holder=CITY)


@pytest.fixture
def topic() -> Spec:
    return Spec("topic/1")


def test_a_topic_goes_from_collected_to_solved(topic: Spec) -> None:
    topic.when(COLLECTED, delivered=2).odd(None).then(topic_day, {KEY: {"collected": 1}})
    counted = {"collected": 1}
    steps: list[tuple[Event, dict[str, int]]] = [
        (TABLED, {"tabled": 1}),
        (AGREED, {"decided": 1, "agreed": 1}),
        (DONE, {"carried_out": 1}),
        (SOLVED, {"solved": 1}),
    ]
    for event, adds in steps:
        counted |= adds
        topic.when(event, delivered=2).odd(None).then(topic_day, {KEY: counted})
    topic.then(topic_party, {(CITY, DAY): {"responsible": 1, "carried_out": 1, "solved": 1}})


def test_any_order_comes_to_the_same(topic: Spec) -> None:
    topic.given(SOLVED, DONE, AGREED, TABLED).then(topic_day, {})
    topic.when(COLLECTED).odd(None)
    steps = ("collected", "tabled", "decided", "agreed", "carried_out", "solved")
    topic.then(topic_day, {KEY: dict.fromkeys(steps, 1)})


def test_the_latest_decision_holds_whichever_comes_first(topic: Spec) -> None:
    topic.given(COLLECTED, TABLED, AGREED).when(said.TopicDecided(outcome="deferred"), at=hours(1)).odd(None)
    assert (topic.state().outcome, topic.state().due) == ("agreed", hours(100))
    topic.when(said.TopicDecided(outcome="deferred")).odd(None)
    assert (topic.state().outcome, topic.state().due) == ("deferred", None)
    assert list(deadlines(topic.state())) == []


def test_what_was_agreed_has_a_clock_until_it_is_done(topic: Spec) -> None:
    topic.given(COLLECTED, TABLED, AGREED)
    (clock,) = deadlines(topic.state())
    assert (clock.clock, clock.due, clock.holder, clock.started_at) == ("carry_out", hours(100), CITY, hours(2))
    topic.when(DONE)
    assert list(deadlines(topic.state())) == []


def test_a_clock_that_ran_out_is_told_once_and_starts_anew_with_another_due(topic: Spec) -> None:
    topic.given(COLLECTED, TABLED, AGREED).when(OVERDUE, delivered=2, at=hours(100)).odd(None)
    assert list(deadlines(topic.state())) == []
    topic.then(topic_party, {(CITY, DAY): {"responsible": 1, "overdue": 1}})
    topic.when(said.TopicDecided(outcome="agreed", responsible=CITY, due=hours(200)), at=hours(101))
    assert [clock.due for clock in deadlines(topic.state())] == [hours(200)]
    topic.then(topic_party, {(CITY, date(2024, 5, 15)): {"responsible": 1}})


def test_late_is_what_was_done_after_its_due_whether_or_not_the_clock_fired(topic: Spec) -> None:
    topic.given(COLLECTED, TABLED, AGREED).when(DONE, at=hours(101))
    topic.then(topic_party, {(CITY, DAY): {"responsible": 1, "carried_out": 1, "overdue": 1}})


def test_a_topic_in_time_is_not_late_though_the_clock_fired_before_the_word_came(topic: Spec) -> None:
    topic.given(COLLECTED, TABLED, AGREED).when(OVERDUE, at=hours(100)).when(DONE, at=hours(99))
    topic.then(topic_party, {(CITY, DAY): {"responsible": 1, "carried_out": 1}})


@pytest.mark.parametrize(
    "before, event, reason",
    [
        ([], TABLED, "came before the topic was collected"),
        ([COLLECTED], COLLECTED, "collected twice"),
        ([COLLECTED], AGREED, "decided without a conference"),
        ([COLLECTED, TABLED], DONE, "carried out without being agreed"),
        ([COLLECTED, TABLED, AGREED, DONE], DONE, "carried out twice"),
        ([COLLECTED, TABLED, AGREED, DONE], OVERDUE, "overdue after it was done"),
        ([COLLECTED, SOLVED], SOLVED, "solved twice"),
        ([COLLECTED, SOLVED], TABLED, "tabled or decided after it was solved"),
        ([COLLECTED, TABLED, said.TopicDecided(outcome="rejected")], SOLVED, "solved after it was rejected"),
    ],
)
def test_what_makes_no_sense_is_said(topic: Spec, before: list[Event], event: Event, reason: str) -> None:
    topic.given(*before).when(event).odd(reason)


def test_the_first_collection_holds(topic: Spec) -> None:
    other = said.TopicCollected(estate="place/b", category="供热", by=LI, title="暖气不热")
    topic.given(COLLECTED).when(other).odd("collected twice")
    assert topic.state().title == "外围停车场整改"
