"""Boards and books on a real PostgreSQL: sums by place of either tree, by unit, by person, by any key and by time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from projections import read
from projections.family import SHANGHAI, day_of
from tests.integration.test_read_models import NOW, County, forget, shanghai

LEVELS = ("county", "town", "community", "estate", "grid")
DAYS = [date(2024, 5, 1) + timedelta(days=number) for number in range(10)]
TREES = ("today", "then")


@pytest.fixture
def county(county_database: str) -> Iterator[County]:
    """Town t1 with community c1 (estate e1, grids g1, g2) and c2 (grid g3); c1 moves to t2 on 12 May."""
    county = County(county_database)
    for place in (("t1", "town"), ("t2", "town"), ("c1", "community", "t1"), ("c2", "community", "t1")):
        county.place(*place)
    for place in (("e1", "estate", "c1"), ("g1", "grid", "e1"), ("g2", "grid", "e1"), ("g3", "grid", "c2")):
        county.place(*place)
    county.given("place/c1", ("05-12 09:00", "place.changed", {"parent": "place/t2"}))
    yield county
    county.close()
    forget(county_database)


def board(county: County, name: str, **options: Any) -> list[Any]:
    return read.board(county.connection, county.generation, name, **{"as_of": NOW, **options}).rows


def book(county: County, name: str, **options: Any) -> list[Any]:
    return read.book(county.connection, county.generation, name, **{"as_of": NOW, **options}).rows


def act(county: County, name: str, day: str, place: str, *persons: str, unit: str | None = None) -> None:
    """One confirmed hour of volunteers."""
    data = {
        "persons": [f"person/{one}" for one in persons], "place": f"place/{place}", "kind": "home_service",
        "began": shanghai(f"{day} 09:00"), "ended": shanghai(f"{day} 10:00"), "beneficiaries": 2,
        **({"unit": f"unit/{unit}"} if unit else {}),
    }  # fmt: skip
    confirmed = (f"{day} 12:00", "volunteer.confirmed", {"by": "place/c1"})
    county.given(f"act/{name}", (f"{day} 11:00", "volunteer.acted", data), confirmed)


# boards


def test_the_whole_stands_first_and_unknown_places_keep_a_row(county: County) -> None:
    act(county, "1", "05-11", "g1", "m1", "m2")
    act(county, "2", "05-11", "g3", "m1")
    act(county, "3", "05-12", "t1", "m3")
    act(county, "4", "05-12", "lost", "m1")
    whole, *rows = board(county, "act-board")
    assert (whole.is_overall, whole.place, whole.acts, whole.confirmed_minutes) == (True, None, 4, 300)
    assert [(row.place, row.place_name, row.is_registered, row.place_level, row.acts) for row in rows] == [
        ("place/c1", "c1", True, "community", 1),
        ("place/c2", "c2", True, "community", 1),
        ("place/lost", None, False, None, 1),
        ("place/t1", "t1", True, "town", 1),  # above the level
    ]
    county.place("lost", "grid", "c2")  # a late registration
    rows = board(county, "act-board")[1:]
    assert [(row.place, row.acts) for row in rows] == [("place/c1", 1), ("place/c2", 2), ("place/t1", 1)]


def test_an_unknown_unit_keeps_its_row_until_it_is_registered(county: County) -> None:
    called = {"whistle": "w", "by": "place/t1", "kind": "ordinary", "units": [{"unit": "unit/late", "part": "lead"}]}
    county.case("1", "05-11 09:00", ("05-11 10:00", "case.whistled", called))
    told = [(row.unit, row.unit_name, row.is_registered) for row in board(county, "whistles-by-unit")[1:]]
    assert told == [("unit/late", None, False)]
    county.unit("late")
    told = [(row.unit, row.unit_name, row.is_registered) for row in board(county, "whistles-by-unit")[1:]]
    assert told == [("unit/late", "late", True)]


def test_a_board_comes_by_what_it_is_named_for(county: County) -> None:
    served = {
        "person": "person/m1", "unit": "unit/a", "community": "place/c1", "kind": "义诊",
        "began": shanghai("05-11 09:00"), "ended": shanghai("05-11 10:00"),
    }  # fmt: skip
    confirmed = ("05-12 09:00", "duty.confirmed", {"by": "place/c1"})
    county.given("duty/1", ("05-11 11:00", "duty.served", served), confirmed)
    reported = {"party": "person/m1", "community": "place/c1"}
    county.given("duty/2", ("05-01 09:00", "duty.reported", reported), confirmed)
    whole, row = board(county, "duty-by-person")
    assert (row.person, row.confirmed, row.confirmed_share) == ("person/m1", 2, 1.0)
    assert (whole.titles["person"], whole.reported) == ("党员或单位", 1)


def test_names_are_those_of_places_units_and_teams(county: County) -> None:
    county.unit("a")
    asked = ["place/c1", "unit/a", "unit/lost", "person/p", "case/1"]
    assert read.names_of(county.connection, county.generation, asked) == {"place/c1": "c1", "unit/a": "a"}
    assert read.names_of(county.connection, county.generation, ["person/p"]) == {}


def test_a_place_counts_by_todays_tree_or_by_that_of_each_day(county: County) -> None:
    act(county, "1", "05-11", "g1", "m1")
    act(county, "2", "05-12", "g1", "m1")

    def towns(tree: str, **filters: Any) -> list[tuple[str, int]]:
        return [(row.place, row.acts) for row in board(county, "act-board", level="town", tree=tree, **filters)[1:]]

    assert towns("today") == [("place/t2", 2)]
    assert towns("then") == [("place/t1", 1), ("place/t2", 1)]
    assert towns("then", place="place/t1") == [("place/t1", 1)]
    assert towns("then", place="place/t2", period="2024-05-11") == []


def test_a_board_groups_by_all_that_it_has(county: County) -> None:
    county.unit("a")
    act(county, "1", "04-30", "g1", "m1", unit="a")
    act(county, "2", "05-11", "g1", "m1", "m2", unit="a")
    act(county, "3", "05-11", "g1", "m2", unit="ghost")
    months = board(county, "acts-by-person", by=["month", "person"])
    assert [(row.month, row.person, row.acts, row.volunteers) for row in months] == [
        (None, None, 4, 2),
        ("2024-04", "person/m1", 1, 1),
        ("2024-05", "person/m1", 1, 1),
        ("2024-05", "person/m2", 2, 1),
    ]  # fmt: skip
    assert [row.year for row in board(county, "act-board", by=["year"])] == [None, "2024"]
    assert [row.day for row in board(county, "act-board", by=["day"], period="2024-05")] == [None, date(2024, 5, 11)]
    units = board(county, "acts-by-unit")
    assert [(row.unit, row.unit_name, row.is_registered, row.acts) for row in units[1:]] == [
        ("unit/a", "a", True, 2), ("unit/ghost", None, False, 1)
    ]  # fmt: skip
    (whole,) = board(county, "acts-by-unit", by=[])
    assert (whole.acts, whole.units, whole.confirmed_share) == (3, 2, 1.0)
    (whole,) = board(county, "acts-by-unit", by=[], period="2023")
    assert (whole.acts, whole.units, whole.confirmed_share) == (0, 0, None)
    one = board(county, "acts-by-unit", unit="unit/a")
    assert [(row.unit, row.is_overall, row.acts) for row in one] == [("unit/a", True, 2), ("unit/a", False, 2)]


def test_an_answer_of_a_board_is_cut_and_serialises(county: County) -> None:
    act(county, "1", "05-11", "g1", "m1")
    act(county, "2", "05-11", "g3", "m1")
    answer = read.board(county.connection, county.generation, "act-board", period="2024-05", as_of=NOW, limit=2)
    assert (len(answer), answer.is_cut, answer.generation) == (2, True, county.generation)
    assert type(answer.rows[0]).titles["place_name"] == "地点"


# the tree of then


def test_the_tree_of_then_is_that_of_a_naive_walk(county: County) -> None:
    """Places move about at random, in circles too and told in any order; every place, level and day agrees."""
    told = random.Random(5)
    places = [f"r{number}" for number in range(14)]
    levels = {name: told.choice(LEVELS) for name in places}
    moves: dict[str, list[tuple[datetime, str | None]]] = {name: [] for name in places}

    def some_time() -> str:
        return f"{told.choice(DAYS):%m-%d} {told.randrange(24):02}:{told.randrange(60):02}"

    for name in places:  # some only in the midst of it
        above = told.choice([None, *places])
        data = {"name": name, "level": levels[name], **({"parent": f"place/{above}"} if above else {})}
        county.given(f"place/{name}", (told.choice(["01-01 08:00", some_time()]), "place.registered", data))
    for _ in range(50):
        parent = {"parent": f"place/{told.choice(places)}"}
        county.given(f"place/{told.choice(places)}", (some_time(), "place.changed", parent))
    for name in places:
        moves[name] = parents_of(county, name)
    around = [DAYS[0] - timedelta(days=1), *DAYS, DAYS[-1] + timedelta(days=1)]
    for level in LEVELS:
        wanted = {name for name in places if levels[name] == level}
        found = {(place, day): holder for place, holder, day in rows(county, HOLDERS, level) if place in moves}
        walked = {(name, day): walk(moves, name, day, wanted) for name in places for day in around}
        assert found == {key: holder for key, holder in walked.items() if holder}, level
    for root in places:
        inside = {(place, day) for place, day in rows(county, BELOW, f"place/{root}")}
        assert inside == {(name, day) for name in places for day in around if walk(moves, name, day, {root})}


DAYS_BETWEEN = "join generate_series('2024-04-30'::date, '2024-05-11', '1 day') day on day::date <@ days"
HOLDERS = f"""
    select substr(place, 7), substr(holder, 7), day::date from place_at_level_then(%s) {DAYS_BETWEEN}
