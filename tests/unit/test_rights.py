"""Who may tell what: the tables are whole, closed, and speak of what there is; passwords, attempts, addresses."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response

from ledger.event import latest
from ledger.events import __all__ as families
from projections.families import FAMILIES
from readers.accounts import cookies
from readers.accounts.attempts import BUCKETS, TOGETHER, Attempts
from readers.accounts.csrf import is_from_elsewhere
from readers.accounts.login import ROLES, Grant, Login, Role
from readers.accounts.passwords import (
    PasswordRefused,
    check_password,
    hashed,
    is_outdated,
    is_password,
    new_password,
)
from readers.accounts.reach import NAMED, PUBLIC
from readers.accounts.register import AccountRefused, check_grant
from readers.accounts.rights import ANYONE, COUNTY_WIDE, NEEDS, may_publish, scope_by, scope_of
from readers.accounts.telling import ONLY, OPEN, SPEAKERS
from readers.accounts.told_by import TOLD_BY, UPSTREAM
from readers.accounts.web import own_path

LONGEST = "".join(chr(0x4E00 + 37 * number) for number in range(200))


def login(*grants: Grant, person: str = "person/me") -> Login:
    return Login("me", "me", person, grants, "csrf")


def test_every_event_type_has_a_form_or_a_named_upstream_and_never_both() -> None:
    assert TOLD_BY.keys() | UPSTREAM.keys() == latest.keys()
    assert not TOLD_BY.keys() & UPSTREAM.keys()
    assert all(told_by for told_by in (*TOLD_BY.values(), *UPSTREAM.values()))


def test_roles_are_those_that_there_are_and_each_but_the_auditor_has_something_to_tell() -> None:
    assert frozenset().union(*TOLD_BY.values()) == {*ROLES, ANYONE} - {"auditor"}
    assert NEEDS.keys() == set(ROLES)


def test_what_anyone_may_tell_a_resident_with_a_login_may_too() -> None:
    for type_, told_by in TOLD_BY.items():
        assert ANYONE not in told_by or "resident" in told_by, type_


def test_who_tells_what_of_others_is_a_short_list() -> None:
    """Everything that a stranger may send, word for word: a longer list has to be meant."""
    assert {type_ for type_ in TOLD_BY if may_publish(None, type_)} == {
        "card.submitted", "case.discovered", "case.looked_up", "case.rated", "case.reopen_requested",
        "mediation.opened", "service.queried", "wish.made",
    }  # fmt: skip
    assert not any(may_publish(login(Grant("auditor")), type_) for type_ in latest)
    assert may_publish(login(Grant("town", "place/t1")), "case.whistled")
    assert not may_publish(login(Grant("desk", "place/c1")), "case.whistled")
    assert not may_publish(login(Grant("administrator")), "case.voided")


@pytest.mark.parametrize("table", [OPEN, SPEAKERS])
def test_exceptions_speak_of_types_that_have_a_form(table: dict[str, str]) -> None:
    assert table.keys() <= TOLD_BY.keys()


def test_exceptions_name_roles_that_tell_the_type_and_fields_that_it_has() -> None:
    for type_, words in OPEN.items():
        assert set(words.split()) <= TOLD_BY[type_], type_
    for type_, fields in SPEAKERS.items():
        assert set(fields.split()) <= set(latest[type_].wire_names.values()), type_
    for (type_, field), values in ONLY.items():
        assert values.keys() <= TOLD_BY[type_] and field in latest[type_].wire_names.values(), type_


def test_the_reach_of_every_family_is_said_in_columns_of_its_state() -> None:
    assert NAMED.keys() == set(families) == FAMILIES.keys()
    for family, named in NAMED.items():
        columns = {"subject", *FAMILIES[family].state.__struct_fields__}
        assert set(" ".join(named).split()) <= columns, family
    assert NAMED.keys() >= PUBLIC


def test_nothing_sealed_stands_in_a_family_that_everybody_sees() -> None:
    for kind in latest.values():
        assert kind.type == "place.registered" or not (kind.personal and set(kind.subjects) & PUBLIC), kind.type


@given(st.lists(st.sampled_from(ROLES), max_size=4))
def test_a_scope_is_the_whole_county_for_nobody_but_those_above_it(roles: list[Role]) -> None:
    found = scope_of(login(*(Grant(role) for role in roles)))
    assert found.is_county == bool({"leader", "auditor"} & set(roles))


def test_an_administrator_tells_of_the_whole_register_and_looks_at_nobodys_case() -> None:
    administrator = login(Grant("administrator"))
    assert scope_by(administrator, administrator.grants).is_county
    assert not scope_of(administrator).is_county
    assert not scope_of(None).is_county and scope_of(None).person is None


@pytest.mark.parametrize("role", get_args(Role))
def test_a_grant_has_the_scope_that_its_role_needs_and_no_other(role: Role) -> None:
    given = {"place": Grant(role, "place/p"), "unit": Grant(role, None, "unit/u"), None: Grant(role)}
    allowed = {NEEDS[role]} | ({"place"} if role in COUNTY_WIDE else set())
    for scope, grant in given.items():
        if scope in allowed:
            check_grant(grant)
        else:
            with pytest.raises(AccountRefused):
                check_grant(grant)


@pytest.mark.parametrize("place", ["unit/u", "place/", "place/a b", "place/x\n", "p", "place/" + "x" * 121])
def test_a_scope_that_is_no_id_is_refused(place: str) -> None:
    with pytest.raises(AccountRefused):
        check_grant(Grant("desk", place))


@pytest.mark.parametrize(
    "weak",
    ["short", "Tr-9x.Kq27m", f"{LONGEST}木", "aaaaaaaaaaaaaaaa", "password1234", "Password123456",
     "123456789012", "qwertyuiop123", "abcdefghijkl", "woaini520woaini520", "li-desk-li-desk-1", "P@ssw0rdP@ssw0rd",
     "密码密码密码密码密码密码", "1q1q1q1q1q1q1q"],
)  # fmt: skip
def test_what_somebody_would_try_first_is_refused(weak: str) -> None:
    with pytest.raises(PasswordRefused):
        check_password(weak, "li-desk")


@pytest.mark.parametrize(
    "good", ["correct horse battery", "西街的银杏树今年黄得早呢真好看", "Tr-9x.Kq27mZ", "x" * 8 + "7hQ2 nb", LONGEST]
)
def test_length_is_what_counts_and_any_sign_will_do(good: str) -> None:
    check_password(good, "li-desk")


def test_a_new_password_is_good_enough_and_never_the_same() -> None:
    made = {new_password() for _ in range(100)}
    assert len(made) == 100
    for one in made:
        check_password(one, "li-desk")


def test_a_hash_tells_its_password_and_nothing_passes_for_nobody() -> None:
    hash_ = hashed("correct horse battery")
    assert hash_.startswith("$argon2id$") and "correct" not in hash_ and not is_outdated(hash_)
    assert is_password("correct horse battery", hash_)
    assert not is_password("correct horse batterz", hash_)
    assert not is_password("correct horse battery", None)
    assert not is_password("correct horse battery", "no hash at all")
    assert is_outdated("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$aGFzaGhhc2hoYXNoaGFzaA")


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_attempts_run_out_and_come_back_and_success_costs_none() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    for _ in range(50):
        assert attempts.take("li", "10.0.0.1") == 0
        attempts.give_back("li", "10.0.0.1")
    assert [attempts.take("li", "10.0.0.1") for _ in range(5)] == [0] * 5
    wait = attempts.take("li", "10.0.0.1")
    assert 0 < wait <= TOGETHER.seconds_each
    assert attempts.take("li", "10.0.0.2") == 0, "nobody is locked out by a stranger's five tries"
    assert attempts.take("wang", "10.0.0.1") == 0
    clock.now += wait
    assert attempts.take("li", "10.0.0.1") == 0


def test_an_address_can_not_try_account_after_account_nor_the_world_one_account() -> None:
    attempts = Attempts(Clock())
    assert sum(attempts.take(f"name-{number}", "10.0.0.1") == 0 for number in range(100)) == 30
    assert sum(attempts.take("li", f"10.1.0.{number}") == 0 for number in range(100)) == 50


def test_that_attempts_ran_out_is_news_once() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    for number in range(30):
        assert attempts.take(f"name-{number}", "10.0.0.1") == 0
    assert not attempts.is_news("li", "10.0.0.2"), "nothing ran out there"
    told = [attempts.is_news(f"name-{number}", "10.0.0.1") for number in range(100)]
    assert told == [True, *[False] * 99], "also to whoever goes on with other names"
    clock.now += 20
    assert attempts.take("li", "10.0.0.1") == 0
    assert [attempts.is_news("li", "10.0.0.1") for _ in range(2)] == [True, False]


def test_what_is_remembered_of_attempts_has_an_end() -> None:
    attempts = Attempts(Clock())
    for number in range(BUCKETS):
        attempts.take(f"{number}", f"{number}")
    assert len(attempts._buckets) <= BUCKETS


@pytest.mark.parametrize("path", ["/", "/wall", "/forms/case.rated?subject=case/1&next=/x", "/a#b"])
def test_what_lies_here_is_gone_on_to(path: str) -> None:
    assert own_path(path) == path


@pytest.mark.parametrize(
    "elsewhere",
    ["", "wall", "//evil.example", "/\\evil.example", "https://evil.example", "/a\nb", "/\t/x", "/" + "x" * 2_001],
)
def test_an_address_leads_nowhere_else(elsewhere: str) -> None:
    assert own_path(elsewhere) == "/"


def request(peer: str = "10.0.0.9", scheme: str = "http", **headers: str) -> Request:
    told = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request(
        {"type": "http", "method": "POST", "path": "/", "query_string": b"", "scheme": scheme,
         "headers": told, "client": (peer, 1), "server": ("here", 80)}
    )  # fmt: skip


def test_a_proxy_of_this_machine_is_believed_and_nobody_else() -> None:
    assert cookies.address_of(request(x_forwarded_for="1.2.3.4")) == "10.0.0.9"
    assert cookies.address_of(request("127.0.0.1", x_forwarded_for="6.6.6.6, 1.2.3.4")) == "1.2.3.4"
    assert cookies.address_of(request("127.0.0.1", x_forwarded_for="'; drop")) == "127.0.0.1"
    assert cookies.address_of(request("127.0.0.1")) == "127.0.0.1"


def test_by_https_a_cookie_is_secure_and_of_this_host_alone() -> None:
    told = Response()
    cookies.give(request(scheme="https"), told, cookies.SESSION, "t")
    cookies.give(request(x_forwarded_proto="https"), told, cookies.SESSION, "t")
    cookies.give(request(), told, cookies.SESSION, "t")
    first, second, plain = told.headers.getlist("set-cookie")
    assert first == second == "__Host-session=t; HttpOnly; Path=/; SameSite=lax; Secure"
    assert plain == "session=t; HttpOnly; Path=/; SameSite=lax"


def test_what_a_page_of_another_site_sends_is_known_by_the_browsers_word() -> None:
    assert not is_from_elsewhere(request(host="here"))
    assert not is_from_elsewhere(request(host="here", origin="http://here"))
    assert not is_from_elsewhere(request(host="inner:8000", origin="https://outer", sec_fetch_site="same-origin"))
    assert is_from_elsewhere(request(host="here", origin="http://evil.example"))
    assert is_from_elsewhere(request(host="here", origin="null"))
    assert is_from_elsewhere(request(host="here", origin="http://here", sec_fetch_site="same-site"))
