"""What the fold makes of a pairing: who is in help now, counted once however often they are paired."""

from __future__ import annotations

import pytest

from ledger.event import Event
from ledger.events.care import CareEnded, CarePaired, CareVisited
from projections.care import care_day, care_party, care_recipient
from tests.unit.test_folds import CITY, DAY, ESTATE, LI, Spec, hours

VISITED, ENDED = CareVisited(), CareEnded(reason="已由子女接走照料")
KEY = (ESTATE, "lone_elder", DAY)
IN_HELP = {"pairs": 1, "in_help": 1}
OVER = {"pairs": 1, "ended": 1}


def paired(helper: str = LI, recipient: str = "person/r1") -> CarePaired:
    return CarePaired(helper=helper, recipient=recipient, group="lone_elder", place=ESTATE)


@pytest.fixture
def care() -> Spec:
    return Spec("care/1")


def test_a_pairing_is_in_help_until_it_ends(care: Spec) -> None:
    care.given(paired(), VISITED, VISITED).then(care_day, {KEY: IN_HELP | {"visited": 1, "visits": 2}})
    care.then(care_recipient, {(ESTATE, "lone_elder", "person/r1"): IN_HELP})
    care.when(ENDED, delivered=2).odd(None).then(care_day, {KEY: OVER | {"visited": 1, "visits": 2}})
    care.then(care_recipient, {(ESTATE, "lone_elder", "person/r1"): {"pairs": 1}})
    assert care.state().last_visited_at == hours(2)


def test_a_recipient_with_two_helpers_is_one_row_of_two_pairs(care: Spec) -> None:
    care.given(paired()).given(paired(CITY), subject="care/2")
    care.then(care_recipient, {(ESTATE, "lone_elder", "person/r1"): {"pairs": 2, "in_help": 2}})
    care.then(care_party, {(who, "lone_elder", DAY): IN_HELP for who in (LI, CITY)})


def test_an_end_told_before_the_pairing_ends_it(care: Spec) -> None:
    care.when(ENDED, at=hours(5)).odd("came before they were paired").then(care_day, {})
    care.when(paired(), at=hours(1)).odd(None).then(care_day, {KEY: OVER})


def test_what_had_ended_begins_anew_when_they_are_paired_again(care: Spec) -> None:
    care.given(paired(), ENDED).when(paired(CITY)).odd(None)
    care.then(care_party, {(CITY, "lone_elder", DAY): IN_HELP})


@pytest.mark.parametrize(
    "before, event, reason",
    [
        ([paired()], paired(), "paired twice"),
        ([], VISITED, "came before they were paired"),
        ([paired(), ENDED], VISITED, "visited after it ended"),
        ([paired(), ENDED], ENDED, "ended twice"),
    ],
)
def test_what_makes_no_sense_is_said(care: Spec, before: list[Event], event: Event, reason: str) -> None:
    care.given(*before).when(event).odd(reason)
