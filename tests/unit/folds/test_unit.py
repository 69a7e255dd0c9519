"""What units are replaced for, when they were last in contact, and who joined the alliance."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.events import person as person_says
from ledger.events import unit as said
from projections.family import LIST_ITEMS
from projections.person import alliance_member
from projections.unit import unit_kind, unit_replaced
from tests.unit.test_folds import CITY, ESTATE, LI, Spec, hours

DAY = date(2024, 5, 11)


def replaced(by: str = "unit/hengxin", service: str = "保洁") -> said.UnitReplaced:
    return said.UnitReplaced(estate=ESTATE, service=service, by=by, authority="owners_vote", survey="survey/1")


@pytest.fixture
def unit() -> Spec:
    return Spec(CITY)


@pytest.fixture
def person() -> Spec:
    return Spec(LI)


def test_a_replaced_unit_keeps_by_whom_and_on_what_ground(unit: Spec) -> None:
    unit.when(replaced(), delivered=2).odd(None).then(unit_replaced, {(ESTATE, "保洁", DAY): {"replaced": 1}})
    (one,) = unit.state().replacements
    assert (one.by, one.authority, one.survey, one.item) == ("unit/hengxin", "owners_vote", "survey/1", None)
    unit.when(replaced()).odd("replaced twice by the same unit")
    unit.when(replaced(service="安保")).odd(None)
    assert len(unit.state().replacements) == 2
    unit.when(replaced(by=CITY)).odd("replaced by itself")


def test_the_last_contact_with_each_place_is_kept(unit: Spec) -> None:
    contact = said.UnitContacted(place=ESTATE)
    unit.given(contact, said.UnitContacted(place="place/a")).when(contact, at=hours(-9))
    assert [(one.place, one.at) for one in unit.state().contacts] == [("place/a", hours(1)), (ESTATE, hours(0))]
    unit.given(*[said.UnitContacted(place=f"place/b{number}") for number in range(LIST_ITEMS - 2)])
    unit.when(contact).odd(None)
    unit.when(said.UnitContacted(place="place/one-more")).odd("contacts with over 100 places")
    assert len(unit.state().contacts) == LIST_ITEMS


def test_a_unit_joins_the_alliance_once_and_as_a_unit(unit: Spec) -> None:
    joined = said.AllianceJoined(category="unit")
    unit.given(said.UnitRegistered(name="爱心协会", kind="social_organisation")).when(joined, delivered=2).odd(None)
    unit.then(unit_kind, {("social_organisation",): {"registered": 1, "in_alliance": 1}})
    unit.when(joined).odd("joined the alliance twice")
    unit.when(said.AllianceJoined(category="volunteer")).odd("a unit joined the alliance as a person")
    assert unit.state().alliance_at == hours(1)


def test_a_person_counts_in_each_category_of_the_alliance(person: Spec) -> None:
    person.given(person_says.PersonRegistered(roles=("volunteer",), unit=CITY, community="place/yunxing"))
    for category in ("volunteer", "delegate"):
        person.when(said.AllianceJoined(category=category), delivered=2).odd(None)
    person.then(alliance_member, {
        ("place/yunxing", CITY, category): {"persons": 1} for category in ("volunteer", "delegate")
    })  # fmt: skip
    person.when(said.AllianceJoined(category="delegate")).odd("joined the alliance twice")
    person.when(said.AllianceJoined(category="unit")).odd("a person joined the alliance as a unit")
    person.when(person_says.PersonLeft()).then(alliance_member, {})


def test_who_joins_before_being_registered_counts_all_the_same(person: Spec) -> None:
    person.when(said.AllianceJoined(category="resident")).then(alliance_member, {("", "", "resident"): {"persons": 1}})
