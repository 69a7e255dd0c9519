"""What is computed on read, on a real PostgreSQL: given events, the figures are those worked out by hand."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg2
import pytest

from ledger.event import latest
from ledger.partition import partition_of
from ledger.record import Batch, StoredRecord
from ledger.submission import check, stored
from ledger.topics import LEDGER, PARTITIONS, Topic
from projections import read
from projections.families import fingerprint
from projections.read import QuestionRefused
from projections.rules import ThreeRates, UnitAssessment, default_preset, install_functions, preset
from projections.store.apply import Lane
from projections.store.cache import StateCache
from projections.store.connection import connect
from projections.store.generation import bind_topic, ensure_generation, make_generation
from tests.fixed_keys import FixedKeys

NOW = datetime(2024, 6, 30, 12, tzinfo=UTC)
MAY = "2024-05"


def shanghai(text: str) -> str:
    """`05-10 11:59` -> `2024-05-10T11:59:00+08:00`."""
    return f"2024-{text.replace(' ', 'T')}:00+08:00"


class County:
    """A generation to feed with events and to ask. `time` is the last event's, `MM-DD HH:MM` in Shanghai."""

    def __init__(self, database_url: str) -> None:
        self.connection = connect(database_url, "test of read models")
        bind_topic(self.connection, Topic(LEDGER, "test", PARTITIONS))
        self.generation = ensure_generation(self.connection, fingerprint())
        with self.connection, self.connection.cursor() as cursor:
            cursor.execute(f"set local search_path = {self.generation}")
            install_functions(cursor)
        self._lane = Lane(database_url, fingerprint(), PARTITIONS, StateCache(), threading.Event())
        self._next: dict[int, int] = defaultdict(int)
        self._told = 0

    def given(self, subject: str, *events: tuple[str, str, dict[str, Any]], authid: str = "test/1") -> None:
        """Events of one stream: (time, type, data)."""
        told = [self._event(subject, *event) | {"authid": authid} for event in events]
        assert self.given_all(told) == len(events)

    def given_all(self, events: Iterable[dict[str, Any]], now: datetime = NOW) -> int:
        """Events of any streams, as they are submitted; how many were folded."""
        records: dict[int, list[StoredRecord]] = defaultdict(list)
        for one in stored([check(event, now) for event in events], FixedKeys()):
            partition = partition_of(one.key, PARTITIONS)
            offset = self._next[partition]
            records[partition].append(StoredRecord(offset, int(now.timestamp() * 1000), one.key, one.value))
            self._next[partition] += 1
        batches = [Batch(partition, told, told[0].offset) for partition, told in records.items()]
        return sum(self._lane.apply(batch).folded for batch in batches)

    def ask(self, question: str, **arguments: Any) -> Any:
        """The answer to one of `projections.read`."""
        return getattr(read, question)(self.connection, self.generation, **{"as_of": NOW, **arguments})

    def row(self, question: str, subject: str | None, **arguments: Any) -> Any:
        """The answer's row of one subject."""
        (found,) = [row for row in self.ask(question, **arguments) if row.subject == subject]
        return found

    def close(self) -> None:
        """Closes both connections."""
        self._lane.close()
        self.connection.close()

    def _event(self, subject: str, time: str, type_: str, data: dict[str, Any]) -> dict[str, Any]:
        self._told += 1
        return {
            "specversion": "1.0", "id": f"{self._told}", "source": "urn:test", "type": type_,
            "dataschema": latest[type_].dataschema, "subject": subject, "time": shanghai(time), "authid": "test/1",
            "data": data,
        }  # fmt: skip

    def place(self, name: str, level: str, parent: str | None = None, **more: Any) -> None:
        """Registers `place/<name>`."""
        data = {"name": name, "level": level, **({"parent": f"place/{parent}"} if parent else {}), **more}
        self.given(f"place/{name}", ("01-01 08:00", "place.registered", data))

    def unit(self, name: str, community: str = "c1") -> None:
        """Registers `unit/<name>`, paired with a community."""
        paired = {"mode": "1+1", "community": f"place/{community}"}
        self.given(
            f"unit/{name}",
            ("01-01 08:00", "unit.registered", {"name": name, "kind": "government"}),
            ("01-01 09:00", "unit.paired", paired),
        )

    def person(self, name: str, role: str, **more: Any) -> None:
        """Registers `person/<name>`."""
        self.given(
            f"person/{name}", ("01-01 08:00", "person.registered", {"name": name, "roles": [role], **more})
        )

    def case(self, name: str, time: str, *events: tuple[str, str, dict[str, Any]], **more: Any) -> None:
        """Discovers `case/<name>` at place/g1, and what follows."""
        data = {
            "channel": "hotline", "demand": "complaint", "category": "停车管理", "urgency": "ordinary",
            "text": "占道", "place": "place/g1", **more,
        }  # fmt: skip
        self.given(f"case/{name}", (time, "case.discovered", data), *events)


