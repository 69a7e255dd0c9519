"""三张清单, 契约, 点单, 窗口, 督办 and activities on a real PostgreSQL: given events, these answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from projections import read
from projections.read import QuestionRefused
from projections.read.exchange import contract_items, matches
from projections.read.window import window
from tests.integration.test_read_models import NOW, County, Told, forget, shanghai

MAY = "2024-05"


@pytest.fixture(scope="module")
def county(county_database: str) -> Iterator[County]:
    """Town t1 with c1 (estate e1) and c2; hospital and bank, the hospital paired with c1. Told once for all tests."""
    county = County(county_database)
    for place in (("t1", "town"), ("c1", "community", "t1"), ("c2", "community", "t1"), ("e1", "estate", "c1")):
        county.place(*place)
    county.unit("hospital", "c1")
    county.unit("bank", "c2")
    for tell in (_listings, _contracts, _orders, _window, _tasks, _activities):
        tell(county)
    yield county
    county.close()
    forget(county_database)


def board(county: County, name: str, **options: Any) -> dict[Any, Any]:
    """The rows of a board by their first grouping; the whole under None."""
    options = {"as_of": NOW, **options}
    rows = read.board(county.connection, county.generation, name, **options).rows
    by = options["by"][0]
    return {None if row.is_overall else getattr(row, by): row for row in rows}


def book(county: County, name: str, **options: Any) -> dict[str, Any]:
    rows = read.book(county.connection, county.generation, name, **{"as_of": NOW, **options}).rows
    return {row.subject: row for row in rows}


def ask(county: County, question: Any, **options: Any) -> list[Any]:
    return list(question(county.connection, county.generation, **{"as_of": NOW, **options}))


# lists and matches


def _listings(county: County) -> None:
    def posted(name: str, kind: str, by: str, quantity: int, until: str = "08-01 00:00", **more: Any) -> None:
        data = {
            "title": name, "kind": kind, "category": "talent", "by": by, "quantity": quantity,
            "unit_of_quantity": "人次", "from": shanghai("05-01 00:00"), "until": shanghai(until),
        }  # fmt: skip
        county.given(f"listing/{name}", ("05-02 09:00", "listing.posted", data | more))

    def claimed(name: str, by: str, quantity: int) -> None:
        county.given(f"listing/{name}", ("05-03 09:00", "listing.claimed", {"by": by, "quantity": quantity}))

    posted("need", "need", "place/c1", 4)
    claimed("need", "unit/bank", 1)
    posted("small", "resource", "unit/bank", 5)
    claimed("small", "place/c2", 3)  # 2 are left, 3 are wanted
    posted("paired", "resource", "unit/hospital", 9, until="07-15 00:00")
    posted("other", "resource", "unit/bank", 9)
    posted("late", "resource", "unit/bank", 9, until="06-29 00:00")
    posted("later", "resource", "unit/bank", 9, **{"from": shanghai("08-02 00:00")}, until="09-01 00:00")
    posted("rooms", "resource", "unit/bank", 9, category="venue", unit_of_quantity="场次")
    posted("hours", "resource", "unit/bank", 9, unit_of_quantity="小时")
    posted("gone", "resource", "unit/bank", 9)
    county.given("listing/gone", ("05-04 09:00", "listing.withdrawn", {}))
    posted("plan", "project", "place/c1", 1, needs=["listing/need"], resources=["listing/paired"])


def test_a_need_is_matched_with_what_is_like_it_at_the_time_and_enough_and_pairs_come_first(county: County) -> None:
    found = ask(county, matches)
    assert [(row.need, row.resource) for row in found] == [
        ("listing/need", "listing/paired"), ("listing/need", "listing/other")
    ]  # fmt: skip
    first, second = found
    assert (first.wanted, first.left_over, first.is_paired, first.need_name) == (3, 9, True, "c1")
    assert (first.until, second.is_paired) == (datetime.fromisoformat(shanghai("07-15 00:00")), False)
    assert [row.resource for row in ask(county, matches, unit="unit/hospital")] == ["listing/paired"]
    assert len(ask(county, matches, place="place/t1")) == 2
    assert ask(county, matches, place="place/c2") == []


def test_the_three_lists_and_what_is_open_in_them(county: County) -> None:
    needs = book(county, "needs")
    assert needs.keys() == {"listing/need"}
    need = needs["listing/need"]
    assert (need.posted_by, need.left_over, need.status, need.claims[0]["granted"]) == ("c1", 3, "open", 1)
    status = {name.removeprefix("listing/"): row.status for name, row in book(county, "resources").items()}
    assert (status["gone"], status["late"], status["small"]) == ("withdrawn", "ended", "open")
    assert book(county, "open-resources").keys() & {"listing/gone", "listing/late"} == set()
    assert book(county, "open-resources", unit="unit/hospital").keys() == {"listing/paired"}
    assert book(county, "projects")["listing/plan"].needs == ["listing/need"]
    assert book(county, "needs", unit="unit/bank").keys() == {"listing/need"}, "it claimed some of it"
    by_unit = board(county, "listings-by-unit", by=["unit"])
    assert (by_unit["unit/bank"].posted, by_unit["unit/bank"].own_granted) == (7, 1)
    assert board(county, "listing-board", by=["place"], level="town")["place/t1"].posted == 2


# contracts


def _contracts(county: County) -> None:
    items = [{"item": name, "quantity": 1, "due": f"2024-05-{day}"} for name, day in (("a", 20), ("b", 20), ("c", 31))]
    items.append({"item": "d", "quantity": 1, "due": "2024-07-31"})
    signed = {"community": "place/c1", "unit": "unit/hospital", "items": items}
    county.given(
        "contract/1",
        ("05-05 09:00", "contract.signed", signed),
        ("05-20 23:59", "contract.delivered", {"item": "a"}),
        ("05-22 09:00", "contract.accepted", {"item": "a", "score": 90}),
        ("05-19 09:00", "contract.delivered", {"item": "b"}),
        ("05-20 09:00", "contract.refused", {"item": "b", "score": 30}),
        ("05-21 00:01", "contract.delivered", {"item": "b"}),
    )


def test_items_are_on_time_until_their_day_ends_and_a_refused_delivery_is_none(county: County) -> None:
    found = {row.item: row for row in ask(county, contract_items, period=MAY)}
    assert {name: row.in_time for name, row in found.items()} == {"a": True, "b": False, "c": False}
    assert (found["a"].score, found["a"].community_name, found["a"].unit_name) == (90, "c1", "hospital")
    later = ask(county, contract_items, period="2024-07")
    assert [(row.item, row.in_time) for row in later] == [("d", None)], "nothing to judge yet"
    assert len(ask(county, contract_items, period=MAY, place="place/t1", unit="unit/hospital")) == 3
    assert ask(county, contract_items, period=MAY, place="place/c2") == []
    assert book(county, "contracts")["contract/1"].owed == 2
    row = board(county, "contract-board", by=["unit"])["unit/hospital"]
    assert (row.signed, row.items, row.delivered, row.accepted, row.accepted_share) == (1, 4, 2, 1, 0.25)


# orders


def _orders(county: County) -> None:
    def order(name: str, *events: Told, estate: str | None = "place/e1") -> None:
        placed = {"title": name, "community": "place/c1", "due": shanghai("05-20 18:00")}
        placed |= {"estate": estate} if estate else {}
        county.given(f"order/{name}", ("05-11 09:00", "order.placed", placed), *events)

    def done(time: str, solved: bool = True) -> Told:
        spent = {"began": shanghai("05-18 09:00"), "ended": shanghai("05-18 10:30")}
        return (time, "order.done", {"persons": ["person/m1", "person/m2"], "solved": solved, **spent})

    taken: Told = ("05-12 09:00", "order.taken", {"unit": "unit/hospital"})
    held: Told = ("05-21 09:00", "order.supervised", {"ok": True})
    order("quick", taken, ("05-12 10:00", "order.taken", {"unit": "unit/bank"}), done("05-18 11:00"), held)
    order("slow", taken, done("05-18 11:00", solved=False), done("05-20 18:01"), estate=None)
    order("nobody")


def test_orders_by_estate_unit_and_person(county: County) -> None:
    orders = book(county, "orders")
    assert {name: (row.status, row.in_time) for name, row in orders.items()} == {
        "order/quick": ("confirmed", True), "order/slow": ("solved", False), "order/nobody": ("placed", False)
    }  # fmt: skip
    assert [one["unit"] for one in orders["order/quick"].too_late] == ["unit/bank"]
    places = board(county, "order-board", by=["place"], level="estate", period=MAY)
    assert (places["place/e1"].placed, places["place/e1"].solved, places[None].solved) == (2, 1, 2)
    units = board(county, "orders-by-unit", by=["unit"])
    assert (units["unit/hospital"].taken, units["unit/hospital"].confirmed_minutes) == (2, 180)
    assert "unit/bank" not in units, "it came too late"
    assert board(county, "orders-by-person", by=["person"])["person/m1"].confirmed_minutes == 90
    assert book(county, "orders", person="person/m2").keys() == {"order/quick", "order/slow"}


# the window


def _window(county: County) -> None:
    for item, days in (("relief", 3), ("licence", 5), ("idle", 1)):
        data = {"item": item, "name": f"{item}事项", "department": "民政局", "kind": "apply"}
        offered = data | {"promised_working_days": days}
        county.given(f"service/{item}", ("01-02 09:00", "service.offered", offered))
    asked = {"community": "place/c1", "channel": "app", "item": "relief", "count": 4}
    county.given("service/relief~c1~2024-05", ("05-11 09:00", "service.queried", asked))

    def application(name: str, item: str, *events: Told, community: str = "c1", **more: Any) -> None:
        filed = {"item": item, "person": "person/p1", "channel": "window", "community": f"place/{community}", **more}
        county.given(f"application/{name}", ("05-10 08:00", "application.filed", filed), *events)

    accepted: Told = ("05-10 09:00", "application.accepted", {})  # a Friday; the 11th was worked for May Day
    granted = {"granted": True}
    application("friday", "relief", accepted, ("05-14 23:00", "application.decided", granted))
    application("late", "relief", accepted, ("05-15 00:01", "application.decided", granted), channel="app")
    application(
        "returned", "relief", accepted, ("05-13 09:00", "application.returned", {"missing": "收入证明"}),
        ("05-20 09:00", "application.accepted", {}), ("05-21 12:00", "application.decided", {"granted": False}),
    )  # fmt: skip
    promised = {"promised_working_days": 60}
    application("long", "licence", ("05-10 09:00", "application.accepted", promised), community="c2")
    application("unknown", "of-nobody", accepted, ("05-11 09:00", "application.decided", granted))


def test_what_was_promised_is_judged_in_working_days_and_waiting_for_papers_does_not_count(county: County) -> None:
    """Three working days from Friday 10 May: Saturday 11 (worked), Monday 13, Tuesday 14."""
    rows = {row.subject: row for row in ask(county, window, period=MAY)}
    relief = rows["relief"]
    assert (relief.name, relief.queried, relief.filed, relief.returned, relief.decided) == ("relief事项", 4, 3, 1, 3)
    assert (relief.in_time, relief.judged, relief.in_time_share) == (2, 3, 0.6667)
    assert (relief.granted, relief.online_share) == (2, 0.3333)
    assert (rows["licence"].judged, rows["licence"].accepted) == (0, 1), "its own promise is longer than the item's"
    assert (rows["idle"].filed, rows["idle"].is_offered) == (0, True)
    assert (rows["of-nobody"].is_offered, rows["of-nobody"].judged) == (False, 0), "nothing was promised"


def test_the_window_by_community_and_its_books(county: County) -> None:
    rows = {row.subject: row for row in ask(county, window, by="community", period=MAY)}
    assert (rows["place/c1"].name, rows["place/c1"].filed, rows["place/c1"].queried) == ("c1", 4, 4)
    assert [row.subject for row in ask(county, window, period=MAY, place="place/c2") if row.filed] == ["licence"]
    assert all(row.filed == row.queried == 0 for row in ask(county, window, period="2024-04"))
    with pytest.raises(QuestionRefused, match="no grouping by day"):
        ask(county, window, by="day")
    assert book(county, "services").keys() == {"service/relief", "service/licence", "service/idle"}
    applications = book(county, "applications", place="place/c2")
    assert [(row.item_name, row.status) for row in applications.values()] == [("licence事项", "accepted")]
    channels = board(county, "application-board", by=["channel"], place="place/t1")
    assert (channels["app"].filed, channels["window"].filed) == (1, 4)
    assert board(county, "service-board", by=["item"])["relief"].queried == 4


# tasks and activities


def _tasks(county: County) -> None:
    assigned = {"tier": "county", "to": "unit/hospital", "title": "停车场", "place": "place/e1"}
    assigned["due"] = shanghai("06-20 18:00")
    county.given("task/open", ("06-01 09:00", "task.assigned", assigned | {"kind": "supervised"}))
    done: Told = ("06-19 09:00", "task.done", {})
    sent_back: Told = ("06-21 09:00", "task.verified", {"ok": False})
    county.given("task/back", ("06-02 09:00", "task.assigned", assigned | {"to": "place/c1"}), done, sent_back)
    again: Told = ("06-22 17:00", "task.done", {})
    county.given(
        "task/done", ("06-03 09:00", "task.assigned", assigned), again, ("06-23 09:00", "task.verified", {"ok": True})
    )


def test_tasks_with_what_became_of_them_and_how_late_they_are(county: County) -> None:
    tasks = book(county, "tasks")
    assert {name: (row.status, row.days_late, row.held_by) for name, row in tasks.items()} == {
        "task/open": ("assigned", 11, "hospital"), "task/back": ("sent_back", 11, "c1"),
        "task/done": ("verified", 2, "hospital"),
    }  # fmt: skip
    kinds = board(county, "task-board", by=["tier"])
    assert (kinds["county"].assigned, kinds["county"].verified, kinds["county"].rejected) == (3, 1, 1)
    assert board(county, "tasks-by-unit", by=["unit"])["unit/hospital"].assigned == 2
    assert board(county, "tasks-by-place", by=["place"], level="community")["place/c1"].assigned == 3
    assert book(county, "tasks", unit="unit/hospital").keys() == {"task/open", "task/done"}


def _activities(county: County) -> None:
    def planned(name: str, kind: str, *providers: str, **more: Any) -> None:
        data = {
            "title": name, "kind": kind, "place": "place/e1", "organiser": "place/c1", "providers": list(providers),
            "begins": shanghai("05-18 09:00"), "ends": shanghai("05-18 11:00"),
        }  # fmt: skip
        held: Told = ("05-18 11:00", "activity.held", {"attendance": 20})
        county.given(f"activity/{name}", ("05-11 09:00", "activity.planned", data | more), held)

    planned("joint", "clinic", "unit/hospital", "unit/bank", campaign="我为群众办实事")
    planned("own", "clinic")
    planned("contest", "knowledge_contest", brand="文教礼")


def test_activities_by_kind_campaign_and_brand_and_clinics_by_units(county: County) -> None:
    kinds = board(county, "activity-board", by=["kind"], place="place/c1", period=MAY)
    assert (kinds["clinic"].held, kinds["clinic"].held_by_units, kinds["clinic"].attendance) == (2, 1, 40)
    assert board(county, "activity-board", by=["brand"])["文教礼"].attendance == 20
    assert board(county, "activity-board", by=["campaign"])["我为群众办实事"].held == 1
    units = board(county, "activities-by-unit", by=["unit"], place="place/t1")
    assert {name: row.held for name, row in units.items()} == {None: 2, "unit/hospital": 1, "unit/bank": 1}
    assert book(county, "clinics").keys() == {"activity/joint"}
    assert book(county, "culture")["activity/contest"].organised_by == "c1"
    assert len(book(county, "activities", unit="unit/bank")) == 1
