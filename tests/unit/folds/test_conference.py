"""Conferences count where and when they were held, with who came."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.events.conference import Attendance, ConferenceConvened, ConferenceHeld
from projections.conference import conference_day, conference_party, conference_person, conference_unit
from tests.unit.test_folds import CITY, ESTATE, LI, SUN, Spec, hours

DAY, NEXT = date(2024, 5, 11), date(2024, 5, 12)
CONVENED = ConferenceConvened(kind="six_party", place=ESTATE)
HELD = ConferenceHeld(
    attendance=(
        Attendance(party="police", unit=CITY, persons=2),
        Attendance(party="police", persons=1),
        Attendance(persons=9),
    ),
    participants=(SUN, LI, SUN),
)


@pytest.fixture
def conference() -> Spec:
    return Spec("conference/1")


def test_a_conference_counts_on_the_day_on_which_it_was_held(conference: Spec) -> None:
    key = (ESTATE, "six_party")
    conference.when(CONVENED, delivered=2).odd(None).then(conference_day, {(*key, DAY): {"convened": 1}})
    conference.when(HELD, delivered=2, at=hours(24)).odd(None)
    held = {"convened": 1, "held": 1, "attendance": 12, "participants": 2}
    conference.then(conference_day, {(*key, NEXT): held})
    conference.then(conference_party, {(ESTATE, "police", NEXT): {"attended": 1, "persons": 3}})
    conference.then(conference_unit, {(CITY, NEXT): {"attended": 1, "persons": 2}})
    conference.then(conference_person, {(ESTATE, who, NEXT): {"attended": 1} for who in (LI, SUN)})


def test_a_conference_that_was_held_first_counts_once_it_was_convened(conference: Spec) -> None:
    conference.when(HELD).odd("held before it was convened").then(conference_person, {})
    conference.when(CONVENED).odd(None)
    conference.then(conference_person, {(ESTATE, who, DAY): {"attended": 1} for who in (LI, SUN)})


def test_the_last_report_tells_who_came(conference: Spec) -> None:
    conference.given(CONVENED, HELD).when(ConferenceHeld(attendance=()), at=hours(30)).odd("held twice")
    conference.then(conference_person, {})
    assert (conference.state().held_at, conference.state().present) == (hours(1), 0)
    conference.when(CONVENED).odd("convened twice")