Told = tuple[str, str, dict[str, Any]]


def dispatched(time: str, sign_in_due: str, handle_due: str, to: str = "person/w1", **more: Any) -> Told:
    dues = {"sign_in_due": shanghai(sign_in_due), "handle_due": shanghai(handle_due)}
    return (time, "case.dispatched", {"to": to, "rule": "r", **dues, **more})


def whistled(time: str, lead: str, *assist: str, due: str = "05-12 10:00", name: str = "w1") -> Told:
    """One due for reporting and handling."""
    called = [
        {"unit": f"unit/{lead}", "part": "lead"},
        *({"unit": f"unit/{one}", "part": "assist"} for one in assist),
    ]
    data = {"whistle": name, "by": "place/t1", "kind": "ordinary", "units": called}
    return (time, "case.whistled", {**data, "report_due": shanghai(due), "handle_due": shanghai(due)})


def reported(time: str, unit: str) -> Told:
    return (time, "case.reported", {"whistle": "w1", "unit": f"unit/{unit}"})


def handled(time: str, by: str, resolved: bool = True) -> Told:
    whistle = {"whistle": "w1"} if by.startswith("unit/") else {}
    return (time, "case.handled", {"by": by, "resolved": resolved, "measures": "清理", **whistle})


def called_back(
    time: str, satisfaction: str = "satisfied", resolved: bool = True, contacted: bool = True
) -> Told:
    answers = {"contacted": contacted, "resolved": resolved, "satisfaction": satisfaction}
    return (time, "case.rated", {"by": "call_back", "reached": True, **answers})


@pytest.fixture
def county(county_database: str) -> Iterator[County]:
    """A county that knows its places alone: t1 with c1 (estate e1, grids g1, g2) and c2 (grid g3)."""
    county = County(county_database)
    for place in (
        ("t1", "town"),
        ("c1", "community", "t1"),
        ("c2", "community", "t1"),
        ("e1", "estate", "c1"),
    ):
        county.place(*place)
    for grid, parent in (("g1", "e1"), ("g2", "e1"), ("g3", "c2")):
        county.place(grid, "grid", parent)
    yield county
    county.close()
    forget(county_database)


def forget(database_url: str) -> None:
    """Empties the database, so that the next county begins at offset 0. Tables stay: making them all takes long."""
    connection = psycopg2.connect(database_url)
    with connection, connection.cursor() as cursor:
        cursor.execute("select name from shanzhi.generation where name not in (select generation from shanzhi.current)")
        for (name,) in cursor.fetchall():
            cursor.execute(f"drop schema {name} cascade; delete from shanzhi.generation where name = '{name}'")
        cursor.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables "
            "where schemaname in (select generation from shanzhi.current) and tablename <> 'position'"
        )
        emptied = "; ".join(f"delete from {table}" for (table,) in cursor.fetchall())
        cursor.execute(f"{emptied}; delete from shanzhi.event_index; delete from shanzhi.index_position")
        cursor.execute("select generation from shanzhi.current")
        for (name,) in cursor.fetchall():
            cursor.execute(f"update {name}.position set next = 0, last_hash = null")
    connection.close()


# three rates


def test_a_call_back_belongs_to_the_window_that_closes_at_noon(county: County) -> None:
    county.case("1", "05-08 09:00", called_back("05-10 11:59"))
    county.case("2", "05-08 09:00", called_back("05-09 12:00"))
    county.case("3", "05-08 09:00", called_back("05-10 12:00", "dissatisfied", resolved=False))
    day = county.row("rates", None, period="2024-05-10")
    assert (day.valid, day.satisfied, day.score) == (2, 2, 100.0)
    after = county.row("rates", None, period="2024-05-11")
    assert (after.valid, after.response, after.resolution, after.satisfaction) == (1, 1.0, 0.0, 0.0)
    assert after.score == 10.0, "10 × 1 + 50 × 0 + 40 × 0"
    both = county.row("rates", None, period="2024-05-10..2024-05-11")
    assert both.score == 70.0, "10 × 3/3 + 50 × 2/3 + 40 × 2/3"


def test_the_last_rating_in_the_window_counts_and_fairly_is_nine_tenths(county: County) -> None:
    county.case(
        "1", "05-08 09:00", called_back("05-10 09:00", "dissatisfied"), called_back("05-10 10:00", "fairly")
    )
    day = county.row("rates", None, period="2024-05-10")
    assert (day.valid, day.fairly, day.dissatisfied, day.satisfaction, day.score) == (1, 1, 0, 0.9, 96.0)
    assert county.row("rates", None, period="2024-05-10", rule="zhungeer").score == 96.5, "30 + 35 + 35 × 0.9"


