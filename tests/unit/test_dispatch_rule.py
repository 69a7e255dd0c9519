"""Who gets a case: laws of the choice and of the geometry, then the sentences of the rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from processors.decider.atlas import Atlas, Point, Site, holds, metres
from processors.decider.choice import Matter, Tier, Worker, choose

NOON = datetime(2024, 5, 11, 4, tzinfo=UTC)
IDS = st.sampled_from([f"person/{letter}" for letter in "abcdef"])
UNITS = st.sampled_from(["unit/a", "unit/b", None])
WORKERS = st.builds(
    Worker,
    person=IDS,
    load=st.integers(0, 4).map(float),
    idle_since=st.none() | st.integers(0, 3).map(lambda hours: NOON - timedelta(hours=hours)),
    unit=UNITS,
    is_present=st.booleans(),
)
TIERS = st.builds(
    Tier,
    st.sampled_from(["place/g", "place/e", "place/c"]),
    st.lists(WORKERS, max_size=5, unique_by=lambda one: one.person).map(tuple),
)
MATTERS = st.builds(
    Matter,
    about=st.none() | IDS | st.sampled_from(["unit/a", "unit/b"]),
    about_unit=UNITS,
    declined_by=st.frozensets(IDS | st.sampled_from(["unit/a", "place/c"])),
)


@given(MATTERS, st.lists(TIERS, max_size=3), UNITS, st.lists(TIERS, max_size=2))
def test_who_gets_a_case_is_there_has_not_declined_and_is_not_complained_of(
    matter: Matter, tiers: list[Tier], unit: str | None, desks: list[Tier]
) -> None:
    choice = choose(matter, tiers, unit, desks)
    if choice is None:
        return
    assert choice.to not in matter.declined_by | {matter.about}
    for one in choice.candidates:
        assert one.is_present and one.person not in matter.declined_by
        assert matter.about is None or matter.about not in (one.person, one.unit)
    assert choice.is_marked == choice.to.startswith("place/")
    assert (choice.candidates == ()) == (not choice.to.startswith("person/"))


@given(MATTERS, st.lists(TIERS, max_size=3), UNITS, st.randoms(use_true_random=False))
def test_nobody_with_less_stands_behind_the_chosen_whatever_order_staff_is_read_in(
    matter: Matter, tiers: list[Tier], unit: str | None, random: st.DataObject
) -> None:
    choice = choose(matter, tiers, unit, [])
    shuffled = [Tier(tier.place, tuple(random.sample(tier.staff, len(tier.staff)))) for tier in tiers]  # type: ignore[attr-defined]
    assert choose(matter, shuffled, unit, []) == choice
    if choice and choice.candidates:
        assert choice.candidates[0].person == choice.to
        assert choice.candidates[0].load == min(one.load for one in choice.candidates)


@given(st.floats(-0.99, 0.99), st.floats(-0.99, 0.99), st.floats(1.01, 3), st.sampled_from([1, -1]))
def test_a_square_holds_what_lies_in_it_and_nothing_beside_it(x: float, y: float, off: float, side: int) -> None:
    square = (Point(-1, -1), Point(1, -1), Point(1, 1), Point(-1, 1))
    assert holds(square, Point(x, y)) and holds(square[::-1], Point(x, y))
    assert not holds(square, Point(off * side, y)) and not holds(square, Point(x, off * side))


def test_an_outline_with_a_bay_does_not_hold_the_bay() -> None:
    bay = (Point(0, 0), Point(4, 0), Point(4, 4), Point(3, 4), Point(3, 1), Point(1, 1), Point(1, 4), Point(0, 4))
    assert holds(bay, Point(0.5, 3)) and holds(bay, Point(3.5, 3)) and not holds(bay, Point(2, 3))


def test_a_degree_is_as_long_as_it_is_where_the_county_lies() -> None:
    assert 85_000 < metres(Point(112, 40), Point(113, 40)) < 86_000
    assert 111_000 < metres(Point(112, 40), Point(112, 41)) < 112_000


def worker(name: str, load: float = 0, idle_hours: int | None = None, **more: object) -> Worker:
    since = None if idle_hours is None else NOON - timedelta(hours=idle_hours)
    return Worker(f"person/{name}", load, since, **more)  # type: ignore[arg-type]


GRID = Tier("place/g", (worker("a", 2), worker("b", 1), worker("c", 3, is_present=False)))
ESTATE = Tier("place/e", (worker("chief", 9),))
DESK = Tier("place/c", (worker("clerk"),))


def chosen(matter: Matter, *tiers: Tier, unit: str | None = None, desks: tuple[Tier, ...] = (DESK,)) -> str | None:
    choice = choose(matter, tiers, unit, desks)
    return choice.to if choice else None


def test_the_least_loaded_of_the_grid_gets_it_and_the_others_are_named_with_their_loads() -> None:
    choice = choose(Matter(), [GRID, ESTATE], "unit/u", [DESK])
    assert choice and choice.to == "person/b"
    assert [(one.person, one.load) for one in choice.candidates] == [("person/b", 1), ("person/a", 2)]


def test_a_tie_goes_to_who_has_waited_longest_and_then_by_id() -> None:
    assert chosen(Matter(), Tier("place/g", (worker("a", 1, 1), worker("b", 1, 5)))) == "person/b"
    assert chosen(Matter(), Tier("place/g", (worker("a", 1, 1), worker("b", 1)))) == "person/b", "never had anything"
    assert chosen(Matter(), Tier("place/g", (worker("b", 1, 5), worker("a", 1, 5)))) == "person/a"


def test_declined_goes_to_the_next_then_up_then_to_the_unit_then_to_the_desk() -> None:
    declined: list[str] = []
    for expected in ("person/b", "person/a", "person/chief", "unit/u", "place/c"):
        assert chosen(Matter(declined_by=frozenset(declined)), GRID, ESTATE, unit="unit/u") == expected
        declined.append(expected)
    assert chosen(Matter(declined_by=frozenset(declined)), GRID, ESTATE, unit="unit/u") is None


def test_a_complaint_about_somebody_goes_past_their_whole_tier() -> None:
    assert chosen(Matter(about="person/a"), GRID, ESTATE) == "person/chief", "not to those beside them either"
    assert chosen(Matter(about="person/c"), GRID, ESTATE) == "person/chief", "away or not"
    of_the_unit = Tier("place/g", (worker("a", unit="unit/u"), worker("b")))
    assert chosen(Matter(about="unit/u"), of_the_unit, unit="unit/u") == "place/c"
    assert chosen(Matter(about="person/x", about_unit="unit/u"), unit="unit/u") == "place/c"


def test_a_desk_whose_clerk_is_complained_of_leaves_it_to_the_one_above() -> None:
    assert chosen(Matter(about="person/clerk"), desks=(DESK, Tier("place/t", ()))) == "place/t"


def test_who_has_a_say_at_a_place_without_being_asked_there_concerns_it_too() -> None:
    household = Tier("place/g", (worker("a"),), frozenset({"person/head"}))
    assert chosen(Matter(about="person/head"), household, ESTATE) == "person/chief"
    run_by_u = Tier("place/c", (), frozenset({"unit/u"}))
    for matter in (Matter(about="unit/u"), Matter(about="person/x", about_unit="unit/u")):
        assert chosen(matter, desks=(run_by_u, Tier("place/t", ()))) == "place/t"


SQUARE = (Point(0, 0), Point(0.001, 0), Point(0.001, 0.001), Point(0, 0.001))
COUNTY = Atlas(
    {
        "place/county": Site("county", None),
        "place/t": Site("town", "place/county"),
        "place/c": Site("community", "place/t"),
        "place/e1": Site("estate", "place/c", Point(0, 0)),
        "place/b1": Site("building", "place/e1", Point(0.0001, 0.0009)),
        "place/g1": Site("grid", "place/e1", Point(0.0005, 0.0005), SQUARE),
        "place/g2": Site("grid", "place/e1", Point(0.003, 0.003)),
        "place/e2": Site("estate", "place/c"),
        "place/g3": Site("grid", "place/e2", Point(0.004, 0.004)),
        "place/g4": Site("grid", "place/c", Point(1, 1)),
        "place/h": Site("party_household", "place/g4"),
        "place/round": Site("estate", "place/round"),
    }
)


def grid(place: str | None, at: tuple[float, float] | None = None) -> str | None:
    return COUNTY.grid_of(place, Point(*at) if at else None, nearest_metres=2000)


def test_the_grid_of_a_case_is_that_of_its_place_whatever_point_was_given() -> None:
    assert grid("place/g2", (0.0005, 0.0005)) == "place/g2"
    assert grid("place/h") == "place/g4", "a household lies in its grid"


def test_else_the_outline_that_holds_the_point_then_the_nearest_centre_of_the_estate() -> None:
    assert grid("place/e1", (0.0005, 0.0001)) == "place/g1"
    assert grid("place/e1", (0.0025, 0.0025)) == "place/g2"
    assert grid("place/e1", (0.004, 0.004)) == "place/g2", "g3 is nearer, in another estate"
    assert grid("place/e2", (0.0005, 0.0005)) == "place/g1", "an outline says more than a place"
    assert grid(None, (0.0005, 0.0005)) == "place/g1"
    assert grid("place/nowhere", (0.0041, 0.004)) == "place/g3"
    assert grid(None, (0.5, 0.5)) is None, "the nearest is too far"


def test_a_building_has_its_own_centre_and_a_lone_grid_needs_no_point() -> None:
    assert grid("place/b1") == "place/g1"
    assert grid("place/e2") == "place/g3"
    assert grid("place/e1") is None and grid("place/c") is None and grid("place/nowhere") is None and grid(None) is None


def test_a_circle_in_the_registry_ends() -> None:
    assert COUNTY.above("place/round", "grid") is None
    assert COUNTY.root == "place/county"
