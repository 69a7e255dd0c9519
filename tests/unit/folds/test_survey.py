"""Cards of a survey: one a number, in time; means of its items; remedies; what its closing asks for."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.event import Event
from ledger.events import survey as said
from ledger.fields import Sealed
from projections.family import Request
from projections.survey import deadlines, react, survey_day, survey_item, survey_party
from projections.survey_state import CARDS
from tests.unit.test_folds import ESTATE, Spec, hours

DAY = date(2024, 5, 11)
COMPANY = "unit/anju"
OPENED = said.SurveyOpened(
    estate=ESTATE,
    organiser="place/yunxing",
    until=hours(100),
    issued=3,
    items=(
        said.SurveyItem(item="保洁", provider=COMPANY, method="每日一次", form="外包"),
        said.SurveyItem(item="安保", provider=COMPANY, method="两班", form="自管"),
    ),
)
CLOSED = said.SurveyClosed()
PROPOSED = said.RemedyProposed(item="安保", topic="topic/1", change="method", to="三班")
ADOPTED = said.RemedyAdopted(item="安保", authority="conference")


def card(number: str, opinion: bool = False, **scores: int) -> said.CardSubmitted:
    given = tuple(said.ItemScore(item=item, score=score) for item, score in scores.items())
    words = Sealed("sealed:1:AAAAAAAAAAAAAAAAAAAAAA") if opinion else None
    return said.CardSubmitted(card_no=number, scores=given, opinion=words)


@pytest.fixture
def survey() -> Spec:
    return Spec("survey/1")


def test_items_have_the_sums_of_their_cards(survey: Spec) -> None:
    survey.given(OPENED).when(card("1", 保洁=85, 安保=50), delivered=2).odd(None)
    survey.when(card("2", opinion=True, 保洁=75), delivered=2).odd(None)
    survey.then(survey_day, {(ESTATE, DAY): {"opened": 1, "issued": 3, "cards": 2, "opinions": 1}})
    survey.then(survey_item, {
        (ESTATE, "保洁", DAY): {"scores": 2, "score_total": 160},
        (ESTATE, "安保", DAY): {"scores": 1, "score_total": 50},
    })  # fmt: skip
    survey.then(survey_party, {
        (COMPANY, "保洁", DAY): {"scores": 2, "score_total": 160},
        (COMPANY, "安保", DAY): {"scores": 1, "score_total": 50},
    })  # fmt: skip


def test_the_first_card_of_a_number_counts(survey: Spec) -> None:
    survey.given(OPENED, card("1", 保洁=85)).when(card("1", 保洁=5)).odd("a second card of one number")
    survey.then(survey_item, {(ESTATE, "保洁", DAY): {"scores": 1, "score_total": 85}})


def test_cards_may_come_before_the_opening(survey: Spec) -> None:
    survey.when(card("1", 保洁=85)).odd("came before the survey was opened").then(survey_item, {})
    survey.when(OPENED).odd(None).then(survey_item, {(ESTATE, "保洁", DAY): {"scores": 1, "score_total": 85}})


def test_a_card_counts_by_its_own_time_once_the_survey_is_closed(survey: Spec) -> None:
    survey.given(OPENED).when(CLOSED, at=hours(50)).odd(None)
    survey.when(card("1", 保洁=80), at=hours(49)).odd(None)
    survey.when(card("2", 保洁=20), at=hours(51)).odd("a card after the survey was closed")
    survey.then(survey_item, {(ESTATE, "保洁", DAY): {"scores": 1, "score_total": 80}})
    survey.when(CLOSED).odd("closed twice")
    assert survey.state().closed_at == hours(50)


def test_an_item_that_the_survey_does_not_have_counts_nowhere(survey: Spec) -> None:
    survey.given(OPENED).when(card("1", 绿化=10)).odd("scored an item that the survey does not have")
    survey.then(survey_item, {})
    twice = (said.ItemScore(item="保洁", score=90), said.ItemScore(item="保洁", score=10))
    survey.when(said.CardSubmitted(card_no="2", scores=twice)).odd("scored an item twice on one card")
    survey.then(survey_item, {(ESTATE, "保洁", DAY): {"scores": 1, "score_total": 90}})


def test_more_cards_than_were_issued_are_odd_and_count(survey: Spec) -> None:
    survey.given(OPENED, *[card(str(number)) for number in range(3)]).when(card("4"))
    survey.odd("more cards than were issued")
    assert survey.state().cards == 4


def test_so_many_cards_fit() -> None:
    survey = Spec("survey/1").given(OPENED)
    survey.given(*[card(str(number), 保洁=1) for number in range(CARDS)])
    survey.when(card("one more", 保洁=100)).odd("over 1000 cards in one survey")
    survey.then(survey_item, {(ESTATE, "保洁", DAY): {"scores": CARDS, "score_total": CARDS}})


def test_a_remedy_is_proposed_until_it_is_adopted(survey: Spec) -> None:
    survey.given(OPENED).when(PROPOSED, delivered=2).odd(None)
    survey.when(said.RemedyProposed(item="安保", topic="topic/1", change="form", to="外包")).odd(None)
    survey.when(ADOPTED, delivered=2).odd(None).when(PROPOSED).odd("proposed after it was adopted")
    (remedy,) = survey.state().remedies
    assert (remedy.change, remedy.to, remedy.authority, remedy.adopted_at) == ("form", "外包", "conference", hours(3))
    survey.when(ADOPTED).odd("adopted twice")
    survey.then(survey_day, {(ESTATE, DAY): {"opened": 1, "issued": 3, "remedies": 1, "adopted": 1}})


def test_an_adoption_that_comes_first_waits_for_its_proposal(survey: Spec) -> None:
    survey.given(OPENED).when(ADOPTED).odd("adopted before it was proposed").when(PROPOSED)
    (remedy,) = survey.state().remedies
    assert (remedy.change, remedy.authority) == ("method", "conference")


@pytest.mark.parametrize(
    "before, event, reason",
    [
        ([OPENED], OPENED, "opened twice"),
        ([], CLOSED, "came before the survey was opened"),
        ([], PROPOSED, "came before the survey was opened"),
        (
            [OPENED],
            said.RemedyAdopted(item="绿化", authority="conference"),
            "a remedy of an item that the survey does not have",
        ),
    ],
)
def test_what_makes_no_sense_is_said(survey: Spec, before: list[Event], event: Event, reason: str) -> None:
    survey.given(*before).when(event).odd(reason)


def test_a_survey_closes_at_until_and_its_clock_ends_then(survey: Spec) -> None:
    survey.given(OPENED)
    (clock,) = deadlines(survey.state())
    assert (clock.clock, clock.due, clock.started_at) == ("until", hours(100), hours(0))
    survey.when(CLOSED)
    assert list(deadlines(survey.state())) == []


def test_its_first_closing_asks_for_topics(survey: Spec) -> None:
    before = survey.given(OPENED, card("1", 保洁=85, 安保=50, 绿化=9)).state()
    survey.when(CLOSED)
    items = [{"item": "保洁", "scores": 1, "sum": 85}, {"item": "安保", "scores": 1, "sum": 50}]  # by code point
    asked = Request(kind="survey_topics", details={"estate": ESTATE, "items": items})
    assert list(react(before, survey.state(), None)) == [asked]  # type: ignore[arg-type]  # it needs no record
    assert list(react(survey.state(), survey.state(), None)) == []  # type: ignore[arg-type]  # it needs no record