def test_a_rating_of_a_later_window_leaves_the_earlier_one_alone(county: County) -> None:
    county.case("1", "05-08 09:00", called_back("05-10 09:00"), called_back("05-10 13:00", "dissatisfied"))
    assert county.row("rates", None, period="2024-05-10").satisfied == 1
    assert county.row("rates", None, period="2024-05-11").dissatisfied == 1
    assert county.row("rates", None, period=MAY).valid == 2


def test_without_a_valid_call_back_there_is_no_score(county: County) -> None:
    by_resident = {
        "by": "resident",
        "reached": True,
        "contacted": True,
        "resolved": True,
        "satisfaction": "satisfied",
    }
    county.case(
        "1", "05-08 09:00",
        ("05-10 09:00", "case.rated", {"by": "call_back", "reached": False}),
        ("05-10 10:00", "case.rated", {"by": "call_back", "reached": True, "satisfaction": "satisfied"}),
        ("05-10 11:00", "case.rated", by_resident),
    )  # fmt: skip
    grid = county.row("rates", "place/g1", period=MAY)
    assert (grid.called, grid.valid, grid.response, grid.score) == (1, 0, None, None)


def test_an_unanswered_call_back_does_not_undo_a_valid_one(county: County) -> None:
    unanswered = ("05-10 11:00", "case.rated", {"by": "call_back", "reached": False})
    county.case("1", "05-08 09:00", called_back("05-10 09:00"), unanswered)
    assert county.row("rates", None, period=MAY).score == 100.0


def test_excluded_cases_and_disputed_ratings_are_shown_both_ways(county: County) -> None:
    disputed: Told = ("05-11 09:00", "case.disputed", {"by": "unit/a", "about": "rating"})
    excluded: Told = ("05-11 09:00", "case.excluded", {"reason": "重复", "reviewer": "person/r"})
    county.case("1", "05-08 09:00", called_back("05-10 09:00"))
    county.case("2", "05-08 09:00", called_back("05-10 09:00", "dissatisfied", resolved=False), excluded)
    county.case("3", "05-08 09:00", called_back("05-10 09:00", "fairly", resolved=False), disputed)
    row = county.row("rates", None, period=MAY)
    assert (row.valid, row.valid_excluded, row.valid_disputed) == (2, 1, 1)
    assert row.score == 73.0, "cases 1 and 3: 10 + 50 × 1/2 + 40 × 1.9/2"
    assert row.score_with_excluded == 52.0, "all: 10 + 50 × 1/3 + 40 × 1.9/3"
    assert row.score_without_disputed == 100.0, "case 1 alone"
    assert row.score_with_excluded_without_disputed == 55.0, "cases 1 and 2: 10 + 25 + 20"


@pytest.mark.parametrize(("upheld", "score"), [(True, None), (False, 10.0)])
def test_a_ruled_dispute_is_shown_one_way(county: County, upheld: bool, score: float | None) -> None:
    county.case(
        "1", "05-08 09:00", called_back("05-10 09:00", "dissatisfied", resolved=False),
        ("05-11 09:00", "case.disputed", {"by": "unit/a", "about": "rating"}),
        ("05-12 09:00", "case.dispute_ruled", {"upheld": upheld}),
    )  # fmt: skip
    row = county.row("rates", None, period=MAY)
    assert (row.score, row.score_without_disputed, row.valid_disputed) == (score, score, 0)


def test_a_dispute_is_about_the_rating_before_it(county: County) -> None:
    county.case(
        "1", "05-08 09:00", called_back("05-10 09:00"),
        ("05-11 09:00", "case.disputed", {"by": "unit/a", "about": "rating"}),
        called_back("05-12 09:00", "dissatisfied"),
    )  # fmt: skip
    assert county.row("rates", None, period="2024-05-10").valid_disputed == 1
    assert county.row("rates", None, period="2024-05-12").valid_disputed == 0


def test_rates_roll_up_the_tree_and_unknown_places_stay_visible(county: County) -> None:
    for name, place in (("1", "g1"), ("2", "g2"), ("3", "g3"), ("4", "c1"), ("5", "nowhere")):
        county.case(name, "05-08 09:00", called_back("05-10 09:00"), place=f"place/{place}")
    by_community = {row.subject: row for row in county.ask("rates", level="community", period=MAY)}
    assert {subject: row.valid for subject, row in by_community.items()} == {
        None: 5, "place/c1": 3, "place/c2": 1, "place/nowhere": 1
    }  # fmt: skip
    assert by_community["place/c1"].name == "c1"
    assert (by_community["place/nowhere"].name, by_community["place/nowhere"].is_registered) == (None, False)
    by_grid = [row.subject for row in county.ask("rates", level="grid", place="place/c1", period=MAY)]
    assert by_grid == ["place/c1", "place/c1", "place/g1", "place/g2"], "the whole of c1, then its own cases"


