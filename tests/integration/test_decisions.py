"""Decisions on a real PostgreSQL: what is asked for is answered once, explained, and never to whom it is about."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from processors.decider.answer import AUTHID
from processors.decider.choice import choose
from processors.decider.process import Decider
from projections.read.duplicates import duplicates
from projections.store.migrate import migrate
from shanzhi.stack import Stack
from tests.deciding import HOUR, MINUTE, MORNING, Deciding
from tests.fixed_keys import FixedKeys

SQUARE = [(112.70, 40.01), (112.71, 40.01), (112.71, 40.02), (112.70, 40.02)]


@pytest.fixture(scope="module")
def shared() -> Iterator[Deciding]:
    folder = Path(tempfile.mkdtemp(prefix="shanzhi-decide-"))
    with Stack(folder, kafka=False) as stack:
        migrate(stack.endpoints.database_url)
        shared = Deciding(stack.endpoints.database_url)
        shared.tell("place/county", "place.registered", registered("county", "county", None))
        yield shared
        shared.close()
    shutil.rmtree(folder)


@pytest.fixture
def county(shared: Deciding) -> Iterator[Deciding]:
    """Below the county town t, community c, estate e with grid g1 (workers a, b; unit u) and grid g2 (chief)."""
    shared.begin()
    for name, level, parent in (("t", "town", "county"), ("c", "community", "t"), ("e", "estate", "c")):
        shared.tell(f"place/{name}", "place.registered", registered(name, level, parent))
    east = shared.scene  # outlines of two scenes don't overlap
    outline = [{"longitude": x + east / 10, "latitude": y} for x, y in SQUARE]
    for grid, more in (("g1", {"outline": outline, "responsible_unit": "unit/u"}), ("g2", {})):
        shared.tell(f"place/{grid}", "place.registered", registered(grid, "grid", "e") | more)
    for place, person in (("g1", "a"), ("g1", "b"), ("g2", "chief")):
        shared.tell(f"person/{person}", "person.registered", {"roles": ["grid_worker"], "unit": f"unit/of-{person}"})
        data = {"person": f"person/{person}", "role": "grid_worker", "chosen": "appointed"}
        shared.tell(f"place/{place}", "place.staffed", data)
    yield shared
    shared.follow()


def within(county: Deciding) -> dict[str, float]:
    """A point in the outline of g1."""
    return {"longitude": round(112.705 + county.scene / 10, 3), "latitude": 40.015}


def registered(name: str, level: str, parent: str | None) -> dict[str, Any]:
    return {"name": name, "level": level, **({"parent": f"place/{parent}"} if parent else {})}


def handled(county: Deciding, case: str, ago: Any = MINUTE) -> None:
    county.tell(case, "case.handled", {"by": "person/a", "resolved": True, "measures": "清理"}, ago=ago)


def test_a_case_goes_to_its_grid_and_the_event_says_why(county: Deciding) -> None:
    cause = county.discover("1")
    told = county.answer("case/1")
    assert told["type"] == "case.dispatched"
    assert (told["source"], told["authid"], told["correlationid"]) == (
        "urn:shanzhi:decider", "system/decider", "case/1",
    )  # fmt: skip
    assert told["causationid"] == cause
    assert told["data"] == {
        "to": "person/a",
        "grid": "place/g1",
        "candidates": [{"person": "person/a", "load": 0}, {"person": "person/b", "load": 0}],
        "rule": "dispatch.standard-2024-1",
        "sign_in_due": "2024-05-11T03:00:00Z",
        "handle_due": "2024-05-24T16:00:00Z",
    }
    assert county.outcomes("case/1", "dispatch") == ["to person/a"]


def test_own_choices_count_before_any_table_shows_them(county: Deciding) -> None:
    county.discover("1", urgency="emergency")
    county.decide()
    for name in ("2", "3", "4", "5"):
        county.discover(name)
        county.decide()
    assert [one["data"]["to"] for one in county.carry()] == [f"person/{letter}" for letter in "abbba"]


def test_a_case_at_the_estate_with_a_location_is_of_the_grid_that_holds_it(county: Deciding) -> None:
    county.discover("1", "place/e", location=within(county), reporter="person/z")
    assert county.answer("case/1")["data"]["grid"] == "place/g1"
    newest = "select what, person, details ->> 'role' from shanzhi.access_log order by number desc limit 1"
    assert county.query(newest) == [("unsealed", AUTHID, "dispatcher")], "who opened whose location is in the log"


def test_the_version_of_the_rule_that_is_in_force_decides_and_is_named(county: Deciding) -> None:
    adopted = {
        "rule": "dispatch", "version": "2024-9", "name": "chiefs", "effective_from": county.now.isoformat(),
        "parameters": {"staff": ["building_chief"], "nearest_metres": 10},
    }  # fmt: skip
    county.tell("rule/dispatch", "rule.adopted", adopted)
    county.discover("1")
    data = county.answer("case/1")["data"]
    assert (data["to"], data["rule"]) == ("unit/u", "dispatch.chiefs-2024-9")
    late = {**adopted, "version": "2024-1", "name": "standard", "effective_from": county.now.isoformat()}
    parameters = {"staff": ["grid_worker", "building_chief", "branch_secretary"], "nearest_metres": 2000}
    county.tell("rule/dispatch", "rule.adopted", {**late, "parameters": parameters})


def test_who_is_away_gets_nothing(county: Deciding) -> None:
    away = {"from": (MORNING - HOUR).isoformat(), "until": (MORNING + HOUR).isoformat()}
    county.tell("person/a", "person.away", away)
    county.discover("1")
    assert county.answer("case/1")["data"]["to"] == "person/b"


def test_declined_goes_to_the_next_and_in_the_end_to_the_desk(county: Deciding) -> None:
    county.discover("1")
    seen = []
    for _ in range(4):
        told = county.answer("case/1")["data"]
        seen.append((told["to"], bool(told.get("nobody"))))
        county.at(county.now + 5 * MINUTE)
        county.tell("case/1", "case.declined", {"reason": "不在本网格"})
    assert seen == [("person/a", False), ("person/b", False), ("unit/u", False), ("place/c", True)]


def test_never_to_whom_it_is_about_nor_to_those_beside_them(county: Deciding) -> None:
    county.discover("1", about="person/a")
    county.discover("2", about="unit/of-b")
    county.discover("3", about="unit/u")
    told = {one["subject"]: one["data"]["to"] for one in county.follow()}
    assert told == {"case/1": "unit/u", "case/2": "unit/u", "case/3": "person/a"}


def test_a_case_without_a_known_place_is_the_countys(county: Deciding) -> None:
    county.discover("1", None)
    county.discover("2", "place/nowhere")
    assert {one["data"]["to"] for one in county.follow()} == {"place/county"}


def test_a_place_that_the_registry_does_not_join_to_the_county_leaves_it_to_the_county(county: Deciding) -> None:
    county.tell("place/lost", "place.registered", registered("lost", "grid", "unknown"))
    county.discover("1", "place/lost")
    assert county.answer("case/1")["data"]["to"] == "place/county"


def test_a_desk_that_the_complaint_is_about_leaves_it_to_the_one_above(county: Deciding) -> None:
    county.tell("place/c", "place.served", {"party": "two_committees", "by": "unit/committee"})
    county.tell("person/x", "person.registered", {"roles": ["social_worker"], "unit": "unit/committee"})
    for number, about in enumerate(("unit/committee", "person/x")):
        county.discover(f"{number}", "place/c", about=about)
    assert {one["data"]["to"] for one in county.follow()} == {"place/t"}


def test_what_nobody_could_decide_is_decided_once_somebody_can(county: Deciding) -> None:
    post = {"person": "person/boss", "role": "household_head", "chosen": "appointed"}
    county.tell("place/county", "place.staffed", post)
    county.discover("1", None, about="person/boss")
    assert county.follow() == []
    assert county.outcomes("case/1", "dispatch") == ["undecided: no place of the county can take it"]
    county.tell("place/county", "place.unstaffed", {"person": "person/boss", "role": "household_head"})
    assert county.follow() == [], "not in each round"
    county.at(county.now + 5 * MINUTE)
    county.decider = Decider(county.url, FixedKeys())  # type: ignore[arg-type]
    assert county.answer("case/1")["data"]["to"] == "place/county"
    assert county.outcomes("case/1", "dispatch") == ["to place/county"]


def test_a_year_without_a_calendar_holds_up_neither_dispatch_nor_reopening(county: Deciding) -> None:
    county.at(datetime.fromisoformat("2026-12-28T09:00:00+08:00"))
    county.discover("1")
    told = county.answer("case/1")["data"]
    assert (told["to"], "handle_due" in told) == ("person/a", False)
    handled(county, "case/1", ago=0 * MINUTE)
    county.tell("case/1", "case.reopen_requested", {"reason": "没办好"})
    (reopened,) = county.follow()
    assert (reopened["type"], "handle_due" in reopened["data"]) == ("case.reopened", False)
    words = "without a due: that year's calendar is not loaded"
    assert county.outcomes("case/1", "dispatch") == [f"to person/a, {words}"]
    assert county.outcomes("case/1", "reopen") == [f"reopened, {words}"]
    county.discover("2", **{"class": "h2"})
    assert county.answer("case/2")["data"]["handle_due"] == "2026-12-28T03:00:00Z"


def test_a_case_that_its_publisher_dispatched_is_left_alone(county: Deciding) -> None:
    county.discover("1")
    due = (MORNING + HOUR).isoformat()
    county.tell("case/1", "case.dispatched", {"to": "person/b", "sign_in_due": due, "handle_due": due, "rule": "own"})
    assert county.follow() == []
    assert county.outcomes("case/1", "dispatch") == ["dispatched already"]


@pytest.mark.parametrize(("hours", "type_"), [(71, "case.reopened"), (73, "case.discovered")])
def test_reopened_within_the_window_and_continued_after_it(county: Deciding, hours: int, type_: str) -> None:
    case = "case/1"
    county.discover("1", location=within(county), reporter="person/z", about="person/chief")
    county.follow()
    handled(county, case, ago=0 * MINUTE)
    county.at(county.now + hours * HOUR)
    county.tell(case, "case.reopen_requested", {"reason": "第二天又停满了"})
    county.decide()
    (told,) = county.carry()
    assert (told["type"], told["correlationid"]) == (type_, case)
    if type_ == "case.reopened":
        assert told["subject"] == case
        assert told["data"] == {"handle_due": "2024-05-28T16:00:00Z", "rule": "clocks.qinglong-2024-1"}
        return
    kept = {"place": "place/g1", "reporter": "person/z", "continues": case, "category": "停车管理"}
    assert told["data"].items() >= kept.items()
    assert told["data"]["location"].startswith("sealed:1:")
    (onward,) = county.follow()
    assert (onward["subject"], onward["type"], onward["correlationid"]) == (
        told["subject"], "case.dispatched", told["subject"],
    )  # fmt: skip
    assert county.query("select depth from shanzhi.outbox order by number desc limit 1") == [(2,)]


def test_two_requests_to_reopen_are_answered_once(county: Deciding) -> None:
    case = "case/1"
    county.discover("1")
    county.follow()
    handled(county, case)
    for _ in range(2):
        county.tell(case, "case.reopen_requested", {"reason": "没办好"})
        county.decide()
    assert [one["type"] for one in county.carry()] == ["case.reopened"]
    county.tell(case, "case.reopen_requested", {"reason": "没办好"})
    assert county.follow() == []
    assert county.outcomes(case, "reopen") == ["reopened", "answered already", "still open"]


def test_an_unanswered_knock_becomes_an_emergency_and_reaches_the_grid(county: Deciding) -> None:
    agreed = {
        "household": "household/7", "group": "elder", "watcher": "person/b", "by_time": "09:00", "grid": "place/g1",
        "consent": True,
    }  # fmt: skip
    county.tell("curtain/1", "curtain.agreed", agreed, ago=3 * HOUR)
    missed = (county.now - HOUR).isoformat()
    county.tell("curtain/1", "curtain.missed", {"due": missed, "rule": "clocks"}, ago=HOUR)
    county.tell("curtain/1", "curtain.unanswered", {"due": county.now.isoformat(), "rule": "clocks"})
    opened, dispatched = county.follow()
    assert (opened["type"], opened["data"]["channel"], opened["data"]["urgency"]) == (
        "case.discovered", "curtain", "emergency",
    )  # fmt: skip
    assert opened["data"].items() >= {"place": "place/g1", "first_responsible": "person/b", "class": "h2"}.items()
    assert opened["data"]["text"].startswith("sealed:1:")
    assert (dispatched["subject"], dispatched["data"]["grid"]) == (opened["subject"], "place/g1")
    assert dispatched["data"]["handle_due"] == "2024-05-11T03:00:00Z", "two hours"


def test_a_confirmed_alert_becomes_a_case_once(county: Deciding) -> None:
    county.tell("camera/1", "camera.registered", {"network": "snow_bright", "place": "place/g2"})
    county.tell("camera/1", "camera.alerted", {"alert": "a1", "kind": "fire", "confidence": 90})
    county.tell("camera/1", "camera.confirmed", {"alert": "a1", "by": "person/b"})
    county.tell("camera/1", "camera.confirmed", {"alert": "a1", "by": "person/b"})
    opened, dispatched = county.follow()
    assert (opened["data"]["channel"], opened["data"]["category"]) == ("camera", "fire")
    assert dispatched["data"]["to"] == "person/chief"


def test_what_failed_or_scored_low_goes_to_the_conference_and_too_few_cards_say_nothing(county: Deciding) -> None:
    how = {"provider": "unit/u", "method": "每日", "form": "外包"}
    opened = {
        "estate": "place/e", "organiser": "place/c", "until": (county.now + HOUR).isoformat(), "issued": 9,
        "items": [{"item": item, **how} for item in ("保洁", "安保", "绿化", "停车")],
    }  # fmt: skip
    county.tell("survey/1", "survey.opened", opened)
    for number in range(5):
        scores = {"保洁": 55, "安保": 75, "绿化": 90} | ({"停车": 10} if number < 4 else {})
        told = [{"item": item, "score": score} for item, score in scores.items()]
        county.tell("survey/1", "card.submitted", {"card_no": f"{number}", "scores": told})
    county.tell("survey/1", "survey.closed", {})
    topics = county.follow()
    assert [(one["type"], one["data"]["item"], one["data"]["title"]) for one in topics] == [
        ("topic.collected", "保洁", "保洁：居民打分 55.0，不及格"),
        ("topic.collected", "安保", "安保：居民打分 75.0，低分"),
    ]
    assert {one["data"]["survey"] for one in topics} == {"survey/1"}
    assert county.outcomes("survey/1", "survey_topics") == ["2 topics"]


def test_a_case_is_continued_once_while_the_one_that_continues_it_is_open(county: Deciding) -> None:
    county.discover("1")
    county.follow()
    handled(county, "case/1", ago=0 * MINUTE)
    county.at(county.now + 100 * HOUR)
    opened = []
    for _ in range(3):
        county.tell("case/1", "case.reopen_requested", {"reason": "没办好"})
        opened += [one["subject"] for one in county.follow() if one["type"] == "case.discovered"]
        if len(county.outcomes("case/1", "reopen")) == 2:
            (new,) = opened
            assert county.outcomes("case/1", "reopen") == [f"continued by {new}", f"{new} continues it already"]
            handled(county, new, ago=0 * MINUTE)
    assert len(set(opened)) == 2, "the one that continued it has ended"


def test_complaints_that_may_be_one_are_suggested_and_nothing_is_done_about_them(county: Deciding) -> None:
    for name, longitude in (("p1", 112.700), ("p2", 112.702), ("p3", 112.800)):  # 170 m and 8.5 km apart
        centre = {"centre": {"longitude": longitude, "latitude": 40.0}}
        county.tell(f"place/{name}", "place.registered", registered(name, "grid", "c") | centre)
    county.discover("1", "place/p1", reporter="person/z")
    county.discover("2", "place/p2", reporter="person/z")
    county.discover("3", "place/p3")
    county.discover("4", "place/p1", category="噪声")
    county.discover("5", "place/p2")
    handled(county, "case/5", ago=0 * MINUTE)
    county.at(county.now + 15 * 24 * HOUR)
    county.discover("6", "place/p1")
    pairs = duplicates(county.connection, county.generation, place=f"place/t~{county.scene}")
    found = [(one.subject, one.other, one.metres, one.is_same_reporter) for one in pairs]
    assert found == [(f"case/1~{county.scene}", f"case/2~{county.scene}", 171, True)]
    assert [(one.rule, one.name) for one in pairs.rules] == [("duplicates", "standard")]
    assert {one["type"] for one in county.follow()} == {"case.dispatched"}


def test_a_case_that_is_told_a_day_ahead_is_dispatched_all_the_same(county: Deciding) -> None:
    county.discover("1")
    ahead = "update shanzhi.request set time = %s where subject = %s"
    county.query(ahead, county.now + 24 * HOUR, f"case/1~{county.scene}")
    assert datetime.fromisoformat(county.answer("case/1")["time"]) == county.now + 23 * HOUR


def test_history_asks_for_nothing(county: Deciding) -> None:
    county.tell(
        "case/1", "case.discovered",
        {"channel": "import", "demand": "help", "category": "其他", "urgency": "ordinary", "text": "旧案"},
        ago=25 * HOUR,
    )  # fmt: skip
    assert county.follow() == []
    assert county.outcomes("case/1", "dispatch") == []


def test_one_that_nobody_foresaw_stops_neither_the_line_nor_itself_for_ever(
    county: Deciding, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(matter: Any, *rest: Any) -> Any:
        if (matter.about or "").startswith("person/x"):
            raise ZeroDivisionError
        return choose(matter, *rest)

    monkeypatch.setattr("processors.decider.dispatching.choose", broken)
    county.discover("1", about="person/x")
    county.discover("2")
    assert [one["subject"] for one in county.follow()] == ["case/2"]
    assert county.outcomes("case/1", "dispatch") == ["failed: ZeroDivisionError"]


def test_a_request_that_breaks_the_reading_is_found_and_put_aside(county: Deciding) -> None:
    county.discover("1")
    county.discover("2")
    broken = f"update {county.generation}.entity_case set obligations = '[1]' where subject = %s"
    county.query(broken, f"case/1~{county.scene}")
    assert [one["subject"] for one in county.follow()] == ["case/2"]
    assert county.outcomes("case/1", "dispatch") == ["failed: ValidationError"]


def test_no_chain_of_answers_goes_on_for_ever(county: Deciding) -> None:
    county.discover("1")
    county.query(
        "insert into shanzhi.outbox (source, id, subject, value, depth, published_at) "
        "select cause_source, cause_id, subject, '{}', 16, now() from shanzhi.request where subject = %s",
        f"case/1~{county.scene}",
    )
    assert county.follow() == []
    assert county.outcomes("case/1", "dispatch") == ["no answer: 16 events of ours led to it"]
