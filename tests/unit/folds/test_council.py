"""Who sits on a council: the later of seated and left holds, whichever came first."""

from __future__ import annotations

import pytest

from ledger.events.council import CouncilFormed, CouncilLeft, CouncilSeated
from projections.council import council_place, council_seat
from projections.family import LIST_ITEMS
from tests.unit.test_folds import CITY, LI, Rows, Spec, hours

FORMED = CouncilFormed(community="place/yunxing")
SEATED = CouncilSeated(person=LI, role="member", unit=CITY)
LEFT = CouncilLeft(person=LI)
ROW: Rows = {("place/yunxing", CITY, LI, "member"): {"seated": 1}}


@pytest.fixture
def council() -> Spec:
    return Spec("council/1")


def test_members_count_while_they_sit(council: Spec) -> None:
    council.given(FORMED).when(SEATED, delivered=2).odd(None).then(council_seat, ROW)
    council.then(council_place, {("place/yunxing",): {"councils": 1, "seated": 1}})
    council.when(SEATED).odd("seated twice").when(LEFT, delivered=2).odd(None).then(council_seat, {})
    council.then(council_place, {("place/yunxing",): {"councils": 1, "departed": 1}})
    council.when(LEFT).odd("left a council without a seat").when(FORMED).odd("formed twice")
    council.when(SEATED).odd(None).then(council_seat, ROW)


def test_members_may_come_before_their_council(council: Spec) -> None:
    council.when(SEATED).odd(None).then(council_seat, {})
    council.when(FORMED).odd(None).then(council_seat, ROW)


def test_a_late_leaving_ends_no_later_seat_and_a_late_seating_gives_none_back(council: Spec) -> None:
    council.given(FORMED, SEATED).when(LEFT, at=hours(-3)).then(council_seat, ROW)
    council.when(LEFT).then(council_seat, {}).when(SEATED, at=hours(1)).then(council_seat, {})
    assert council.state().seated == 0


def test_another_role_moves_the_seat(council: Spec) -> None:
    council.given(FORMED, SEATED).when(CouncilSeated(person=LI, role="chair"))
    council.then(council_seat, {("place/yunxing", "", LI, "chair"): {"seated": 1}})


def test_so_many_members_fit(council: Spec) -> None:
    council.given(*[CouncilSeated(person=f"person/{number}", role="member") for number in range(LIST_ITEMS)])
    council.when(SEATED).odd("over 100 members of one council")
    assert council.state().seated == LIST_ITEMS
