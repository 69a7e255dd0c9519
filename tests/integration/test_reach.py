"""How far a login reaches and what it may tell, on a county worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import Request

from ledger.masking import SEALED
from ledger.unsealing import SealedField
from readers.accounts.accounts import Accounts
from readers.accounts.demo import NothingThere, demo_accounts
from readers.accounts.login import ROLES, Grant, Login, Role
from readers.accounts.opening import opened
from readers.accounts.register import AccountRegister
from readers.accounts.rights import may_see, reaches, sight_of
from readers.accounts.telling import check_event
from readers.refusals import NotYours
from readers.tables import Tables
from tests.fixed_keys import FixedKeys
from tests.integration.test_read_models import County, county, dispatched, whistled

__all__ = ["county"]
CASE = {
    "channel": "window", "demand": "complaint", "category": "停车管理", "urgency": "ordinary", "text": "占道",
}  # fmt: skip


@pytest.fixture
def tables(county: County, county_database: str) -> Iterator[Tables]:
    """t1 with c1 (estate e1, grids g1, g2) and c2 (grid g3); units u1 and u2; a case in g1 that u1 was called to."""
    county.unit("u1")
    county.unit("u2", "c2")
    county.person("clerk", "resident", unit="unit/u2")
    county.person("doctor", "resident", unit="unit/u1")
    county.case(
        "k1", "05-10 08:00", dispatched("05-10 09:00", "05-10 11:00", "05-20 09:00", grid="place/g1"),
        whistled("05-10 10:00", "u1"), reporter="person/r1",
    )  # fmt: skip
    county.case("k2", "05-10 08:00", about="unit/u2", place="place/g3")
    county.case("k3", "05-10 08:00", about="person/w1", place="place/g1")
    county.given("wish/w1", ("05-10 08:00", "wish.made", {"place": "place/g1", "text": "一副老花镜"}))
    with closing(Tables(county_database)) as tables:
        yield tables


def login(role: Role, place: str | None = None, unit: str | None = None, person: str = "person/me") -> Login:
    return Login("me", "me", person, (Grant(role, place, unit),), "csrf")


def test_places_reach_all_below_them_and_nothing_beside(tables: Tables) -> None:
    seen = {
        place: [reaches(tables, login("desk", f"place/{place}"), f"case/{case}") for case in ("k1", "k2")]
        for place in ("t1", "c1", "e1", "g1", "g2", "c2", "nowhere")
    }
    assert seen == {
        "t1": [True, True], "c1": [True, False], "e1": [True, False], "g1": [True, False],
        "g2": [False, False], "c2": [False, True], "nowhere": [False, False],
    }  # fmt: skip


def test_a_unit_reaches_what_it_was_called_to_and_a_person_what_is_theirs(tables: Tables) -> None:
    assert reaches(tables, login("liaison", unit="unit/u1"), "case/k1")
    assert not reaches(tables, login("liaison", unit="unit/u2"), "case/k1")
    assert reaches(tables, login("resident", person="person/r1"), "case/k1")
    assert reaches(tables, login("member", person="person/w1"), "case/k1")
    assert not reaches(tables, login("resident", person="person/r2"), "case/k1")
    assert not reaches(tables, None, "case/k1")


def test_leaders_and_auditors_reach_the_county_and_administrators_the_register_alone(tables: Tables) -> None:
    for subject in ("case/k1", "case/k2", "wish/w1", "unit/u1", "person/clerk"):
        assert reaches(tables, login("leader"), subject) and reaches(tables, login("auditor"), subject)
    assert not may_see(tables, login("administrator"), "case/k1")
    assert may_see(tables, login("administrator"), "person/clerk") and may_see(tables, None, "unit/u1")
    assert not may_see(tables, None, "person/clerk") and not may_see(tables, None, "wish/w1")


@pytest.mark.parametrize("subject", ["case/none", "nothing/x", "case", "publisher/x'; drop", ""])
def test_what_is_not_there_nobody_reaches(tables: Tables, subject: str) -> None:
    assert not reaches(tables, login("leader"), subject)


def test_nobody_reaches_what_is_about_them_whatever_their_role(tables: Tables) -> None:
    """Rules: never to, nor readable by, whoever is named in `about`; by any of their ids, or by their unit."""
    for who in (
        login("liaison", unit="unit/u2"),
        login("desk", "place/c2", person="person/clerk"),
        login("leader", person="person/clerk"),
    ):
        assert not reaches(tables, who, "case/k2")
    assert not reaches(tables, login("grid_worker", "place/g1", person="person/w1"), "case/k3")
    assert reaches(tables, login("grid_worker", "place/g1", person="person/w2"), "case/k3")


def test_a_case_about_one_id_of_a_person_is_about_the_other(tables: Tables, county: County) -> None:
    other = login("grid_worker", "place/g1", person="person/w1-again")
    assert reaches(tables, other, "case/k3")
    county.given("person/w1", ("05-11 08:00", "person.merged", {"into": "person/w1-again"}))
    assert not reaches(tables, other, "case/k3")


def test_plain_texts_are_for_the_desk_and_for_whom_the_case_is_with(tables: Tables) -> None:
    assert sight_of(tables, login("desk", "place/c1"), "case/k1") == "desk"
    assert sight_of(tables, login("desk", "place/c2"), "case/k1") == "mask"
    assert sight_of(tables, login("grid_worker", "place/g1", person="person/w1"), "case/k1") == "handler"
    assert sight_of(tables, login("grid_worker", "place/g1", person="person/w2"), "case/k1") == "mask"
    assert sight_of(tables, login("resident", person="person/r1"), "case/k1") == "handler"
    others = (login("town", "place/t1"), login("estate", "place/e1"), login("leader"), login("auditor"))
    assert {sight_of(tables, other, "case/k1") for other in others} == {"mask"}
    assert sight_of(tables, login("desk", "place/c2", person="person/clerk"), "case/k2") == "mask"
    assert sight_of(tables, None, "case/k1") == "mask"


def test_a_look_in_plain_is_in_the_log_and_a_mask_is_not(tables: Tables, county: County, county_database: str) -> None:
    with county.connection, county.connection.cursor() as cursor:
        cursor.execute(f"select source, event_id, text from {county.generation}.entity_case where subject = 'case/k1'")
        source, id_, text = cursor.fetchone()
    field = SealedField("case.discovered/text", source, id_, "/data/text", "person/r1", "hidden", text)
    with closing(Accounts(county_database)) as accounts, closing(AccountRegister(county_database)) as register:

        def shown(who: Login | None) -> tuple[str, int]:
            before = len(register.lines(what="unsealed", limit=1_000))
            services = SimpleNamespace(tables=tables, accounts=accounts, keys=FixedKeys())
            asked = Request(
                {"type": "http", "headers": [], "app": SimpleNamespace(state=SimpleNamespace(services=services))}
            )
            asked.state.login = who
            (seen,) = opened(asked, "case/k1", [field], "test")
            return str(seen.value), len(register.lines(what="unsealed", limit=1_000)) - before

        assert shown(login("desk", "place/c1")) == ("占道", 1)
        assert shown(login("grid_worker", "place/g1", person="person/w1")) == ("占道", 1)
        assert shown(login("member", person="person/r1")) == ("占道", 1)
        assert shown(login("town", "place/t1")) == shown(login("desk", "place/c2")) == shown(None) == (SEALED, 0)
        (line, *_) = register.lines(what="unsealed", limit=1)
        assert line.about == "case/k1" and "case.discovered/text" in line.details["fields"]


Tried = tuple[Login | None, str, str, Mapping[str, Any]]
DESK, LIAISON, RESIDENT = (
    login("desk", "place/c1"),
    login("liaison", unit="unit/u1"),
    login("resident", person="person/r1"),
)
WORKER, TOWN = login("grid_worker", "place/g1", person="person/w1"), login("town", "place/t1")
ALLOWED: list[Tried] = [
    (None, "case.discovered", "case/new", CASE),
    (None, "case.rated", "case/k1", {"by": "resident", "reached": True}),
    (RESIDENT, "case.discovered", "case/new", CASE | {"reporter": "person/r1", "place": "place/g3"}),
    (RESIDENT, "case.withdrawn", "case/k1", {}),
    (RESIDENT, "wish.claimed", "wish/w1", {"by": "person/r1"}),
    (WORKER, "case.discovered", "case/new", CASE | {"reporter": "person/r9", "place": "place/g1"}),
    (WORKER, "case.handled", "case/k1", {"by": "person/w1", "resolved": True, "measures": "已清理"}),
    (WORKER, "visit.paid", "visit/new", {"person": "person/w1", "kind": "household", "place": "place/g1"}),
    (LIAISON, "case.reported", "case/k1", {"whistle": "w1", "unit": "unit/u1"}),
    (LIAISON, "duty.served", "duty/new", {"person": "person/any", "unit": "unit/u1", "community": "place/c2"}),
    (LIAISON, "duty.reported", "duty/new", {"party": "person/doctor", "unit": "unit/u1", "community": "place/c2"}),
    (LIAISON, "order.taken", "order/other", {"unit": "unit/u1"}),
    (DESK, "case.rated", "case/k1", {"by": "call_back", "reached": True}),
    (DESK, "conference.convened", "conference/new", {"kind": "six_party", "place": "place/e1"}),
    (DESK, "case.supervised", "case/k1", {"tier": "community"}),
    (DESK, "unit.paired", "unit/u2", {"mode": "1+1", "community": "place/c1"}),
    (TOWN, "assessment.scored", "assessment/u1~2024-Q2", {"assessor": "place/t1", "tier": "town"}),
    (login("leader"), "case.supervised", "case/k2", {"tier": "county"}),
    (DESK, "place.registered", "place/new", {"name": "新小区", "level": "estate", "parent": "place/c1"}),
    (login("administrator"), "place.registered", "place/new", {"name": "新县", "level": "county"}),
]  # fmt: skip
REFUSED: list[Tried] = [
    (None, "case.withdrawn", "case/k1", {}),
    (None, "case.rated", "case/k1", {"by": "call_back", "reached": True}),
    (None, "case.discovered", "case/new", CASE | {"reporter": "person/r1"}),
    (RESIDENT, "case.rated", "case/k1", {"by": "call_back", "reached": True}),
    (RESIDENT, "case.withdrawn", "case/k2", {}),
    (RESIDENT, "case.discovered", "case/new", CASE | {"reporter": "person/r2"}),
    (RESIDENT, "wish.claimed", "wish/w1", {"by": "unit/u1"}),
    (RESIDENT, "case.dispatched", "case/k1", {}),
    (WORKER, "case.handled", "case/k1", {"by": "person/w2", "resolved": True, "measures": "已清理"}),
    (WORKER, "case.handled", "case/k2", {"by": "person/w1", "resolved": True, "measures": "已清理"}),
    (WORKER, "case.handled", "case/k3", {"by": "person/w1", "resolved": True, "measures": "已清理"}),
    (WORKER, "visit.paid", "visit/new", {"person": "person/w1", "kind": "household", "place": "place/g2"}),
    (LIAISON, "case.reported", "case/k1", {"whistle": "w1", "unit": "unit/u2"}),
    (LIAISON, "case.reported", "case/k2", {"whistle": "w1", "unit": "unit/u1"}),
    (LIAISON, "duty.served", "duty/new", {"person": "person/any", "unit": "unit/u2", "community": "place/c2"}),
    (LIAISON, "duty.reported", "duty/new", {"party": "person/clerk", "unit": "unit/u1", "community": "place/c2"}),
    (LIAISON, "duty.served", "duty/new", {"person": "person/clerk", "unit": "unit/u1", "community": "place/c2"}),
    (DESK, "conference.convened", "conference/new", {"kind": "six_party", "place": "place/g3"}),
    (DESK, "case.supervised", "case/k1", {"tier": "county"}),
    (DESK, "unit.paired", "unit/u2", {"mode": "1+1", "community": "place/c2"}),
    (DESK, "case.closed", "case/k2", {}),
    (DESK, "case.corrected", "case/k1", {"event": "1", "reason": "录入有误", "field": "place", "to": "place/g3"}),
    (TOWN, "assessment.scored", "assessment/u1~2024-Q2", {"assessor": "place/elsewhere", "tier": "town"}),
    (login("leader", "place/c1"), "case.supervised", "case/k2", {"tier": "county"}),
    (DESK, "place.registered", "place/new", {"name": "新小区", "level": "estate", "parent": "place/c2"}),
    (DESK, "place.registered", "place/new", {"name": "新县", "level": "county"}),
    (login("resident", person="person/w1"), "case.rated", "case/k3", {"by": "resident", "reached": True}),
    (login("auditor"), "case.closed", "case/k1", {}),
]


def test_each_says_what_is_theirs_to_say_and_nothing_else(tables: Tables) -> None:
    for tried in ALLOWED:
        check_event(tables, *tried)
    passed = [tried for tried in REFUSED if _is_told(tables, tried)]
    assert not passed


def test_two_grants_are_not_one_wide_one(tables: Tables) -> None:
    """A desk's types reach as far as the desk, however far another role of the same login sees."""
    both = Login("me", "me", "person/me", (Grant("desk", "place/c1"), Grant("leader")), "csrf")
    assert reaches(tables, both, "case/k2")
    assert not _is_told(tables, (both, "case.closed", "case/k2", {}))
    check_event(tables, both, "case.closed", "case/k1", {})


