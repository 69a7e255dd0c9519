"""Rosters, facilities, the alliance, councils, topics, surveys and cameras on a real PostgreSQL: figures by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from projections import read
from projections.rules import DailyLife, Survey, default_preset
from tests.integration.test_read_models import NOW, County, forget, shanghai

COMPANY, OTHER = "unit/anju", "unit/hengxin"
E1, E2 = "place/e1", "place/e2"
Told = tuple[str, str, dict[str, Any]]


@pytest.fixture
def county(county_database: str) -> Iterator[County]:
    """Town t1 with communities c1 (estates e1 and e2, grid g1) and c2 (estate e3)."""
    county = County(county_database)
    for place in (("t1", "town"), ("c1", "community", "t1"), ("c2", "community", "t1")):
        county.place(*place)
    for name, community, longitude in (("e1", "c1", 112.70), ("e2", "c1", 112.72), ("e3", "c2", None)):
        centre = {"centre": {"longitude": longitude, "latitude": 40.0}} if longitude else {}
        county.place(name, "estate", community, **centre)
    county.place("g1", "grid", "e1")
    yield county
    county.close()
    forget(county_database)


def show(county: County, name: str, **options: Any) -> list[Any]:
    return read.named(county.connection, county.generation, name, **{"as_of": NOW, **options}).rows


def one(county: County, name: str, **options: Any) -> Any:
    (row,) = show(county, name, **options)
    return row


def registered(county: County, unit: str, kind: str) -> None:
    county.given(unit, ("01-01 08:00", "unit.registered", {"name": unit.removeprefix("unit/"), "kind": kind}))


def served(party: str, by: str) -> Told:
    return ("01-02 08:00", "place.served", {"party": party, "by": by})


# rosters


def test_a_roster_names_the_six_parties_and_the_gaps(county: County) -> None:
    registered(county, COMPANY, "property_company")
    post = {"person": "person/lawyer", "role": "branch_secretary", "chosen": "elected_by_owners"}
    county.given(E1, served("property_company", COMPANY), ("01-02 09:00", "place.staffed", post))
    county.given("place/c1", served("two_committees", "person/head"), served("police", "unit/police"))
    county.given("place/c1", served("property_company", OTHER))  # a company serves where it says so, not all below
    rows = {row.subject: row for row in show(county, "roster")}
    e1 = rows[E1]
    assert (e1.property_company, e1.party_branch) == (["anju"], ["person/lawyer"])
    assert (e1.two_committees, e1.police) == (["person/head"], ["unit/police"])
    assert e1.gaps == ["owners_committee", "law_enforcement"]
    assert rows[E2].gaps == ["party_branch", "owners_committee", "property_company", "law_enforcement"]
    assert len(rows["place/e3"].gaps) == 6
    assert [row.subject for row in show(county, "roster", place="place/c2")] == ["place/e3"]
    county.given(E1, ("03-01 08:00", "place.unserved", {"party": "property_company", "by": COMPANY}))
    assert "property_company" in show(county, "roster", place=E1)[0].gaps


def test_an_estate_has_its_own_regulation_or_that_from_above(county: County) -> None:
    def issued(kind: str, title: str) -> Told:
        return ("01-05 08:00", "regulation.issued", {"regulation": kind, "kind": kind, "title": title})

    county.given("place/t1", issued("grid_mechanism", "全镇机制"))
    county.given(E1, issued("grid_mechanism", "本小区机制"), issued("branch_duties", "支部职责"))
    county.given(E1, ("02-01 08:00", "regulation.repealed", {"regulation": "branch_duties"}))
    row = one(county, "regulations", place=E1)
    assert (row.grid_mechanism, row.branch_duties, row.in_force) == ("本小区机制", None, 1)
    assert one(county, "regulations", place="place/e3").grid_mechanism == "全镇机制"


def test_leaders_are_shown_with_what_they_are_in_charge_of(county: County) -> None:
    county.person("leader", "leader")
    for place in (E1, E2, "place/c1", "place/g1"):
        county.given(place, ("01-05 08:00", "place.linked", {"leader": "person/leader", "body": "government"}))
    county.given(E2, ("02-05 08:00", "place.unlinked", {"leader": "person/leader"}))
    study = {"person": "person/leader", "kind": "field_study", "place": E1}
    times = {"began": shanghai("05-06 09:00"), "ended": shanghai("05-06 10:00")}
    county.given("visit/1", ("05-06 10:00", "visit.paid", study | times))
    row = one(county, "leaders")
    assert (row.body, row.communities, row.estates, row.grids, row.places) == ("government", 1, 1, 1, 3)
    assert (row.is_registered, row.field_studies) == (True, 1)
    assert one(county, "leaders", period="2024-04").field_studies == 0
    assert one(county, "leaders", place="place/g1").places == 1
    overall = show(county, "leader-board", by=("level",))[0]
    assert (overall.linked, overall.places, overall.leaders) == (3, 3, 1)


# facilities


def opened(facility: str, kind: str, **more: Any) -> Told:
    return ("02-01 08:00", "facility.opened", {"facility": facility, "kind": kind, **more})


def test_estates_with_a_red_harbour_are_counted_once_each(county: County) -> None:
    county.given(E1, opened("h1", "red_harbour"), opened("h2", "red_harbour"))
    county.given(E2, opened("h", "red_harbour"), ("03-01 08:00", "facility.closed", {"facility": "h"}))
    county.given("place/c1", opened("centre", "party_mass_centre"))
    county.given("place/c1", ("04-01 08:00", "facility.upgraded", {"facility": "centre"}))
    overall, *rows = show(county, "facility-board", by=("kind",))
    by_kind = {row.kind: row for row in rows}
    harbours, centre = by_kind["red_harbour"], by_kind["party_mass_centre"]
    assert (harbours.opened, harbours.open, harbours.places_opened) == (3, 2, 2)
    assert (centre.upgraded, centre.places_upgraded, overall.opened) == (1, 1, 4)
    assert [row.facility for row in show(county, "facilities", kind="red_harbour", place=E1)] == ["h1", "h2"]
    assert show(county, "facilities", period="2024-05") == []
    assert one(county, "facilities", place=E2).is_open is False


def test_a_quarter_of_an_hour_reaches_so_far(county: County) -> None:
    """e1 and e2 lie 1.7 km apart on one parallel; nobody knows where e3 is."""
    county.given("place/c1", opened("s", "square", location={"longitude": 112.711, "latitude": 40.0}))
    county.given("place/e3", opened("s", "square"))

    def near(kind: str, **options: Any) -> tuple[int, int, float, int]:
        row = next(row for row in show(county, "daily-life", **options) if row.is_overall and row.kind == kind)
        return row.near, row.estates, row.near_share, row.unlocated

    assert near("square") == (3, 3, 1.0, 1), "940 m from e1, 770 m from e2, and in e3 itself"
    assert near("daily_life") == (0, 3, 0.0, 1)
    assert near("square", place="place/c1") == (2, 2, 1.0, 0)
    narrow = replace(default_preset(DailyLife), parameters=DailyLife(within_metres=800, kinds=("square",)))
    assert near("square", rule=narrow) == (2, 3, 0.666667, 1)
    rows = show(county, "daily-life", level="estate", rule=narrow)
    assert {row.subject: row.near for row in rows if not row.is_overall} == {E1: 0, E2: 1, "place/e3": 1}


# alliance


def test_a_person_takes_part_once_in_however_many_ways(county: County) -> None:
    for name, role in (("a", "volunteer"), ("b", "delegate"), ("twin", "resident")):
        county.person(name, role, community="place/c1")
    for name in ("a", "twin"):
        county.given(f"person/{name}", ("02-01 08:00", "alliance.joined", {"category": "volunteer"}))
    county.given("person/twin", ("02-02 08:00", "person.merged", {"into": "person/a"}))
    registered(county, "unit/heart", "social_organisation")
    county.given("unit/heart", ("02-03 08:00", "alliance.joined", {"category": "unit"}))
    county.given(
        "council/1",
        ("02-04 08:00", "council.formed", {"community": "place/c1"}),
        ("02-04 09:00", "council.seated", {"person": "person/a", "role": "chair"}),
        ("02-04 09:00", "council.seated", {"person": "person/b", "role": "member", "unit": "unit/heart"}),
    )
    county.given(
        "conference/1",
        ("05-02 08:00", "conference.convened", {"kind": "joint", "place": "place/c2"}),
        ("05-03 08:00", "conference.held", {
            "attendance": [{"unit": "unit/heart", "persons": 2}],
            "participants": ["person/a", "person/stranger"],
        }),
    )  # fmt: skip
    rows = {(row.way, row.category): row.persons for row in show(county, "participants")}
    assert rows[None, None] == 3, "a (who is also the twin), b and a stranger"
    assert (rows["alliance", None], rows["council", None], rows["conference", "joint"]) == (1, 2, 2)
    assert {row.persons for row in show(county, "participants", place="place/c1") if row.is_overall} == {2}
    assert show(county, "participants", place="place/c2", period="2024-05")[0].persons == 2
    members = show(county, "council-members", by=())[0]
    assert (members.seated, members.members) == (2, 2)
    organisations = show(county, "organisations")
    assert (organisations[0].organisations, organisations[0].taking_part) == (1, 1)
    assert (organisations[1].councils, organisations[1].conferences, organisations[1].in_alliance) == (1, 1, 1)
    assert show(county, "organisations", period="2024-06")[0].taking_part == 0


def test_pairings_show_the_last_contact_with_the_community_or_below(county: County) -> None:
    for name in ("a", "b"):
        county.unit(name)
    county.given("unit/a", ("06-20 20:00", "unit.contacted", {"place": "place/g1"}))
    county.given("unit/b", ("06-25 20:00", "unit.contacted", {"place": "place/c2"}))
    far, near = show(county, "pairings")
    assert (far.subject, far.last_contact_at, near.subject) == ("unit/b", None, "unit/a")
    assert (near.days_without_contact, far.days_without_contact) == (10, 181)
    assert show(county, "pairings", place="place/c2") == []


# surveys, remedies, replacements


def survey(county: County, name: str, day: int, company: str, *scores: int) -> None:
    """A survey of e1 that opens on a day of April and has a card for each score of 保洁."""
    items = [{"item": "保洁", "provider": company, "method": "每日", "form": "外包"}]
    at = f"04-{day:02}"
    opened = {"estate": E1, "organiser": "place/c1", "until": shanghai(f"{at} 20:00"), "issued": 9, "items": items}
    cards: list[Told] = [
        (f"{at} 10:00", "card.submitted", {"card_no": str(number), "scores": [{"item": "保洁", "score": score}]})
        for number, score in enumerate(scores)
    ]
    closed: Told = (f"{at} 20:00", "survey.closed", {})
    county.given(f"survey/{name}", (f"{at} 08:00", "survey.opened", opened), *cards, closed)


def adopted(authority: str, change: str = "provider") -> tuple[Told, Told]:
    proposed = {"item": "保洁", "topic": "topic/1", "change": change, "to": OTHER}
    return (
        ("04-05 09:00", "remedy.proposed", proposed),
        ("04-08 09:00", "remedy.adopted", {"item": "保洁", "authority": authority}),
    )


def replaced(at: str, authority: str = "owners_vote", **more: Any) -> Told:
    return (at, "unit.replaced", {"estate": E1, "service": "保洁", "by": OTHER, "authority": authority, **more})


def test_the_next_survey_shows_what_a_remedy_did(county: County) -> None:
    registered(county, COMPANY, "property_company")
    survey(county, "1", 1, COMPANY, 50, 60, 55, 52, 53)
    survey(county, "0", 4, COMPANY, 10)  # before the remedy: says nothing of it
    county.given("survey/1", *adopted("owners_vote"))
    survey(county, "2", 20, OTHER, 80, 82, 84, 81, 83)
    after, too_few, first = show(county, "survey-items")
    assert (first.mean, first.mark, first.scores, first.next_survey) == (54.0, "failed", 5, "survey/2")
    assert (first.effect, first.flag, first.provider_name) == (28.0, None, "anju")
    assert (too_few.mark, too_few.effect, after.mark, after.next_mean) == ("too_few", None, "passed", None)
    assert show(county, "survey-items", unit=OTHER) == [after]
    strict = Survey(failed_below=85, low_below=90, fewest_cards=1)
    made = replace(default_preset(Survey), parameters=strict)
    assert [row.mark for row in show(county, "survey-items", rule=made)] == ["failed"] * 3
    board = show(county, "scores-by-item", by=("item",))[1]
    assert (board.scores, board.mean) == (11, pytest.approx((270 + 10 + 410) / 11, abs=1e-4))


def test_a_property_company_is_dismissed_by_the_owners_vote_alone(county: County) -> None:
    registered(county, COMPANY, "property_company")
    survey(county, "1", 1, COMPANY, 50, 60, 55, 52, 53)
    county.given("survey/1", *adopted("conference"))
    assert one(county, "survey-items").flag == "no_owners_vote"
    county.given(COMPANY, replaced("04-10 09:00", survey="survey/1", item="保洁"))
    assert one(county, "replacements").flag == "no_owners_vote"


@pytest.mark.parametrize(
    "authority, change, at, ground, flag",
    [
        ("owners_vote", "provider", "04-10 09:00", {"survey": "survey/1", "item": "保洁"}, None),
        ("owners_vote", "provider", "04-07 09:00", {"survey": "survey/1", "item": "保洁"}, "no_adopted_remedy"),
        ("owners_vote", "method", "04-10 09:00", {"survey": "survey/1", "item": "保洁"}, "another_remedy"),
        ("owners_vote", "provider", "04-10 09:00", {}, "no_adopted_remedy"),
        ("owners_vote", "provider", "04-10 09:00", {"survey": "survey/x", "item": "保洁"}, "no_adopted_remedy"),
    ],
)
def test_a_replacement_is_flagged_without_the_remedy_that_it_rests_on(
    county: County, authority: str, change: str, at: str, ground: dict[str, Any], flag: str | None
) -> None:
    registered(county, COMPANY, "property_company")
    survey(county, "1", 1, COMPANY, 50, 60, 55, 52, 53)
    county.given("survey/1", *adopted(authority, change))
    county.given(COMPANY, replaced(at, **ground))
    row = one(county, "replacements", place="place/c1")
    assert (row.flag, row.successor) == (flag, OTHER)


def test_a_whistle_to_a_replaced_unit_is_seen_until_it_comes_back(county: County) -> None:
    def whistled(name: str, at: str, place: str = "place/g1") -> None:
        data = {"whistle": "w", "by": "place/t1", "kind": "ordinary", "units": [{"unit": COMPANY, "part": "lead"}]}
        county.case(name, "03-01 08:00", (at, "case.whistled", data), place=place)

    county.given(COMPANY, replaced("04-10 09:00"))  # nobody registered either of them
    whistled("before", "04-09 09:00")
    whistled("after", "04-11 09:00")
    whistled("elsewhere", "04-11 09:00", "place/e2")
    county.given(OTHER, ("05-01 09:00", "unit.replaced", {
        "estate": E1, "service": "保洁", "by": COMPANY, "authority": "owners_vote"}))  # fmt: skip
    whistled("later", "05-02 09:00")
    row = one(county, "replaced-whistles")
    assert (row.subject, row.unit, row.successor, row.service) == ("case/after", COMPANY, OTHER, "保洁")
    assert show(county, "replaced-whistles", period="2024-05") == []


# topics, cameras


def test_topics_solved_of_those_collected_and_who_is_late(county: County) -> None:
    for number in range(4):
        collected = {"estate": E1, "category": "停车管理", "by": "person/a", "title": "停车"}
        due = shanghai("05-20 09:00")
        steps: list[Told] = [
            ("05-01 09:00", "topic.collected", collected),
            ("05-02 09:00", "topic.tabled", {"conference": "conference/1"}),
            ("05-02 10:00", "topic.decided", {"outcome": "agreed", "responsible": COMPANY, "due": due}),
            ("05-19 09:00", "topic.carried_out", {}),
            ("05-21 09:00", "topic.solved", {"confirmed_by": "person/a"}),
        ]
        county.given(f"topic/{number}", *steps[: 5 if number < 3 else 3])
    row = show(county, "topic-board", by=("category",))[1]
    assert (row.category, row.collected, row.solved, row.solved_share) == ("停车管理", 4, 3, 0.75)
    assert show(county, "topic-board", by=("place",), level="community")[1].place == "place/c1"
    late = {row.subject: (row.status, row.is_overdue) for row in show(county, "topics", unit=COMPANY)}
    assert (late["topic/0"], late["topic/3"]) == (("solved", False), ("agreed", True))


def test_alerts_by_network_and_who_looked(county: County) -> None:
    alert = {"alert": "a", "kind": "fire", "confidence": 91}
    county.given(
        "camera/1",
        ("05-01 08:00", "camera.registered", {"network": "sky_net", "place": E1}),
        ("05-02 08:00", "camera.alerted", alert),
        ("05-02 09:00", "camera.alerted", alert | {"alert": "b"}),
        ("05-02 08:10", "camera.confirmed", {"alert": "a", "by": "person/w", "case": "case/1"}),
    )
    waiting, confirmed = show(county, "camera-alerts", place="place/c1")
    assert (waiting.status, confirmed.status, confirmed.by, confirmed.of_case) == (
        "waiting", "confirmed", "person/w", "case/1",
    )  # fmt: skip
    assert [row.alert for row in show(county, "camera-alerts", person="person/w")] == ["a"]
    row = show(county, "alert-board", by=("network",))[1]
    assert (row.alerted, row.confirmed, row.confirmed_share) == (2, 1, 0.5)
    assert (one(county, "cameras").waiting, one(county, "cameras").alerts_count) == (1, 2)
