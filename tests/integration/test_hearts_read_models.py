"""微心愿, 践诺, 走访, 帮扶, 窗帘, 调解, 巡查, 隐患 on a real PostgreSQL: given events, these answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from projections import read
from projections.read import QuestionRefused
from projections.read.hazards import hazards
from projections.read.mediations import mediations
from projections.rules import Clocks, default_preset
from tests.integration.test_read_models import NOW, County, Told, forget, shanghai

MAY = "2024-05"
MEDIATED = datetime(2024, 5, 13, 4, tzinfo=UTC)  # noon in Shanghai


@pytest.fixture(scope="module")
def county(county_database: str) -> Iterator[County]:
    """Town t1 with c1 (estates e1, e2; grid g1 in e1) and c2 (estate e3). Told once for all tests."""
    county = County(county_database)
    county.place("t1", "town")
    for name, level, parent in (
        ("c1", "community", "t1"), ("c2", "community", "t1"), ("e1", "estate", "c1"), ("e2", "estate", "c1"),
        ("e3", "estate", "c2"), ("g1", "grid", "e1"),
    ):  # fmt: skip
        county.place(name, level, parent)
    county.unit("a")
    for tell in (_wishes, _pledges, _visits, _cared_for, _curtains, _disputes, _rounds, _hazards):
        tell(county)
    yield county
    county.close()
    forget(county_database)


def board(county: County, name: str, **options: Any) -> dict[Any, Any]:
    """The rows of a board by what they are grouped by; the whole under None."""
    options = {"as_of": NOW, "by": ["place"], **options}
    rows = read.board(county.connection, county.generation, name, **options).rows
    keys = options["by"]
    return {
        None if row.is_overall else tuple(getattr(row, key) for key in keys) if keys[1:] else getattr(row, keys[0]): row
        for row in rows
    }


def book(county: County, name: str, **options: Any) -> dict[str, Any]:
    rows = read.book(county.connection, county.generation, name, **{"as_of": NOW, **options}).rows
    return {row.subject: row for row in rows}


def ask(county: County, question: Any, **options: Any) -> dict[str, Any]:
    rows = question(county.connection, county.generation, **{"as_of": NOW, **options}).rows
    return {row.subject: row for row in rows}


def span(began: str, ended: str) -> dict[str, str]:
    return {"began": shanghai(began), "ended": shanghai(ended)}


# wishes and pledges


def _wishes(county: County) -> None:
    def wish(name: str, place: str, *events: Told) -> None:
        made = ("05-02 09:00", "wish.made", {"place": f"place/{place}", "text": "修水龙头"})
        county.given(f"wish/{name}", made, ("05-02 11:00", "wish.published", {"title": name}), *events)

    granted = {"persons": ["person/m1", "person/m2"], "home_visit": True, **span("05-05 15:00", "05-05 16:00")}
    wish(
        "granted", "g1", ("05-03 09:00", "wish.claimed", {"by": "unit/a"}),
        ("05-03 09:01", "wish.claimed", {"by": "person/m1"}), ("05-05 17:00", "wish.granted", granted),
        ("05-06 09:00", "wish.confirmed", {"score": 90}),
    )  # fmt: skip
    overdue = {"clock": "unclaimed", "due": shanghai("05-17 11:00"), "rule": "r"}
    wish("waiting", "e3", ("05-17 11:00", "wish.overdue", overdue))
    wish("released", "e2", ("05-03 09:00", "wish.claimed", {"by": "unit/a"}), ("05-04 09:00", "wish.released", {}))


def test_wishes_roll_up_and_the_second_claim_is_shown(county: County) -> None:
    rows = board(county, "wish-board", level="community", period=MAY)
    assert (rows[None].made, rows[None].granted, rows[None].open, rows[None].unclaimed) == (3, 1, 2, 2)
    first = rows["place/c1"]
    assert (first.made, first.contested, first.released, first.granted_share, first.score_share) == (2, 1, 1, 0.5, 0.9)
    assert board(county, "wish-board", level="grid", place="place/c1")["place/g1"].home_visits == 1
    listed = book(county, "wishes")
    assert listed["wish/granted"].also_claimed_by == ["person/m1"]
    assert {name: (row.status, row.is_overdue) for name, row in listed.items()} == {
        "wish/granted": ("confirmed", False), "wish/waiting": ("published", True), "wish/released": ("published", False)
    }  # fmt: skip
    assert [*book(county, "wishes", unit="unit/a")] == ["wish/granted"]


def test_wishes_by_who_granted_them(county: County) -> None:
    assert board(county, "wishes-by-unit", by=["unit"])["unit/a"].granted == 1
    rows = board(county, "wishes-by-person", by=["person"])
    assert (rows[None].persons, rows["person/m1"].granted, rows["person/m2"].minutes) == (2, 1, 60)


def _pledges(county: County) -> None:
    for name, kept in (("1", "05-20 09:00"), ("2", "06-02 09:00")):
        made = {"person": "person/m1", "text": "走访", "due": shanghai("05-31 18:00"), "branch": "place/e1"}
        county.given(
            f"pledge/{name}", ("05-01 09:00", "pledge.made", made | {"place": "place/e1"}), (kept, "pledge.kept", {}),
            ("06-03 09:00", "pledge.reviewed", {"by": "residents", "score": 80}),
        )  # fmt: skip


def test_pledges_kept_in_time_and_late(county: County) -> None:
    row = board(county, "pledges-by-person", by=["person"], period=MAY)["person/m1"]
    assert (row.made, row.kept, row.kept_in_time, row.resident_reviews, row.resident_score_share) == (2, 2, 1, 2, 0.8)
    assert {name: row.is_in_time for name, row in book(county, "pledges").items()} == {
        "pledge/1": True, "pledge/2": False
    }  # fmt: skip


# visits and care


def _visits(county: County) -> None:
    for number, (place, kind) in enumerate((("g1", "household"), ("g1", "household"), ("e3", "field_study"))):
        paid = {"person": f"person/m{number}", "kind": kind, "place": f"place/{place}", "helped": number == 0}
        times = span("05-04 09:00", "05-04 09:30")
        county.given(f"visit/{number}", ("05-04 10:00", "visit.paid", paid | times))


def test_visits_by_kind_and_field_studies_apart(county: County) -> None:
    rows = board(county, "visit-board", by=["kind"])
    assert (rows["household"].visits, rows["household"].helped_share, rows["field_study"].visits) == (2, 0.5, 1)
    assert board(county, "visit-board", level="town")["place/t1"].minutes == 90
    assert [*book(county, "field-studies")] == ["visit/2"]
    assert len(book(county, "visits", place="place/c1")) == 2


def _cared_for(county: County) -> None:
    for number, recipient in enumerate(("r1", "r1", "r2", "r3")):
        paired = {"helper": "unit/a", "recipient": f"person/{recipient}", "group": "lone_elder", "place": "place/e1"}
        county.given(f"care/{number}", ("05-01 09:00", "care.paired", paired), ("05-09 09:00", "care.visited", {}))
    county.given("care/3", ("05-20 09:00", "care.ended", {"reason": "已搬离"}))


def test_people_in_help_are_counted_once_and_named_nowhere(county: County) -> None:
    whole = board(county, "care-people", level="estate")["place/e1"]
    assert (whole.in_help, whole.people, whole.people_ever) == (3, 2, 3)
    with pytest.raises(QuestionRefused):
        board(county, "care-people", by=["recipient"])
    row = board(county, "care-by-helper", by=["person"])["unit/a"]
    assert (row.pairs, row.in_help, row.visits, row.ended) == (4, 3, 4, 1)
    assert "person/r" not in msgspec.json.encode([*book(county, "care-pairs").values()]).decode()


# curtains


def _curtains(county: County) -> None:
    def curtain(name: str, *events: Told) -> None:
        agreed = {
            "household": f"household/{name}", "group": "elder", "watcher": "person/m1", "by_time": "09:00",
            "grid": "place/g1", "consent": True,
        }  # fmt: skip
        county.given(f"curtain/{name}", ("05-01 15:00", "curtain.agreed", agreed), *events)

    missed: Told = ("05-02 09:00", "curtain.missed", {})
    curtain("seen", ("05-02 08:00", "curtain.seen", {}), ("05-03 08:00", "curtain.seen", {}))
    curtain("checked", missed, ("05-02 09:10", "curtain.checked", {"outcome": "helped"}))
    curtain("unanswered", missed, ("05-02 09:30", "curtain.unanswered", {}))
    curtain("missed", missed)
    curtain("paused", ("05-02 08:00", "curtain.paused", {}))


def test_curtains_are_counted_by_group_and_no_household_is_named(county: County) -> None:
    row = board(county, "curtain-board", by=["place", "household_group"], level="estate")["place/e1", "elder"]
    assert (row.agreed, row.active, row.paused, row.seen) == (5, 4, 1, 2)
    assert (row.missed, row.helped, row.unanswered) == (3, 1, 1)
    day = board(county, "curtain-alarms", by=["day"], place="place/c1")[date(2024, 5, 2)]
    assert (day.missed, day.helped, day.unanswered, day.answer_minutes) == (3, 1, 1, 10)
    rows = book(county, "curtains", person="person/m1")
    assert {name.removeprefix("curtain/"): row.state for name, row in rows.items()} == {
        "seen": "watched", "checked": "watched", "unanswered": "unanswered", "missed": "missed", "paused": "paused"
    }  # fmt: skip
    assert "household/" not in msgspec.json.encode([*rows.values()]).decode()


# disputes


def _disputes(county: County) -> None:
    def dispute(name: str, channel: str, *events: Told) -> None:
        opened = {
            "channel": channel, "place": "place/g1", "cause": "漏水", "parties": ["household/1", "household/2"],
            "text": "争执", "mediator": "person/m1", "remote": channel == "wish_mailbox",
        }  # fmt: skip
        county.given(f"mediation/{name}", ("05-10 12:00", "mediation.opened", opened), *events)

    met = ("05-10 15:00", "mediation.met", {"method": "reason"})
    up = [
        (f"05-{day} 12:00", "mediation.escalated", {"to": to, "by": "urn:clock"})
        for day, to in ((11, "community"), (13, "town"))
    ]
    dispute("grid", "wish_mailbox", met, ("05-11 09:00", "mediation.settled", {"agreement": "一致"}))
    dispute("town", "window", met, *up, ("05-18 12:00", "mediation.settled", {"agreement": "一致"}))
    dispute("open", "grid", up[0])
    dispute("paused", "grid", up[0], ("05-12 12:00", "mediation.paused", {"until": shanghai("05-15 12:00")}))
    dispute("extended", "grid", ("05-11 09:00", "mediation.extended", {"due": shanghai("06-01 12:00")}))
    dispute("refused", "grid", ("05-11 09:00", "mediation.refused", {"party": "household/2"}))


def test_disputes_by_the_level_and_the_channel_that_settled_them(county: County) -> None:
    levels = board(county, "mediation-board", by=["level"], period=MAY)
    assert {level: row.settled for level, row in levels.items()} == {None: 2, "grid": 1, "community": 0, "town": 1}
    channels = board(county, "mediation-board", by=["channel"], place="place/c1")
    assert (channels["wish_mailbox"].settled_share, channels["grid"].open, channels["grid"].refused) == (1.0, 3, 1)
    assert board(county, "mediation-methods", by=["method"])["reason"].meetings == 2
    assert board(county, "mediations-by-mediator", by=["person"])["person/m1"].settled == 2


def test_days_left_count_pauses_and_extensions_and_turn_negative(county: County) -> None:
    assert default_preset(Clocks).parameters.mediation_total_days == 7
    rows = ask(county, mediations, as_of=MEDIATED)
    assert {name.removeprefix("mediation/"): row.days_left for name, row in rows.items()} == {
        "grid": None, "town": None, "open": 4.0, "paused": 7.0, "extended": 19.0, "refused": None
    }  # fmt: skip
    assert (rows["mediation/paused"].status, rows["mediation/paused"].is_paused) == ("paused", True)
    assert (rows["mediation/town"].methods, rows["mediation/grid"].level) == (["reason"], "grid")
    later = ask(county, mediations, overdue=True)
    assert [*later] == ["mediation/extended", "mediation/open", "mediation/paused"]
    assert later["mediation/open"].days_left == -44.33
    assert {name: row.is_in_time for name, row in ask(county, mediations, is_open=False).items()} == {
        "mediation/grid": True, "mediation/town": False, "mediation/refused": None
    }  # fmt: skip
    assert len(ask(county, mediations, place="place/e1", person="person/m1", period=MAY)) == 6
    assert ask(county, mediations, place="place/c2") == {}
    assert "household/" not in msgspec.json.encode([*later.values()]).decode()


# patrols and hazards


def _rounds(county: County) -> None:
    for number, (place, members) in enumerate((("e1", "12"), ("e1", "1"), ("e2", "2"), ("e3", "1"))):
        made = {"team": "team/p", "place": f"place/{place}", "persons": [f"person/m{one}" for one in members]}
        times = span(f"05-0{number + 1} 14:00", f"05-0{number + 1} 15:00")
        county.given(f"patrol/{number}", (f"05-0{number + 1} 16:00", "patrol.made", made | times))


def _hazards(county: County) -> None:
    def hazard(name: str, severity: str, *events: Told, **more: Any) -> None:
        found = {"place": "place/e1", "kind": "线路老化", "severity": severity, "responsible": "unit/a", **more}
        county.given(f"hazard/{name}", ("05-01 15:00", "hazard.found", found), *events)

    def fixed(time: str) -> Told:
        return (time, "hazard.fixed", {"by": "unit/a"})

    verified = ("05-10 09:00", "hazard.verified", {"by": "person/m1"})
    hazard("in-time", "serious", fixed("05-02 14:00"), verified, patrol="patrol/0")
    hazard("late", "serious", fixed("05-02 16:00"), patrol="patrol/0")
    hazard("stamped", "serious", fixed("05-02 16:00"), due=shanghai("05-05 12:00"))
    hazard("open", "minor", responsible="person/lost")


def test_a_place_that_is_patrolled_twice_is_one_place(county: County) -> None:
    rows = board(county, "patrol-board", level="community", period=MAY)
    assert (rows[None].patrols, rows[None].places, rows["place/c1"].patrols, rows["place/c1"].places) == (4, 3, 3, 2)
    assert board(county, "patrols-by-team", by=["team"])["team/p"].minutes == 240
    people = board(county, "patrols-by-person", by=["person"])
    assert (people[None].persons, people["person/m1"].patrols) == (2, 3)
    assert book(county, "patrols")["patrol/0"].hazards == 2


def test_hazards_in_time_are_judged_by_the_stamped_due_or_by_severity(county: County) -> None:
    rows = ask(county, hazards)
    assert {name.removeprefix("hazard/"): (row.is_in_time, row.is_overdue) for name, row in rows.items()} == {
        "in-time": (True, False), "late": (False, False), "stamped": (True, False), "open": (False, True)
    }  # fmt: skip
    assert [*ask(county, hazards, overdue=True)] == [*ask(county, hazards, is_open=True)] == ["hazard/open"]
    assert rows["hazard/open"].unknown == ["person/lost"]
    serious = board(county, "hazard-board", by=["severity"], place="place/c1")["serious"]
    assert (serious.found, serious.on_patrol, serious.fixed, serious.verified) == (3, 2, 3, 1)
    assert board(county, "hazards-by-unit", by=["unit"])["unit/a"].fixed_share == 1.0