def test_for_trying_there_is_an_account_of_each_role_on_what_the_tables_know(
    tables: Tables, county_database: str
) -> None:
    made = {one.role: one for one in demo_accounts(county_database, "unit/tests")}
    again = {one.role: one for one in demo_accounts(county_database, "unit/tests")}
    assert made.keys() == again.keys() == set(ROLES)
    assert made["desk"].password != again["desk"].password
    with closing(Accounts(county_database)) as accounts:
        found = {}
        for role, one in again.items():
            entered = accounts.login_of(accounts.enter(one.name, one.password, "10.0.0.9"))
            assert entered is not None and not entered.must_change and entered.roles == {role}
            found[role] = [case for case in ("k1", "k2", "k3") if reaches(tables, entered, f"case/{case}")]
    assert found == {
        "resident": ["k1"], "grid_worker": ["k1"], "liaison": ["k1"], "member": [], "estate": ["k1", "k3"],
        "desk": ["k1", "k3"], "town": ["k1", "k2", "k3"], "leader": ["k1", "k2", "k3"],
        "auditor": ["k1", "k2", "k3"], "administrator": [],
    }  # fmt: skip


def test_without_a_county_there_is_nothing_to_try(county: County, county_database: str) -> None:
    with pytest.raises(NothingThere, match="unit") as refused:
        demo_accounts(county_database, "unit/tests")
    assert "shanzhi simulate" in refused.value.remedy


def _is_told(tables: Tables, tried: Tried) -> bool:
    try:
        check_event(tables, *tried)
    except NotYours as refusal:
        assert refusal.what and refusal.remedy
        return False
    return True
