"""What the fold keeps of a place besides its level: parents by day, facilities, parties, leaders, regulations."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ledger.event import Event
from ledger.events import place as said
from ledger.fields import Location
from projections.family import LIST_ITEMS
from projections.place_tallies import facility_day, place_link, place_regulation, place_service
from tests.unit.test_folds import GRID, LI, Spec, hours

DAY = date(2024, 5, 11)
UNIT = "unit/anju"
OPENED = said.FacilityOpened(facility="harbour", kind="red_harbour", functions=("议事",))
UPGRADED = said.FacilityUpgraded(facility="harbour", functions=("议事", "阅览"))
CLOSED = said.FacilityClosed(facility="harbour")
ISSUED = said.RegulationIssued(regulation="duties", kind="branch_duties", title="小区党支部工作职责")


def registered(parent: str = "place/a") -> said.PlaceRegistered:
    return said.PlaceRegistered(name="第一网格", level="grid", parent=parent)


@pytest.fixture
def place() -> Spec:
    return Spec(GRID)


def parents(place: Spec) -> list[tuple[float, str | None]]:
    """Each parent with the hours after the first event from which it holds."""
    return [((one.since - hours(0)) / timedelta(hours=1), one.parent) for one in place.state().parents]


def test_each_parent_holds_from_its_own_time(place: Spec) -> None:
    place.given(registered()).when(said.PlaceChanged(parent="place/b"), delivered=2).odd(None)
    assert parents(place) == [(0, "place/a"), (1, "place/b")]
    assert place.state().parent == "place/b"
    place.when(said.PlaceChanged(brand="文教礼"))
    assert len(parents(place)) == 2, "what names no parent moves nothing"


def test_a_late_registration_goes_where_its_time_is_and_undoes_no_move(place: Spec) -> None:
    place.given(said.PlaceChanged(parent="place/b")).when(registered(), at=hours(-5)).odd(None)
    assert parents(place) == [(-5, "place/a"), (0, "place/b")]
    assert (place.state().parent, place.state().level) == ("place/b", "grid")
    place.when(said.PlaceChanged(parent="place/c"), at=hours(-2))
    assert place.state().parent == "place/b"
    place.when(said.PlaceChanged(parent="place/d"), at=hours(0))
    assert place.state().parent == "place/d", "of one time the last word holds"


def test_so_many_moves_fit(place: Spec) -> None:
    place.given(*[said.PlaceChanged(parent=f"place/{number}") for number in range(LIST_ITEMS)])
    place.when(said.PlaceChanged(parent="place/one-more")).odd("over 100 parents of one place")
    assert place.state().parent == f"place/{LIST_ITEMS - 1}"


def test_an_outline_is_kept_until_another_one_comes(place: Spec) -> None:
    corners = (Location(112.7, 40.0), Location(112.71, 40.0), Location(112.7, 40.01))
    place.given(registered()).when(said.PlaceChanged(outline=corners)).when(said.PlaceChanged(brand="文教礼"))
    assert [(one.longitude, one.latitude) for one in place.state().outline][1] == (112.71, 40.0)


def test_who_was_elected_with_which_profession_stays_with_the_post(place: Spec) -> None:
    lawyer = said.PlaceStaffed(person=LI, role="branch_secretary", chosen="elected_by_owners", profession="律师")
    place.when(lawyer, delivered=2)
    (post,) = place.state().staff
    assert (post.chosen, post.profession, post.full_time) == ("elected_by_owners", "律师", None)


def test_a_facility_counts_on_the_days_of_its_own_opening_upgrade_and_closing(place: Spec) -> None:
    place.when(OPENED, delivered=2).odd(None)
    place.then(facility_day, {(GRID, "red_harbour", DAY): {"opened": 1, "open": 1}})
    place.when(UPGRADED, delivered=2, at=hours(24)).odd(None)
    place.when(CLOSED, delivered=2, at=hours(48)).odd(None)
    place.then(facility_day, {
        (GRID, "red_harbour", DAY): {"opened": 1},
        (GRID, "red_harbour", date(2024, 5, 12)): {"upgraded": 1},
        (GRID, "red_harbour", date(2024, 5, 13)): {"closed": 1},
    })  # fmt: skip
    place.when(OPENED, at=hours(72)).odd(None)
    (harbour,) = place.state().facilities
    assert (harbour.opened_at, harbour.closed_at, harbour.functions) == (hours(0), None, ("议事",))


def test_what_comes_before_a_facility_opened_waits_for_it(place: Spec) -> None:
    place.when(UPGRADED).odd("a facility was upgraded that was not open").then(facility_day, {})
    place.when(OPENED, at=hours(-1)).odd(None)
    place.then(facility_day, {(GRID, "red_harbour", DAY): {"opened": 1, "open": 1, "upgraded": 1}})
    place.when(OPENED).odd("opened twice").when(CLOSED).odd(None)
    place.when(CLOSED).odd("a facility was closed that was not open")


def test_parties_serve_until_they_withdraw(place: Spec) -> None:
    serving = said.PlaceServed(party="property_company", by=UNIT)
    gone = said.PlaceUnserved(party="property_company", by=UNIT)
    place.when(serving, delivered=2).odd(None)
    place.when(said.PlaceServed(party="property_company", by="unit/other")).odd(None)
    place.then(place_service, {(GRID, "property_company"): {"serving": 2}})
    place.when(serving).odd("served by the same one twice").when(gone, delivered=2).odd(None)
    place.then(place_service, {(GRID, "property_company"): {"serving": 1}})
    place.when(gone).odd("ended a service that there was not")


def test_a_leader_is_linked_once_to_a_place(place: Spec) -> None:
    linked, gone = said.PlaceLinked(leader=LI, body="government"), said.PlaceUnlinked(leader=LI)
    place.given(registered()).when(linked, delivered=2).odd(None)
    place.then(place_link, {(GRID, "grid", LI, "government"): {"linked": 1}})
    place.when(linked).odd("linked twice").when(gone, delivered=2).odd(None).then(place_link, {})
    place.when(gone).odd("unlinked without being linked")


def test_a_regulation_is_in_force_until_it_is_repealed(place: Spec) -> None:
    key = (GRID, "branch_duties")
    place.when(ISSUED, delivered=2).odd(None).then(place_regulation, {key: {"issued": 1, "in_force": 1}})
    place.when(said.RegulationRevised(regulation="duties", title="职责（修订）")).odd(None)
    place.when(said.RegulationRepealed(regulation="duties"), delivered=2).odd(None)
    place.then(place_regulation, {key: {"issued": 1, "revised": 1}})
    place.when(said.RegulationRevised(regulation="duties")).odd("a regulation was revised that was not in force")
    place.when(ISSUED).odd(None).then(place_regulation, {key: {"issued": 1, "revised": 1, "in_force": 1}})
    place.when(ISSUED).odd("issued twice")


@pytest.mark.parametrize(
    "event, reason",
    [
        (said.FacilityOpened(facility="one more", kind="square"), "over 100 facilities at one place"),
        (said.PlaceServed(party="police", by="unit/one-more"), "over 100 services at one place"),
        (said.PlaceLinked(leader="person/one-more", body="cppcc"), "over 100 links at one place"),
        (said.RegulationRepealed(regulation="one more"), "over 100 regulations at one place"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_lists_of_a_place_are_bounded(place: Spec, event: Event, reason: str) -> None:
    for number in range(LIST_ITEMS):
        place.given(
            said.FacilityOpened(facility=f"f{number}", kind="square"),
            said.PlaceServed(party="police", by=f"unit/{number}"),
            said.PlaceLinked(leader=f"person/{number}", body="cppcc"),
            said.RegulationIssued(regulation=f"r{number}", kind="branch_duties", title="职责"),
        )
    place.when(event).odd(reason)