def test_a_case_counts_in_the_grid_of_its_dispatch(county: County) -> None:
    dispatch = dispatched("05-08 10:00", "05-08 12:00", "05-15 10:00", grid="place/g3")
    county.case("1", "05-08 09:00", dispatch, called_back("05-10 09:00"))
    assert county.row("rates", "place/g3", period=MAY).valid == 1


# the league of units


def indicators(row: Any) -> dict[str, tuple[float, float]]:
    """(numerator, denominator) of what was measured."""
    return {one.indicator: (one.numerator, one.denominator) for one in row.indicators if one.is_measured}


def test_a_late_report_costs_points_and_an_assistant_answers_for_itself(county: County) -> None:
    county.unit("a")
    county.unit("b")
    county.case(
        "1", "05-10 09:00", whistled("05-10 10:00", "a", "b"),
        reported("05-10 12:00", "a"), reported("05-13 12:00", "b"),
        handled("05-11 10:00", "unit/b"), handled("05-11 12:00", "unit/a"),
        called_back("05-12 09:00", "fairly"),
    )  # fmt: skip
    lead, assistant = county.row("units", "unit/a", period=MAY), county.row("units", "unit/b", period=MAY)
    assert indicators(lead) == {"report": (1, 1), "handle": (1, 1), "satisfaction": (0.9, 1)}
    assert lead.total == 97.14, "100 × (25 + 25 + 20 × 0.9) / 70"
    assert indicators(assistant) == {"report": (0, 1), "handle": (1, 1), "satisfaction": (1, 1)}
    assert assistant.total == 64.29, "100 × (0 + 25 + 20) / 70"
    assert (lead.rank, assistant.rank, lead.measured_weight, lead.is_ranked) == (1, 2, 70, True)
    assert (lead.grade, assistant.grade) == ("优秀", "一般"), "nothing known of members keeps no grade away"
    assert county.row("units", "unit/b", period=MAY, rule="bengbu").grade == "合格"
    (report,) = [one for one in lead.indicators if one.indicator == "report"]
    assert (report.weight, report.points, report.points_of) == (25, 35.71, 35.71), "idle weights went to it"


def test_an_unresolved_or_missing_handling_is_none(county: County) -> None:
    county.case(
        "1", "05-10 09:00", whistled("05-10 10:00", "a", "b", "c"),
        handled("05-11 10:00", "unit/b", resolved=False), handled("05-11 12:00", "unit/a"),
    )  # fmt: skip
    shares = {row.subject: indicators(row)["handle"] for row in county.ask("units", period=MAY)}
    assert shares == {"unit/a": (1, 1), "unit/b": (0, 1), "unit/c": (0, 1)}
    assert not county.row("units", "unit/c", period=MAY).is_registered, "known from the whistle alone"


