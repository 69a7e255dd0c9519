"""Joint scores, loads, credit, signs of gaming and rules in force, on a real PostgreSQL: figures worked by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from projections.read.credits import credits
from projections.read.flags import flags
from projections.read.rules import rules
from projections.rules import Credit, ThreeRates, UnitAssessment, default_preset, in_force, preset
from shanzhi.cli.rule import adoption
from tests.integration.test_read_models import (
    MAY,
    NOW,
    County,
    Told,
    called_back,
    dispatched,
    forget,
    handled,
    indicators,
    members,
    reported,
    serve,
    shanghai,
    whistled,
)

CLOSED = datetime(2024, 6, 30, 16, tzinfo=UTC)  # midnight in Shanghai: the second quarter is over
PHOTO = {"media_type": "image/jpeg", "bytes": 90_000}


@pytest.fixture
def county(county_database: str) -> Iterator[County]:
    """Town t1 with c1 (estate e1, grids g1, g2) and c2 (grid g3); unit a."""
    county = County(county_database)
    for place in (("t1", "town"), ("c1", "community", "t1"), ("c2", "community", "t1"), ("e1", "estate", "c1")):
        county.place(*place)
    for grid, parent in (("g1", "e1"), ("g2", "e1"), ("g3", "c2")):
        county.place(grid, "grid", parent)
    county.unit("a")
    yield county
    county.close()
    forget(county_database)


def asked(county: County, question: Any, **arguments: Any) -> Any:
    return question(county.connection, county.generation, **{"as_of": NOW, **arguments})


# unit assessment: joint and final


def scored(
    county: County, place: str, points: float, most: float = 10, *, item: str = "参会", kind: str = "points",
    period: str = "2024-Q2", unit: str = "a",
) -> None:  # fmt: skip
    data = {"assessor": f"place/{place}", "tier": "town" if place.startswith("t") else "community", "item": item}
    told = {**data, "kind": kind, "points": points, "max": most}
    county.given(f"assessment/{unit}~{period}", ("06-20 09:00", "assessment.scored", told))


def worked(county: County, unit: str = "a", name: str = "1", place: str = "g1") -> None:
    """A whistle that the unit answered in time and to satisfaction: 100 of 70 measured weights."""
    county.case(
        name, "05-10 09:00", whistled("05-10 10:00", unit), reported("05-10 12:00", unit),
        handled("05-11 12:00", f"unit/{unit}"), called_back("05-12 09:00"), place=f"place/{place}",
    )  # fmt: skip


def test_the_final_score_is_half_ongoing_half_joint_less_deductions_and_bonus_stands_apart(county: County) -> None:
    worked(county)
    scored(county, "t1", 8)
    scored(county, "t1", 10, item="宣传", period="2024-04")  # a month's points are its quarter's
    scored(county, "c1", 7)
    scored(county, "c1", 3, 5, item="表彰", kind="bonus")
    scored(county, "c1", 2.5, 0, item="通报", kind="deduction")
    row = county.row("units", "unit/a", period=MAY, as_of=CLOSED)
    (quarter,) = row.quarters
    assert (quarter.quarter, quarter.is_closed, quarter.town, quarter.community) == ("2024-Q2", True, 90.0, 70.0)
    assert (row.total, row.joint, row.bonus, row.deduction) == (100.0, 80.0, 3.0, 2.5), "(18/20 + 7/10) / 2"
    assert row.final == 87.5, "0.5 × 100 + 0.5 × 80 − 2.5"
    assert (row.final_rank, row.final_grade, row.rank, row.grade) == (1, "一般", 1, "优秀")
    assert county.row("units", "unit/a", period=MAY, as_of=CLOSED, rule="bengbu").final_grade == "良好"
    assert county.row("units", "unit/a", period="2024", as_of=CLOSED).final == 87.5, "the mean of closed quarters"


def test_a_quarter_that_is_not_over_or_lacks_a_tier_has_no_final_score(county: County) -> None:
    worked(county)
    scored(county, "t1", 8)
    missing = county.row("units", "unit/a", period=MAY, as_of=CLOSED)
    assert (missing.joint, missing.final, missing.final_rank, missing.total) == (None, None, None, 100.0)
    assert (missing.quarters[0].town, missing.quarters[0].community) == (80.0, None)
    scored(county, "c1", 6)
    before = county.row("units", "unit/a", period=MAY, as_of=CLOSED.replace(second=0, minute=0, hour=15))
    assert (before.quarters[0].is_closed, before.quarters[0].joint) == (False, 70.0)
    assert (before.joint, before.final, before.total) == (None, None, 100.0)
    assert county.row("units", "unit/a", period=MAY, as_of=CLOSED).final == 85.0


def test_a_year_is_the_mean_of_its_closed_quarters(county: County) -> None:
    worked(county)
    for period, points in (("2024-Q1", 4), ("2024-Q2", 8), ("2024-Q3", 0)):
        scored(county, "t1", points, period=period)
        scored(county, "c1", points, period=period)
    row = county.row("units", "unit/a", period="2024", as_of=CLOSED)
    assert [quarter.is_closed for quarter in row.quarters] == [True, True, False]
    assert (row.joint, row.final) == (60.0, 80.0), "(40 + 80) / 2, and half of it with half of 100"


def test_communities_are_weighted_by_their_whistles(county: County) -> None:
    scored(county, "t1", 10)
    scored(county, "c1", 10)
    scored(county, "c2", 2)
    alike = county.row("units", "unit/a", period=MAY, as_of=CLOSED)
    assert alike.quarters[0].community == 60.0, "no whistle at all: alike"
    for name, place in (("1", "g1"), ("2", "g2"), ("3", "g1"), ("4", "g3")):
        worked(county, name=name, place=place)
    county.case("5", "03-10 09:00", whistled("03-10 10:00", "a"), place="place/g3")  # of another quarter
    assert county.row("units", "unit/a", period=MAY, as_of=CLOSED).quarters[0].community == 80.0, "(3 × 100 + 20) / 4"


def test_a_contested_score_is_shown_both_ways_until_it_is_ruled(county: County) -> None:
    worked(county)
    scored(county, "t1", 10)
    scored(county, "c1", 10, item="宣传")
    scored(county, "c1", 2)
    point = {"assessor": "place/c1", "item": "参会"}
    contest = {**point, "by": "unit/a", "reason": "已派副职参会"}
    county.given("assessment/a~2024-Q2", ("06-21 09:00", "assessment.contested", contest))
    row = county.row("units", "unit/a", period=MAY, as_of=CLOSED)
    assert (row.joint, row.joint_uncontested, row.contested) == (80.0, 100.0, 1), "12/20, or 10/10"
    assert (row.final, row.final_uncontested) == (90.0, 100.0)
    ruled = {**point, "upheld": True, "points": 8}
    county.given("assessment/a~2024-Q2", ("06-22 09:00", "assessment.ruled", ruled))
    row = county.row("units", "unit/a", period=MAY, as_of=CLOSED)
    assert (row.joint, row.joint_uncontested, row.contested) == (95.0, 95.0, 0), "18/20"


def test_without_enough_measured_there_is_a_final_score_and_no_rank(county: County) -> None:
    members(county, "m1")
    scored(county, "t1", 10)
    scored(county, "c1", 10)
    scored(county, "t1", 10, unit="b")
    row = county.row("units", "unit/a", period=MAY, as_of=CLOSED)
    assert (row.measured_weight, row.total, row.final) == (15, 0.0, 50.0)
    assert (row.is_ranked, row.final_rank, row.final_grade) == (False, None, None)
    unknown = county.row("units", "unit/b", period=MAY, as_of=CLOSED)
    assert (unknown.is_registered, unknown.total, unknown.final) == (False, None, None)


def test_deductions_leave_nothing_below_zero_and_95_percent_is_needed_for_the_best_grade(county: County) -> None:
    worked(county)
    scored(county, "t1", 10)
    scored(county, "c1", 10)
    assert county.row("units", "unit/a", period=MAY, as_of=CLOSED).final_grade == "优秀"
    members(county, *(f"m{number}" for number in range(20)))
    for number in range(18):
        report = {"party": f"person/m{number}", "unit": "unit/a", "community": "place/c1"}
        county.given(f"duty/{number}", ("03-01 09:00", "duty.reported", report))
    only = default_preset(UnitAssessment)
    weights = msgspec.structs.replace(only.parameters.weights, duty=0, report=40)
    free = msgspec.structs.replace(only, parameters=msgspec.structs.replace(only.parameters, weights=weights))
    row = county.row("units", "unit/a", period=MAY, as_of=CLOSED, rule=free)
    assert (row.final, row.final_grade) == (100.0, "良好"), "18 of 20 reported, and that weighs nothing"
    scored(county, "c1", 500, 0, item="重大通报", kind="deduction")
    assert county.row("units", "unit/a", period=MAY, as_of=CLOSED, rule=free).final == 0.0


def test_contracts_and_orders_count_when_they_are_delivered_by_their_due(county: County) -> None:
    items = [{"item": name, "quantity": 1, "due": due} for name, due in ITEMS.items()]
    signed = {"listings": [], "community": "place/c1", "unit": "unit/a", "items": items}
    county.given(
        "contract/1", ("05-02 09:00", "contract.signed", signed),
        ("05-09 09:00", "contract.delivered", {"item": "义诊"}),
        ("05-09 09:00", "contract.delivered", {"item": "讲座"}),
        ("05-10 09:00", "contract.refused", {"item": "讲座", "score": 20}),
        ("05-21 09:00", "contract.delivered", {"item": "场地"}),
    )  # fmt: skip
    for name, done, ok in (("1", "05-18 11:00", True), ("2", "05-18 11:00", False), ("3", "05-22 11:00", True)):
        order(county, name, done, ok)
    assert indicators(county.row("units", "unit/a", period=MAY))["contracts"] == (2, 6), "义诊 and order 1"
    early = datetime(2024, 5, 10, tzinfo=UTC)
    assert indicators(county.row("units", "unit/a", period=MAY, as_of=early))["contracts"][0] == 2
    assert "contracts" not in indicators(county.row("units", "unit/a", period="2024-04"))


ITEMS = {"义诊": "2024-05-10", "讲座": "2024-05-20", "场地": "2024-05-20", "宣传": "2024-12-31"}


def order(county: County, name: str, done: str, ok: bool, began: str | None = None, **more: Any) -> None:
    """An order due on 20 May that unit/a took and solved; it took an hour."""
    ended = shanghai(done)
    began = shanghai(began) if began else ended.replace("T11:", "T10:")
    placed = {"title": "楼道照明", "community": "place/c1", "due": shanghai("05-20 18:00")}
    deed = {"persons": ["person/m1"], "solved": True, "began": began, "ended": ended, **more}
    county.given(
        f"order/{name}", ("05-11 09:00", "order.placed", placed),
        ("05-12 09:00", "order.taken", {"unit": "unit/a"}),
        (done, "order.done", deed), ("05-25 09:00", "order.supervised", {"ok": ok}),
    )  # fmt: skip


# loads and the month of a grid


def test_other_open_items_weigh_too_and_loads_roll_up(county: County) -> None:
    county.person("w1", "grid_worker", community="place/c1")
    county.case("1", "05-10 09:00", dispatched("05-10 09:05", "05-10 12:00", "06-30 22:00"), urgency="urgent")
    opened = {
        "channel": "grid", "place": "place/g1", "cause": "漏水", "parties": ["household/1"], "text": "漏水",
        "mediator": "person/w1", "remote": False,
    }  # fmt: skip
    county.given("mediation/1", ("05-10 09:00", "mediation.opened", opened))
    settled = ("05-11 09:00", "mediation.settled", {"agreement": "修好", "judicial_confirmation": False})
    county.given("mediation/2", ("05-10 09:00", "mediation.opened", opened), settled)
    filed = {
        "item": "aid", "person": "person/p", "channel": "window", "community": "place/c1",
        "first_responsible": "person/w1",
    }  # fmt: skip
    county.given("application/1", ("05-10 09:00", "application.filed", filed))
    decided = ("05-11 09:00", "application.decided", {"granted": True})
    county.given("application/2", ("05-10 09:00", "application.filed", filed), decided)
    found = {"place": "place/g2", "kind": "堵塞", "severity": "minor", "responsible": "person/w1"}
    county.given("hazard/1", ("05-10 09:00", "hazard.found", found))
    county.given("hazard/2", ("05-10 09:00", "hazard.found", {**found, "responsible": "unit/a"}))
    county.given("hazard/3", ("05-10 09:00", "hazard.found", found), ("05-11 09:00", "hazard.fixed", {"by": "unit/a"}))
    worker = county.row("workers", "person/w1", period=MAY)
    assert (worker.open, worker.load) == (4, 8.0), "urgent 2, mediation 3, application 1, hazard 2"
    assert (worker.urgent, worker.mediations, worker.applications, worker.hazards) == (1, 1, 1, 1)
    loads = {row.subject: (row.open, row.load) for row in county.ask("grids", period=MAY)}
    assert loads == {"place/g1": (2, 5.0), "place/g2": (2, 4.0), "place/c1": (1, 1.0), "place/g3": (0, 0.0)}
    (town,) = county.ask("grids", level="town", period=MAY)
    assert (town.subject, town.open, town.load, town.hazards) == ("place/t1", 5, 10.0, 2)


def patrolled(county: County, place: str, times: int) -> None:
    for number in range(times):
        made = {"team": "team/1", "place": f"place/{place}", "persons": ["person/w1"]}
        span = {"began": shanghai("05-11 14:00"), "ended": shanghai("05-11 15:00")}
        county.given(f"patrol/{place}-{number}", ("05-11 15:00", "patrol.made", made | span))


def visited(county: County, place: str, times: int, kind: str = "household") -> None:
    for number in range(times):
        paid = {"person": "person/w1", "kind": kind, "place": f"place/{place}"}
        span = {"began": shanghai("05-11 14:00"), "ended": shanghai("05-11 15:00")}
        county.given(f"visit/{kind}-{place}-{number}", ("05-11 15:00", "visit.paid", paid | span))


def terms(row: Any) -> dict[str, tuple[float, float]]:
    return {one.term: (one.numerator, one.denominator) for one in row.terms if one.is_measured}


def test_duty_is_patrols_and_visits_up_to_the_target(county: County) -> None:
    patrolled(county, "g1", 3)
    patrolled(county, "e1", 1)  # an estate's round is one of each grid in it
    visited(county, "g1", 12)
    visited(county, "g2", 5)
    visited(county, "g2", 3, "field_study")
    first, second = (county.row("grids", f"place/{grid}", period=MAY) for grid in ("g1", "g2"))
    assert (terms(first), first.duty) == ({"patrols": (4, 4), "visits": (10, 10)}, 100.0)
    assert (terms(second), second.duty) == ({"patrols": (1, 4), "visits": (5, 10)}, 37.5), "50 × 1/4 + 50 × 1/2"
    assert (second.score, second.measured, second.cases) == (37.5, 30.0, 0)
    estate = next(row for row in county.ask("grids", level="estate", period=MAY) if row.subject == "place/e1")
    assert (terms(estate), estate.duty) == ({"patrols": (5, 8), "visits": (15, 20)}, 68.75)
    assert terms(county.row("grids", "place/g1", period="2024-04..2024-05"))["patrols"] == (4, 8)
    assert [row.subject for row in county.ask("grids", place="place/c2", period=MAY)] == ["place/g3"]


def test_verified_hazards_earn_a_grid_a_bonus_of_ten_at_most(county: County) -> None:
    for number in range(15):
        place = "place/g1" if number < 12 else "place/g2"
        found = {"place": place, "kind": "堵塞", "severity": "minor", "responsible": "unit/a"}
        fixed: list[Told] = [
            ("05-12 09:00", "hazard.fixed", {"by": "unit/a"}), ("05-13 09:00", "hazard.verified", {"by": "person/w"}),
        ]  # fmt: skip
        county.given(f"hazard/{number}", ("05-11 09:00", "hazard.found", found), *fixed[: 1 if number == 14 else 2])
    bonus = {row.subject: row.bonus for row in county.ask("grids", period=MAY)}
    assert bonus == {"place/g1": 10.0, "place/g2": 2.0, "place/g3": 0.0}, "one of g2 was fixed and seen by nobody"
    (town,) = county.ask("grids", level="town", period=MAY)
    assert (town.bonus, county.row("grids", "place/g1", period="2024-04..2024-05").bonus) == (4.0, 6.0)


# one act, one credit


def test_the_kind_decides_whose_credit_one_deed_is(county: County) -> None:
    members(county, "m1")
    order(county, "1", "05-18 11:00", ok=True, act="deed/1")  # 10 to 11
    order(county, "2", "05-18 15:00", ok=False, began="05-18 14:00")  # residents found it wanting: no service
    serve(county, "1", "05-18 10:30", "05-18 11:30")  # overlaps the order
    serve(county, "2", "05-18 14:00", "05-18 15:00")
    wished(county, "1", "05-18 14:30", "05-18 15:30")  # overlaps the second duty
    wished(county, "2", "05-19 09:00", "05-19 09:30")
    paid = {"person": "person/m1", "kind": "household", "place": "place/g1", "act": "deed/1"}
    span = {"began": shanghai("05-20 09:00"), "ended": shanghai("05-20 10:00")}
    county.given("visit/1", ("05-20 10:00", "visit.paid", paid | span))
    county.given("visit/2", ("05-21 10:00", "visit.paid", {**paid, "act": "deed/2", **span}))
    told = {row.subject: (row.is_credited, row.points, row.reason) for row in asked(county, credits, period=MAY)}
    assert told == {
        "order/1": (True, 1.0, None),
        "duty/1": (False, 0.0, "overlap"),
        "duty/2": (True, 1.0, None),
        "wish/1": (False, 0.0, "overlap"),
        "wish/2": (True, 2.0, None),
        "visit/1": (False, 0.0, "same_deed"),
        "visit/2": (True, 0.0, None),
    }
    person = county.row("volunteers", "person/m1", period=MAY)
    assert (person.credited_minutes, person.points) == (210, 4.0), "two hours, 2 for the wish, none for a visit"
    unit = county.row("volunteers", "unit/a", by="unit", period=MAY)
    assert (unit.credited_minutes, unit.points) == (210, 4.0), "those of its own and of its people"
    assert [row.subject for row in asked(county, credits, period="2024-04")] == []
    first = preset(Credit, "one_act")
    other = msgspec.structs.replace(first.parameters, order=("visit", "act", "duty"))
    swapped = msgspec.structs.replace(first, parameters=other)
    assert {row.subject for row in asked(county, credits, period=MAY, credit=swapped) if row.is_credited} == {
        "visit/1", "duty/1", "duty/2"
    }  # fmt: skip


def wished(county: County, name: str, began: str, ended: str) -> None:
    granted = {"persons": ["person/m1"], "home_visit": True, "began": shanghai(began), "ended": shanghai(ended)}
    county.given(
        f"wish/{name}", ("05-01 09:00", "wish.made", {"place": "place/g1", "text": "学手机"}),
        ("05-02 09:00", "wish.claimed", {"by": "unit/a"}), (ended, "wish.granted", granted),
        ("05-30 09:00", "wish.confirmed", {"score": 90}),
    )  # fmt: skip


def test_a_service_before_the_period_still_takes_the_time(county: County) -> None:
    members(county, "m1")
    serve(county, "1", "04-30 23:00", "05-01 01:00")
    serve(county, "2", "05-01 00:30", "05-01 01:30")
    (row,) = asked(county, credits, period=MAY)
    assert (row.subject, row.reason) == ("duty/2", "overlap")


# rules in force


def adopt(county: County, one: Any, since: str, told: str = "01-02 09:00", **changes: Any) -> None:
    parameters = msgspec.structs.replace(one.parameters, **changes)
    version = {"version": f"from {since}", "parameters": parameters}
    event = adoption(msgspec.structs.replace(one, **version), datetime.fromisoformat(shanghai(since)), "unit/a", NOW)
    county.given(event["subject"], (told, event["type"], event["data"]))


def test_a_period_uses_the_version_in_force_when_it_began(county: County) -> None:
    county.case("1", "04-08 09:00", called_back("04-10 09:00", resolved=False))
    county.case("2", "05-08 09:00", called_back("05-10 09:00", resolved=False))
    one = default_preset(ThreeRates)
    adopt(county, one, "04-15 00:00", response_weight=60, resolution_weight=0)
    april, may = (county.ask("rates", period=f"2024-{month}") for month in ("04", "05"))
    assert (april.rules[0].version, april.rows[0].score) == ("2024-1", 50.0), "adopted in mid April"
    assert (may.rules[0].version, may.rows[0].score) == ("from 04-15 00:00", 100.0)
    assert county.ask("rates", period="2024-04-15").rules[0].version == "from 04-15 00:00"
    assert county.ask("rates", period=MAY, rule="zhungeer").rules[0].name == "zhungeer", "unless one is named"


def test_the_later_adoption_of_one_moment_holds_and_an_unsound_one_is_skipped_and_shown(county: County) -> None:
    one = default_preset(ThreeRates)
    adopt(county, one, "04-01 00:00", told="05-02 09:00", fairly_worth=0.8)
    adopt(county, one, "04-01 00:00", told="03-02 09:00", fairly_worth=0.7)
    unsound = {
        "rule": "three_rates", "version": "x", "effective_from": shanghai("04-02 00:00"),
        "parameters": {"fairly_worth": 7},
    }  # fmt: skip
    county.given("rule/three_rates", ("03-02 09:00", "rule.adopted", unsound))
    county.given("rule/fate", ("03-02 09:00", "rule.adopted", {**unsound, "rule": "fate"}))
    with county.connection, county.connection.cursor() as cursor:
        held = in_force(cursor, county.generation, ThreeRates, NOW)
        before = in_force(cursor, county.generation, ThreeRates, datetime(2024, 3, 31, 15, 59, tzinfo=UTC))
    assert (held.parameters.fairly_worth, before) == (0.7, one)
    told = [(row.version, row.is_in_force, row.refused is None) for row in asked(county, rules, rule="three_rates")]
    assert told == [
        ("2024-1", False, True), ("2024-1", False, True), ("from 04-01 00:00", False, True),
        ("from 04-01 00:00", True, True), ("x", False, False),
    ]  # fmt: skip
    (fate,) = asked(county, rules, rule="fate")
    assert "no rule is named “fate”" in fate.refused
    figures = {one.figure: one for one in next(iter(asked(county, rules, rule="workload"))).figures}
    assert (figures["month.duty"].value, figures["month.duty"].is_assumed) == (30, False)
    assert (figures["targets.patrols"].value, figures["targets.patrols"].is_assumed) == (4, True)


# signs of gaming


def seen(county: County, flag: str, **filters: Any) -> list[Any]:
    return [(row.person, row.counted, row.cases) for row in asked(county, flags, flag=flag, period=MAY, **filters)]


def test_closing_in_the_last_tenth_of_the_clock_and_reopening(county: County) -> None:
    dispatch = dispatched("05-10 09:05", "05-10 12:00", "05-11 09:00")  # a clock of 24 hours
    reopened: Told = ("05-12 09:00", "case.reopened", {"handle_due": shanghai("05-20 09:00")})
    for name, time in (("early", "06:35"), ("last", "06:36"), ("due", "09:00"), ("late", "09:01")):
        county.case(name, "05-10 09:00", dispatch, handled(f"05-11 {time}", "person/w1"), reopened)
    county.case("kept", "05-10 09:00", dispatch, handled("05-11 08:00", "person/w1"))
    assert seen(county, "late_closing") == [("person/w1", 1, ["case/due"]), ("person/w1", 1, ["case/last"])]
    assert seen(county, "late_closing", place="place/c2") == []


def own(county: County, name: str, time: str, done: str, by: str = "person/w1") -> None:
    """A case that its own handler reported."""
    data = {
        "channel": "patrol", "demand": "report", "category": "环境卫生", "urgency": "ordinary", "text": "堆物",
        "place": "place/g1",
    }  # fmt: skip
    county.given(f"case/{name}", (time, "case.discovered", data), handled(done, by), authid=by)


def test_a_burst_of_cases_that_one_person_reported_and_settled(county: County) -> None:
    for number in range(5):
        own(county, f"b{number}", f"05-10 09:{number * 15:02}" if number < 4 else "05-10 10:00", "05-10 10:30")
    for number in range(5):
        own(county, f"s{number}", f"05-11 {9 + number:02}:00", "05-11 20:00", "person/w2")  # one an hour
    burst = [(row.person, row.counted, row.cases) for row in asked(county, flags, flag="burst", period=MAY)]
    assert burst == [("person/w1", 5, [f"case/b{number}" for number in range(5)])]


def test_many_ratings_by_one_person_in_a_month(county: County) -> None:
    rating = {"by": "resident", "reached": True, "satisfaction": "satisfied"}
    for number in range(10):
        county.case(f"{number}", "05-02 09:00", handled("05-03 09:00", "person/w1"), reporter="person/r1")
        county.given(f"case/{number}", ("05-04 09:00", "case.rated", rating), authid="anonymous/app")
    for number in range(9):
        county.given(f"case/{number}", ("05-05 09:00", "case.rated", rating), authid="person/r2")
    ((person, counted, cases),) = seen(county, "many_ratings")
    assert (person, counted, len(cases)) == ("person/r1", 10, 10), "nine of r2 are not yet many"


def test_a_merge_that_hides_an_overdue_case(county: County) -> None:
    dispatch = dispatched("05-10 09:05", "05-10 12:00", "05-11 09:00")
    merged: Told = ("05-12 09:00", "case.merged", {"into": "case/0"})
    county.case("hidden", "05-10 09:00", dispatch, merged)
    county.case("in-time", "05-10 09:00", dispatch, ("05-11 09:00", "case.merged", {"into": "case/0"}))
    county.case("handled", "05-10 09:00", dispatch, handled("05-11 08:00", "person/w1"), merged)
    (row,) = asked(county, flags, flag="merged_overdue", period=MAY)
    assert (row.cases, row.evidence["into"], row.place_name) == (["case/hidden"], "case/0", "g1")


def test_one_photo_in_two_cases(county: County) -> None:
    for name, place, photos in (("1", "g1", ["x", "y"]), ("2", "g3", ["x"]), ("3", "g1", ["z", "z"])):
        shown = [{"id": f"{name}-{one}-{n}", "fingerprint": one, **PHOTO} for n, one in enumerate(photos)]
        county.case(name, f"05-1{name} 09:00", place=f"place/{place}", photos=shown)
    assert seen(county, "same_photo") == [(None, 2, ["case/1", "case/2"])]
    assert seen(county, "same_photo", place="place/c2") == seen(county, "same_photo", place="place/c1")
    assert asked(county, flags, period="2024-06").rows == []