"""
BELOW = f"select distinct substr(place, 7), day::date from place_subtree_then(%s) {DAYS_BETWEEN}"


def parents_of(county: County, name: str) -> list[tuple[datetime, str | None]]:
    """What was told of a place's parents, by the state's own list."""
    found = rows(
        county, "select (one ->> 'since')::timestamptz, one ->> 'parent' from entity_place, "
        "jsonb_array_elements(parents) one where subject = %s", f"place/{name}"
    )  # fmt: skip
    return [(since, parent and parent.removeprefix("place/")) for since, parent in found]


def walk(
    moves: dict[str, list[tuple[datetime, str | None]]], name: str, day: date, wanted: set[str]
) -> str | None:
    """Up from a place by the parents of one day until a wanted one is found; in a circle nothing is."""
    seen: set[str] = set()
    at: str | None = name
    while at is not None and at not in seen:
        if at in wanted:
            return at
        seen.add(at)
        known = [(since, number, parent) for number, (since, parent) in enumerate(moves[at])]
        that_day = max((one for one in known if day_of(one[0]) <= day), default=None, key=lambda one: one[:2])
        at = (that_day or first_day(known))[2]
    return None


def first_day(known: list[tuple[datetime, int, str | None]]) -> tuple[datetime, int, str | None]:
    """Before the first that is known of, the parent at the end of the first day."""
    first = min(day_of(since) for since, _, _ in known)
    return max((one for one in known if day_of(one[0]) == first), key=lambda one: one[:2])


def rows(county: County, statement: str, *values: object) -> list[tuple[Any, ...]]:
    with county.connection, county.connection.cursor() as cursor:
        cursor.execute(f"set local search_path = {county.generation}")
        cursor.execute(statement, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


# books


def test_a_book_lists_the_newest_first_and_finds_in_lists(county: County) -> None:
    county.unit("a")
    county.person("m1", "volunteer")
    act(county, "1", "04-30", "g1", "m1", unit="a")
    act(county, "2", "05-11", "g3", "m1", "m2", unit="ghost")
    act(county, "3", "05-12", "lost", "m3")

    def found(**filters: Any) -> list[str]:
        return [row.subject for row in book(county, "acts", **filters)]

    assert found() == ["act/3", "act/2", "act/1"]
    assert found(period="2024-05") == ["act/3", "act/2"]
    assert found(place="place/t2") == found(unit="unit/a") == found(subject="act/1") == ["act/1"]
    assert found(person="person/m2") == ["act/2"]
    assert found(person="person/m", place="place/lost") == []
    rows = book(county, "acts")
    assert [(row.place_name, row.unit_name, row.unknown) for row in rows] == [
        (None, None, ["person/m3", "place/lost"]), ("g3", None, ["person/m2", "unit/ghost"]), ("g1", "a", [])
    ]  # fmt: skip
    assert rows[2].began == datetime(2024, 4, 30, 1, tzinfo=UTC)
    assert rows[1].persons == ["person/m1", "person/m2"]


def test_columns_of_a_book_are_computed(county: County) -> None:
    county.given(
        "team/1", ("05-01 09:00", "team.formed", {"kind": "patrol", "place": "place/g1"}),
        ("05-02 09:00", "team.joined", {"person": "person/m1"}),
    )  # fmt: skip
    (row,) = book(county, "teams", person="person/m1")
    assert (row.member_count, row.place_name, row.kind) == (1, "g1", "patrol")


# freshness and silence


def test_nothing_sent_is_told_from_a_zero(county: County) -> None:
    for name, rhythm in (("hourly", 60), ("daily", 24 * 60), ("free", None)):
        data = {"name": name, "sources": [f"urn:{name}"], "rate_per_second": 10}
        rhythmic = data if rhythm is None else data | {"rhythm_minutes": rhythm}
        county.given(f"publisher/{name}", ("05-10 08:00", "publisher.registered", rhythmic))
    heard(county, "urn:hourly", "05-10 23:30", 5)
    heard(county, "urn:daily", "05-10 12:00", 1)
    heard(county, "urn:daily", "05-12 12:00", 2)
    silence = read.named(county.connection, county.generation, "silence", period="2024-05-10..2024-05-12", as_of=NOW)
    assert [(row.subject.removeprefix("publisher/"), row.day.day, row.events, row.is_missed) for row in silence] == [
        ("daily", 12, 2, False), ("free", 12, None, False), ("hourly", 12, None, True),
        ("daily", 11, None, True), ("free", 11, None, False), ("hourly", 11, None, True),
        ("daily", 10, 1, False), ("free", 10, None, False), ("hourly", 10, 5, False),
    ]  # fmt: skip
    at_noon = datetime(2024, 5, 12, 12, 30, tzinfo=SHANGHAI)
    answer = read.named(county.connection, county.generation, "publishers", as_of=at_noon)
    known = {row.subject: row for row in answer}
    assert [known[f"publisher/{name}"].is_missed for name in ("hourly", "daily", "free")] == [True, False, False]
    assert known["publisher/hourly"].silent_since == datetime(2024, 5, 10, 15, 30, tzinfo=UTC)
    assert (known["publisher/daily"].events, known["publisher/daily"].events_today) == (3, 2)
    assert (known["urn:test"].is_registered, known["urn:test"].sources) == (False, ["urn:test"])
    fresh = read.board(county.connection, county.generation, "act-board", as_of=at_noon).freshness
    assert fresh is not None
    assert fresh.missed_publishers == 1


def test_a_publisher_that_falls_silent_shows_as_missed_and_one_that_is_back_does_not(county: County) -> None:
    """From its own events alone: registered, heard of, silent, heard of again."""
    data = {"name": "热线", "sources": ["urn:test"], "rate_per_second": 10, "rhythm_minutes": 120}
    county.given("publisher/hotline", ("05-10 08:00", "publisher.registered", data))
    county.case("1", "05-10 10:00")

    def state(time: str) -> tuple[bool, int, int]:
        as_of = datetime.fromisoformat(shanghai(time))
        (row,) = read.named(county.connection, county.generation, "publishers", as_of=as_of)
        fresh = read.board(county.connection, county.generation, "five-tickets", as_of=as_of).freshness
        assert fresh is not None
        return row.is_missed, row.events_today, fresh.missed_publishers

    assert [is_missed for is_missed, _, _ in map(state, ("05-10 12:00", "05-10 12:01"))] == [False, True]
    assert state("05-10 12:01")[2] == 1
    assert state("05-11 09:00") == (True, 0, 1), "漏报, and no zero"
    county.case("2", "05-11 09:30")
    assert state("05-11 10:00") == (False, 1, 0)


def heard(county: County, source: str, time: str, events: int) -> None:
    """So many events of a source, the last at a time."""
    with county.connection, county.connection.cursor() as cursor:
        cursor.execute(f"set local search_path = {county.generation}")
        cursor.execute(
            "insert into watermark (partition, source, day, events, newest_time, newest_stamp) "
            "values (0, %s, %s, %s, %s, %s)",
            (source, f"2024-{time[:5]}", events, shanghai(time), shanghai(time)),
        )