def test_what_is_not_yet_due_is_not_judged(county: County) -> None:
    county.case("1", "05-10 09:00", whistled("05-10 10:00", "a", due="05-12 10:00"))
    before = datetime(2024, 5, 12, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai, to the second
    assert indicators(county.row("units", "unit/a", period=MAY, as_of=before)) == {}
    after = before.replace(second=1)
    assert indicators(county.row("units", "unit/a", period=MAY, as_of=after)) == {
        "report": (0, 1),
        "handle": (0, 1),
    }


def test_a_withdrawn_case_asks_for_no_handling(county: County) -> None:
    county.case("1", "05-10 09:00", whistled("05-10 10:00", "a"), ("05-11 10:00", "case.withdrawn", {}))
    assert indicators(county.row("units", "unit/a", period=MAY)) == {}


@pytest.mark.parametrize(("time", "is_in_time"), [("05-12 14:00", True), ("05-12 14:01", False)])
def test_paused_time_does_not_count_and_overlapping_pauses_count_once(
    county: County, time: str, is_in_time: bool
) -> None:
    county.case(
        "1", "05-10 09:00", whistled("05-10 10:00", "a", due="05-12 10:00"),
        ("05-11 08:00", "case.paused", {"reason": "雨"}), ("05-11 09:00", "case.paused", {"reason": "雨"}),
        ("05-11 12:00", "case.resumed", {}), reported(time, "a"), handled(time, "unit/a"),
    )  # fmt: skip
    assert indicators(county.row("units", "unit/a", period=MAY)) == {
        "report": (is_in_time, 1), "handle": (is_in_time, 1)
    }  # fmt: skip
    (case,) = county.ask("cases", subject="case/1")
    assert [one.is_handled_in_time for one in case.units] == [is_in_time]


def test_a_reopened_case_is_unresolved_until_handled_again(county: County) -> None:
    steps = [
        whistled("05-10 10:00", "a"),
        handled("05-11 12:00", "unit/a"),
        ("05-11 18:00", "case.reopened", {}),
    ]
    county.case("1", "05-10 09:00", *steps)
    assert indicators(county.row("units", "unit/a", period=MAY))["handle"] == (0, 1)
    county.given("case/1", handled("05-11 20:00", "person/w1"))
    assert indicators(county.row("units", "unit/a", period=MAY))["handle"] == (1, 1)


def test_an_obligation_belongs_to_the_month_in_which_its_whistle_blew(county: County) -> None:
    county.case("1", "04-30 09:00", whistled("04-30 23:59", "a"), reported("05-01 09:00", "a"))
    county.case("2", "04-30 09:00", whistled("05-01 00:00", "a"))
    assert indicators(county.row("units", "unit/a", period="2024-04"))["report"] == (1, 1)
    assert indicators(county.row("units", "unit/a", period=MAY))["report"] == (0, 1)
    assert indicators(county.row("units", "unit/a", period="2024-04..2024-05"))["report"] == (1, 2)


def test_excluded_cases_are_left_out_of_satisfaction(county: County) -> None:
    county.case(
        "1", "05-10 09:00", whistled("05-10 10:00", "a"), handled("05-11 12:00", "unit/a"),
        called_back("05-12 09:00", "dissatisfied"),
        ("05-13 09:00", "case.excluded", {"reason": "重复", "reviewer": "person/r"}),
    )  # fmt: skip
    assert "satisfaction" not in indicators(county.row("units", "unit/a", period=MAY))


def test_a_contested_obligation_is_shown_both_ways_until_ruled(county: County) -> None:
    county.case(
        "1",
        "05-10 09:00",
        whistled("05-10 10:00", "a"),
        reported("05-11 09:00", "a"),
        handled("05-11 10:00", "unit/a"),
    )
    county.case(
        "2", "05-10 09:00", whistled("05-10 10:00", "a"),
        ("05-11 09:00", "case.disputed", {"by": "unit/a", "about": "jurisdiction"}),
    )  # fmt: skip
    row = county.row("units", "unit/a", period=MAY)
    assert (row.total, row.total_uncontested, row.contested) == (50.0, 100.0, 1)
    county.given("case/2", ("05-12 09:00", "case.dispute_ruled", {"upheld": True}))
    row = county.row("units", "unit/a", period=MAY)
    assert (row.total, row.total_uncontested, row.contested) == (100.0, 100.0, 0)


def serve(county: County, name: str, began: str, ended: str, person: str = "m1", **more: Any) -> None:
    """A confirmed service of unit/a in c1."""
    data = {"person": f"person/{person}", "unit": "unit/a", "community": "place/c1", "kind": "义诊"}
    span = {"began": shanghai(began), "ended": shanghai(ended)}
    county.given(
        f"duty/{name}",
        (ended, "duty.served", {**data, **span, "beneficiaries": 3, **more}),
        ("05-20 09:00", "duty.confirmed", {"by": "place/c1"}),
    )


def members(county: County, *names: str) -> None:
    for name in names:
        county.person(name, "in_service_member", unit="unit/a", community="place/c1")


def test_duty_against_the_target_and_below_half_of_the_weights_no_rank(county: County) -> None:
    county.unit("a")
    members(county, "m1", "m2")
    report = {"party": "person/m1", "unit": "unit/a", "community": "place/c1"}
    county.given("duty/r1", ("03-01 09:00", "duty.reported", report))
    serve(county, "1", "05-11 09:00", "05-11 11:05")
    unconfirmed = {"person": "person/m2", "unit": "unit/a", "community": "place/c1", "kind": "义诊"}
    span = {"began": shanghai("05-11 09:00"), "ended": shanghai("05-11 12:00")}
    county.given("duty/2", ("05-11 12:00", "duty.served", unconfirmed | span))
    row = county.row("units", "unit/a", period=MAY)
    assert indicators(row) == {"duty_reporting": (1, 2), "duty_service": (125, 500)}
    assert row.total == 37.5, "100 × (7.5 × 1/2 + 7.5 × 125/500) / 15"
    assert (row.measured_weight, row.is_ranked, row.rank, row.grade) == (15, False, None, None)
    roll = county.row("duty", "unit/a", period=MAY)
    assert (roll.members, roll.reported, roll.services, roll.confirmed) == (2, 1, 2, 1)
    assert (roll.confirmed_minutes, roll.target_minutes, roll.target_share) == (125, 500, 0.25)
    community = county.row("duty", "place/c1", by="community", period=MAY)
    assert (community.name, community.members, community.services, community.beneficiaries) == ("c1", 2, 2, 3)
    assert county.row("duty", "unit/a", period="2024").target_minutes == 6000, "50 h a year each"


def test_reporting_below_95_percent_keeps_the_best_grade_away(county: County) -> None:
    steps = [whistled("05-10 10:00", "a"), reported("05-11 09:00", "a"), handled("05-11 10:00", "unit/a")]
    county.case("1", "05-10 09:00", *steps)
    assert county.row("units", "unit/a", period=MAY).grade == "优秀"
    members(county, "m1")
    only_service = default_preset(UnitAssessment)
    parameters = msgspec.structs.replace(only_service.parameters, duty_reporting_percent=0)
    rule = msgspec.structs.replace(only_service, version="what-if", parameters=parameters)
    serve(county, "1", "05-11 09:00", "05-11 13:10")
    row = county.row("units", "unit/a", period=MAY, rule=rule)
    assert (row.total, row.grade) == (100.0, "良好"), "every point, but nobody reported"
    assert county.ask("units", period=MAY, rule=rule).rules[0].version == "what-if"


def test_one_act_is_credited_once(county: County) -> None:
    members(county, "m1", "m2")
    serve(county, "1", "05-11 09:00", "05-11 10:00")
    serve(county, "2", "05-11 09:30", "05-11 10:30")  # overlaps
    serve(county, "3", "05-11 10:00", "05-11 11:00", act="deed/7")  # begins as the first ends
    serve(county, "4", "05-12 10:00", "05-12 11:00", act="deed/7")  # the same deed
    serve(county, "5", "05-11 09:30", "05-11 10:30", person="m2")  # somebody else
    row = county.row("duty", "unit/a", period=MAY)
    assert (row.confirmed_minutes, row.credited_minutes) == (300, 180)
    act = {
        "persons": ["person/m1", "person/m2"],
        "place": "place/g1",
        "kind": "home_service",
        "beneficiaries": 4,
    }
    span = {"began": shanghai("05-11 10:30"), "ended": shanghai("05-11 11:30")}
    county.given(
        "act/1", ("05-11 12:00", "volunteer.acted", act | span),
        ("05-12 09:00", "volunteer.confirmed", {"by": "place/c1"}),
    )  # fmt: skip
    first, second = (county.row("volunteers", f"person/m{number}", period=MAY) for number in (1, 2))
    assert (first.acts, first.confirmed_minutes, first.credited_minutes, first.points) == (1, 60, 120, 2.0)
    assert (second.credited_minutes, second.points) == (120, 2.0), "its service and the act"
    place = county.row("volunteers", "place/g1", by="place", period=MAY)
    assert (place.acts, place.confirmed, place.confirmed_minutes, place.beneficiaries) == (1, 1, 120, 4)
    assert [row.subject for row in county.ask("volunteers", by="place", place="place/c2", period=MAY)] == []
    assert county.row("duty", "place/c1", by="community", period=MAY).act_minutes == 120


# grids and workers


def test_open_cases_weigh_by_urgency(county: County) -> None:
    county.person("w1", "grid_worker", community="place/c1")
    post = {"person": "person/w1", "role": "grid_worker", "chosen": "hired"}
    county.given("place/g1", ("01-02 08:00", "place.staffed", post))
    county.case(
        "1", "05-10 09:00", dispatched("05-10 09:05", "05-10 12:00", "05-10 11:00"), urgency="emergency"
    )
    county.case("2", "05-10 09:00", dispatched("05-10 09:05", "05-10 12:00", "06-30 22:00"))
    county.case("3", "05-10 09:00", place="place/g2", urgency="urgent")
    county.case("4", "05-10 09:00", ("05-10 10:00", "case.withdrawn", {}))
    rows = county.ask("grids", period=MAY).rows
    assert [(row.subject, row.open, row.load, row.overdue) for row in rows] == [
        ("place/g1", 2, 4.0, 1), ("place/g2", 1, 2.0, 0), ("place/g3", 0, 0.0, 0)
    ]  # fmt: skip
    assert (rows[0].workers, rows[0].parent_name) == (["person/w1"], "e1")
    worker = county.row("workers", "person/w1", period=MAY)
    assert (worker.open, worker.load, worker.overdue, worker.dispatched, worker.handled) == (2, 4.0, 1, 2, 0)
    assert [(post.place, post.name) for post in worker.grids] == [("place/g1", "g1")]
    assert [row.subject for row in county.ask("grids", period=MAY, place="place/c2")] == ["place/g3"]
    assert county.ask("workers", period=MAY, place="place/c2").rows == []


def test_the_month_of_a_grid(county: County) -> None:
    county.case(
        "1", "05-10 09:00", dispatched("05-10 09:05", "05-10 11:05", "05-12 09:00"),
        ("05-10 10:00", "case.accepted", {}), handled("05-11 09:00", "person/w1"), called_back("05-12 09:00"),
    )  # fmt: skip
    county.case(
        "2", "05-10 09:00", dispatched("05-10 09:05", "05-10 11:05", "05-12 09:00"),
        ("05-10 12:00", "case.accepted", {}), whistled("05-10 13:00", "a"), handled("05-13 09:00", "unit/a"),
    )  # fmt: skip
    county.case("3", "06-01 00:00", dispatched("06-01 09:05", "06-01 11:05", "06-12 09:00"))
    grid = county.row("grids", "place/g1", period=MAY)
    measured = {one.term: (one.numerator, one.denominator) for one in grid.terms if one.is_measured}
    assert measured == {
        "in_time": (1, 2),
        "solved_in_grid": (1, 2),
        "satisfaction": (1, 1),
        "patrols": (0, 4),
        "visits": (0, 10),
        "sign_in": (1, 2),
    }
    assert (grid.cases, grid.operation, grid.duty, grid.staff) == (2, 65.0, 0.0, 50.0)
    assert grid.score == 42.5, "50 × 65 + 30 × 0 + 20 × 50: nobody patrolled or visited"
    assert grid.measured == 90.0, "50 × 100 % + 30 × 100 % + 20 × 50 %"


# the case book


def test_the_case_book_and_its_filters(county: County) -> None:
    county.unit("a")
    county.case("1", "04-30 09:00", whistled("04-30 10:00", "a", "x"), reported("04-30 12:00", "a"))
    county.case("2", "05-10 09:00", dispatched("05-10 09:05", "05-10 12:00", "05-11 09:00"), place="place/g3")
    county.case(
        "3",
        "05-11 09:00",
        handled("05-11 10:00", "person/w2"),
        ("05-11 11:00", "case.closed", {}),
        place="place/lost",
    )

    def found(**filters: Any) -> list[str]:
        return [row.subject for row in county.ask("cases", **filters)]

    assert found() == ["case/3", "case/2", "case/1"]
    assert found(period=MAY) == ["case/3", "case/2"]
    assert found(place="place/c2") == found(person="person/w1") == found(overdue=True) == ["case/2"]
    assert found(unit="unit/x") == ["case/1"]
    assert found(is_open=True) == ["case/2", "case/1"]
    assert found(is_open=False) == found(person="person/w2") == ["case/3"]
    rows = {row.subject: row for row in county.ask("cases")}
    assert {row.subject: row.status for row in rows.values()} == {
        "case/1": "reported", "case/2": "dispatched", "case/3": "closed"
    }  # fmt: skip
    assert [(one.unit, one.name, one.is_reported_in_time) for one in rows["case/1"].units] == [
        ("unit/a", "a", True), ("unit/x", None, False)
    ]  # fmt: skip
    assert rows["case/1"].unknown == ["unit/x"]
    assert rows["case/3"].unknown == ["person/w2", "place/lost"]
    assert (rows["case/2"].place_name, rows["case/2"].is_overdue) == ("g3", True)


def test_an_answer_is_cut_at_its_limit_and_says_so(county: County) -> None:
    for number in range(3):
        county.case(f"{number}", "05-10 09:00")
    cut = county.ask("cases", limit=2)
    assert (len(cut), cut.is_cut) == (2, True)
    assert not county.ask("cases", limit=3).is_cut
    with pytest.raises(QuestionRefused, match="Ask for 1 to 10000"):
        county.ask("cases", limit=0)


def test_the_funnel_has_two_branches(county: County) -> None:
    county.case("1", "05-10 09:00", handled("05-11 09:00", "person/w1"))
    county.case(
        "2", "05-10 09:00", whistled("05-10 10:00", "a"), handled("05-11 12:00", "unit/a"), place="place/g3"
    )
    whole, first, second = county.ask("funnel", period=MAY).rows
    assert (whole.subject, whole.is_overall, whole.discovered, whole.handled) == (None, True, 2, 2)
    assert (first.name, first.handled_in_grid, first.whistled) == ("c1", 1, 0)
    assert (second.name, second.handled_in_grid, second.whistled) == ("c2", 0, 1)
    assert county.ask("funnel", period="2024-04").rows[0].discovered == 0


def test_anomalies_are_listed_and_counted(county: County) -> None:
    county.case("1", "05-10 09:00", called_back("05-10 10:00"), called_back("05-10 11:00"))
    rows = county.ask("anomalies", subject="case/1").rows
    assert [(row.event, row.reason) for row in rows] == [("case.rated", "rated before it was handled")] * 2
    assert rows[0].offset + 1 == rows[1].offset
    (counted,) = county.ask("anomaly_reasons", family="case").rows
    assert (counted.family, counted.events, counted.subjects) == ("case", 2, 1)
    assert county.ask("anomalies", family="duty").rows == []


# whatever comes


def test_times_in_any_order_are_read_without_an_error(county: County) -> None:
    county.case(
        "1", "05-10 09:00", dispatched("05-10 09:05", "05-10 08:00", "05-09 09:00"),
        ("05-11 09:00", "case.paused", {"reason": "雨"}), ("05-01 09:00", "case.resumed", {}),
        whistled("05-10 10:00", "a"), handled("05-13 12:00", "unit/a"), reported("05-01 09:00", "a"),
        ("05-02 09:00", "case.reopened", {}), called_back("05-01 09:00"),
        ("05-01 10:00", "case.disputed", {"by": "unit/a", "about": "rating"}),
    )  # fmt: skip
    county.given("case/2", handled("05-10 12:00", "unit/b"), called_back("05-11 09:00"))
    serve(county, "1", "05-11 11:00", "05-11 09:00")
    county.given("place/g1", ("05-01 09:00", "place.changed", {"parent": "place/g2"}))
    county.given("place/g2", ("05-01 09:00", "place.changed", {"parent": "place/g1"}))  # a circle
    for question in ("cases", "funnel", "rates", "units", "duty", "volunteers", "grids", "workers"):
        for place in (None, "place/g1"):
            county.ask(question, place=place, period=MAY)
    assert county.row("duty", "unit/a", period=MAY).confirmed_minutes == 0


def test_an_empty_county_answers_every_question(county: County) -> None:
    for question in ("cases", "rates", "units", "volunteers", "workers", "anomalies", "anomaly_reasons"):
        answer = county.ask(question)
        assert all(getattr(row, "is_overall", False) for row in answer), question


def test_answers_serialise_and_say_by_which_rule(county: County) -> None:
    county.case("1", "05-10 09:00", called_back("05-10 11:00"))
    answer = county.ask("rates", period=MAY, rule=preset(ThreeRates, "zhungeer"))
    told = msgspec.json.decode(msgspec.json.encode(answer))
    assert told["rules"] == [
        {
            "rule": "three_rates",
            "name": "zhungeer",
            "version": "2024-1",
            "title": "接诉即办三率 30/35/35（准格尔）",
        }
    ]
    assert (told["generation"], told["period"]) == (
        county.generation,
        {"first": "2024-05-01", "last": "2024-05-31"},
    )
    assert told["rows"][0]["score"] == 100.0
    for row, titles in read.TITLES.items():
        assert set(titles) <= {field.name for field in msgspec.structs.fields(row)}, row


@pytest.mark.parametrize("period", ["2024-13", "May", "2024-05-11..2024-05-01", "2024-02-30", "0000"])
def test_what_is_no_period_is_refused(period: str) -> None:
    with pytest.raises(QuestionRefused):
        read.parse_period(period)


def test_rules_of_months_refuse_parts_of_a_month(county: County) -> None:
    with pytest.raises(QuestionRefused, match="not made of whole months"):
        county.ask("units", period="2024-05-11")


def test_functions_are_installed_once_and_read_their_own_generation(county: County) -> None:
    county.case("1", "05-10 09:00", called_back("05-10 11:00"))
    parameters = default_preset(ThreeRates).parameters_json
    with county.connection, county.connection.cursor() as cursor:
        other = make_generation(cursor, "other folds")
        cursor.execute(f"set local search_path = {other}")
        install_functions(cursor)
        assert not install_functions(cursor), "nothing changed"
        cursor.execute("set local search_path = public")
        for generation, valid in ((county.generation, 1), (other, 0)):
            cursor.execute(
                f"select max(valid) from {generation}.three_rates(%s, '2024-05-01', '2024-05-31')",
                (parameters,),
            )
            assert cursor.fetchone() == (valid,)


def test_changed_functions_replace_the_old_ones(county: County) -> None:
    with county.connection, county.connection.cursor() as cursor:
        cursor.execute(f"set local search_path = {county.generation}")
        cursor.execute(
            "drop function worth(text, jsonb); create function worth(text) returns text return upper($1)"
        )
        cursor.execute(f"comment on schema {county.generation} is 'shanzhi functions of yesterday'")
        assert install_functions(cursor)
        cursor.execute("select worth('fairly', '0.9')")
        assert float(cursor.fetchone()[0]) == 0.9
