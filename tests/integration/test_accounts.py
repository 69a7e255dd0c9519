"""Accounts, their sessions and the log of access, on a real PostgreSQL."""

from __future__ import annotations

import io
import json
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2
import pytest
import structlog.testing
from argon2 import PasswordHasher

from readers.accounts.accounts import REMEMBERED_SECONDS, Accounts, LoginRefused, TooManyAttempts
from readers.accounts.login import Grant, Login
from readers.accounts.passwords import PasswordRefused
from readers.accounts.register import AccountRefused, AccountRegister
from shanzhi.cli import app

PASSWORD, OTHER = "correct horse battery staple", "eine kleine Nachtmusik"
HERE = "10.0.0.1"


class Clock:
    """Moves by hand, so that nothing that is remembered hides what the database says."""

    now = 0.0

    def __call__(self) -> float:
        self.now += REMEMBERED_SECONDS + 1
        return self.now


@pytest.fixture
def accounts(county_database: str) -> Iterator[Accounts]:
    with closing(Accounts(county_database, Clock())) as accounts:
        yield accounts


@pytest.fixture
def register(county_database: str) -> Iterator[AccountRegister]:
    with closing(AccountRegister(county_database)) as register:
        yield register


@pytest.fixture
def name(register: AccountRegister) -> str:
    """An account of a desk and a liaison, with `PASSWORD`."""
    name = f"t-{uuid.uuid4().hex[:12]}"
    grants = [Grant("desk", "place/c1"), Grant("liaison", unit="unit/u1")]
    register.add(name, "小李", "person/li", grants, PASSWORD, "unit/tests")
    return name


@contextmanager
def cursor_of(database_url: str) -> Iterator[Any]:
    connection = psycopg2.connect(database_url)
    with closing(connection), connection, connection.cursor() as cursor:
        yield cursor


def entered(accounts: Accounts, name: str, password: str = PASSWORD) -> tuple[str, Login]:
    token = accounts.enter(name, password, HERE)
    login = accounts.login_of(token)
    assert login is not None
    return token, login


def told(register: AccountRegister, name: str) -> list[str]:
    return [line.what for line in register.lines(account=name)][::-1]


def test_who_gives_the_password_is_logged_in_until_they_leave(
    accounts: Accounts, register: AccountRegister, name: str
) -> None:
    token, login = entered(accounts, f" {name.upper()} ")
    assert (login.account, login.name, login.person) == (name, "小李", "person/li")
    assert set(login.grants) == {Grant("desk", "place/c1"), Grant("liaison", unit="unit/u1")}
    assert login.csrf and token not in login.csrf and not login.must_change
    accounts.leave(token, login, HERE)
    assert accounts.login_of(token) is None
    assert told(register, name) == ["account_changed", "login", "logout"]


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "a" * 10_000, "'; drop table shanzhi.session", "\0" * 43])
def test_a_token_that_nobody_was_given_is_nobodys(accounts: Accounts, token: str) -> None:
    assert accounts.login_of(token) is None


def test_the_database_knows_neither_token_nor_password(accounts: Accounts, name: str, county_database: str) -> None:
    token, _ = entered(accounts, name)
    with cursor_of(county_database) as cursor:
        cursor.execute(
            "select to_jsonb(one), to_jsonb(two) from shanzhi.account one join shanzhi.session two on account = name"
            " where name = %s",
            (name,),
        )
        held = str(cursor.fetchall())
    assert "$argon2id$" in held and PASSWORD not in held and token not in held


@pytest.mark.parametrize(
    "past", ["seen_at = now() - interval '61 minutes'", "began_at = now() - interval '12 hours', seen_at = now()"]
)
def test_a_session_ends_by_itself(accounts: Accounts, name: str, county_database: str, past: str) -> None:
    token, _ = entered(accounts, name)
    with cursor_of(county_database) as cursor:
        cursor.execute(f"update shanzhi.session set {past} where account = %s", (name,))
    assert accounts.login_of(token) is None


def test_a_session_in_use_goes_on(accounts: Accounts, name: str, county_database: str) -> None:
    token, _ = entered(accounts, name)
    with cursor_of(county_database) as cursor:
        cursor.execute("update shanzhi.session set seen_at = now() - interval '59 minutes' where account = %s", (name,))
    assert accounts.login_of(token) is not None
    with cursor_of(county_database) as cursor:
        cursor.execute("select now() - seen_at < interval '1 minute' from shanzhi.session where account = %s", (name,))
        assert cursor.fetchall() == [(True,)]


def test_an_account_has_a_bounded_number_of_sessions(accounts: Accounts, name: str, county_database: str) -> None:
    first, login = entered(accounts, name)
    with cursor_of(county_database) as cursor:
        cursor.execute(
            "insert into shanzhi.session (sha256, account) select sha256(number::text::bytea), %s"
            " from generate_series(1, 20) number",
            (name,),
        )
    last, _ = entered(accounts, name)
    assert accounts.sessions(login) == 20
    assert accounts.login_of(first) is None and accounts.login_of(last) is not None


def test_another_password_ends_every_session_and_the_old_one_opens_nothing(accounts: Accounts, name: str) -> None:
    elsewhere, _ = entered(accounts, name)
    here, login = entered(accounts, name)
    with pytest.raises(LoginRefused):
        accounts.change_password(login, OTHER, OTHER, HERE)
    with pytest.raises(LoginRefused):
        accounts.change_password(login, PASSWORD, PASSWORD, HERE)
    with pytest.raises(PasswordRefused):
        accounts.change_password(login, PASSWORD, "password1234", HERE)
    assert accounts.login_of(here) is not None
    new = accounts.change_password(login, PASSWORD, OTHER, HERE)
    assert [accounts.login_of(token) is not None for token in (elsewhere, here, new)] == [False, False, True]
    with pytest.raises(LoginRefused):
        accounts.enter(name, PASSWORD, HERE)


def test_sessions_elsewhere_can_be_ended(accounts: Accounts, name: str) -> None:
    elsewhere, _ = entered(accounts, name)
    here, login = entered(accounts, name)
    assert accounts.sessions(login) == 2
    assert accounts.leave_others(here, login, HERE) == 1
    assert accounts.login_of(elsewhere) is None and accounts.login_of(here) is not None


def test_a_disabled_account_is_out_at_once_and_in_again_by_hand(
    accounts: Accounts, register: AccountRegister, name: str
) -> None:
    token, _ = entered(accounts, name)
    register.set_disabled(name, True, "unit/tests")
    assert accounts.login_of(token) is None
    with pytest.raises(LoginRefused):
        accounts.enter(name, PASSWORD, HERE)
    register.set_disabled(name, False, "unit/tests")
    assert accounts.login_of(token) is None, "what was ended stays so"
    entered(accounts, name)


def test_roles_count_from_the_next_request_on(accounts: Accounts, register: AccountRegister, name: str) -> None:
    token, _ = entered(accounts, name)
    register.grant(name, [Grant("auditor")], "unit/tests")
    login = accounts.login_of(token)
    assert login is not None and login.grants == (Grant("auditor"),)


def test_nobody_learns_whether_there_is_such_an_account(accounts: Accounts, name: str) -> None:
    said = set()
    for tried in (name, "nobody-of-that-name", "no name\0 at all", ""):
        with pytest.raises(LoginRefused) as refused:
            accounts.enter(tried, "not the password at all", "10.0.0.2")
        said.add((refused.value.what, refused.value.remedy))
    assert len(said) == 1


def test_a_password_typed_into_the_wrong_field_is_not_in_the_log(accounts: Accounts, register: AccountRegister) -> None:
    with pytest.raises(LoginRefused):
        accounts.enter("my-secret-password", "x", "10.0.0.3")
    (line,) = [line for line in register.lines(what="login_refused", limit=1) if line.address == "10.0.0.3"]
    assert line.account is None and "my-secret" not in str(line)


def test_nor_is_it_in_any_log_once_tries_ran_out(accounts: Accounts, register: AccountRegister) -> None:
    address = f"nowhere-{uuid.uuid4().hex}"
    with closing(Accounts(accounts._session._url, lambda: 1.0)) as still, structlog.testing.capture_logs() as logged:
        for refused in (*(LoginRefused,) * 5, *(TooManyAttempts,) * 3):
            with pytest.raises(refused):
                still.enter("my-secret-password", "x", address)
    lines = [line for line in register.lines(what="login_refused") if line.address == address]
    assert [line.details for line in lines] == [{"reason": "too often"}, *({},) * 5], "that they ran out is said once"
    assert [line["event"] for line in logged] == ["login_too_often"] * 3
    assert "my-secret" not in f"{logged} {lines}"


def test_trying_again_and_again_is_refused_also_with_the_right_password(
    accounts: Accounts, register: AccountRegister, name: str
) -> None:
    with closing(Accounts(accounts._session._url, lambda: 1.0)) as still:  # a clock that stands
        for _ in range(5):
            with pytest.raises(LoginRefused):
                still.enter(name, "wrong", "10.0.0.4")
        with pytest.raises(TooManyAttempts) as refused:
            still.enter(name, PASSWORD, "10.0.0.4")
        assert 0 < refused.value.seconds <= 60
        assert told(register, name) == ["account_changed", *["login_refused"] * 6]
        assert still.enter(name, PASSWORD, "10.0.0.5")


def test_a_given_password_has_to_be_changed_and_expires(
    accounts: Accounts, register: AccountRegister, county_database: str
) -> None:
    name = f"t-{uuid.uuid4().hex[:12]}"
    given = register.add(name, name, "person/li", [], None, "unit/tests")
    _, login = entered(accounts, name, given)
    assert login.must_change
    changed = accounts.login_of(accounts.change_password(login, given, OTHER, HERE))
    assert changed is not None and not changed.must_change
    given = register.set_password(name, None, "unit/tests")
    with cursor_of(county_database) as cursor:
        cursor.execute("update shanzhi.account set password_at = now() - interval '7 days' where name = %s", (name,))
    with pytest.raises(LoginRefused, match="7"):
        accounts.enter(name, given, HERE)
    line = register.lines(account=name)[0]
    assert (line.what, line.details) == ("login_refused", {"reason": "expired"})


def test_a_hash_of_yesterdays_parameters_is_made_anew_at_login(
    accounts: Accounts, name: str, county_database: str
) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with cursor_of(county_database) as cursor:
        cursor.execute("update shanzhi.account set password_hash = %s where name = %s", (weak, name))
    entered(accounts, name)
    with cursor_of(county_database) as cursor:
        cursor.execute("select password_hash from shanzhi.account where name = %s", (name,))
        ((hash_,),) = cursor.fetchall()
    assert hash_ != weak
    entered(accounts, name)


def test_what_can_not_be_an_account_is_refused_with_a_remedy(register: AccountRegister, name: str) -> None:
    refused: list[Callable[[], object]] = [
        lambda: register.add(name, "again", "person/li", [], None, "unit/tests"),
        lambda: register.add("Ä", "x", "person/li", [], None, "unit/tests"),
        lambda: register.add("fine", "", "person/li", [], None, "unit/tests"),
        lambda: register.add("fine", "x", "li", [], None, "unit/tests"),
        lambda: register.add("fine", "x", "person/li", [Grant("desk")], None, "unit/tests"),
        lambda: register.grant("no-such-account", [], "unit/tests"),
        lambda: register.set_password("no-such-account", None, "unit/tests"),
        lambda: register.set_disabled("no-such-account", True, "unit/tests"),
    ]
    for attempt in refused:
        with pytest.raises(AccountRefused) as told:
            attempt()
        assert told.value.remedy
    assert "fine" not in [one.name for one in register.listed()]


@pytest.mark.parametrize("statement", ["update shanzhi.access_log set what = 'x'", "delete from shanzhi.access_log",
                                       "truncate shanzhi.access_log"])  # fmt: skip
def test_the_log_is_only_added_to(county_database: str, accounts: Accounts, name: str, statement: str) -> None:
    entered(accounts, name)
    refused = pytest.raises(psycopg2.errors.ObjectNotInPrerequisiteState, match="access_log")
    with refused, cursor_of(county_database) as cursor:
        cursor.execute(statement)


def test_old_lines_go_after_thirteen_months_and_never_within_half_a_year(
    register: AccountRegister, county_database: str
) -> None:
    with cursor_of(county_database) as cursor:
        for days in (500, 390, 200):
            cursor.execute(
                "insert into shanzhi.access_log (at, what, account) values (now() - %s, 'login', 'old')",
                (timedelta(days=days),),
            )
    with pytest.raises(Exception, match="183"):
        register.prune(timedelta(days=182), "unit/tests")
    assert register.prune(timedelta(days=400), "unit/tests") == 1
    left = [line.at for line in register.lines(account="old")]
    assert [(datetime.now(UTC) - at).days for at in left] == [200, 390]
    assert register.prune(timedelta(days=183), "unit/tests") == 2


def test_what_is_told_is_cut_and_holds_no_nul(accounts: Accounts, register: AccountRegister, name: str) -> None:
    _, login = entered(accounts, name)
    accounts.tell("exported", login, about="/" + "x" * 5_000, details={"format": "csv\0", "rows": 7})
    (line,) = register.lines(account=name, what="exported")
    assert len(line.about or "") == 300 and line.details == {"format": "csv", "rows": 7}
    assert (line.account, line.person) == (name, "person/li")


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def shanzhi(county_database: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """`shanzhi("account", "list")` in this process: code, output, what is said."""
    monkeypatch.setenv("DATABASE_URL", county_database)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = app.run(["account", *arguments])
        return code, *capfd.readouterr()

    return run


def test_the_command_makes_lists_changes_and_ends_accounts(
    shanzhi: Run, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"c-{uuid.uuid4().hex[:12]}"
    code, out, said = shanzhi("add", name, "--person", "person/li", "--role", "desk@place/c1", "--role", "member")
    assert code == 0 and re.fullmatch(r"(\w{6}-){3}\w{6}\n", out) and "只显示这一次" in said
    assert entered(accounts, name, out.strip())[1].must_change
    (one,) = [one for one in json.loads(shanzhi("list", "--json")[1]) if one["name"] == name]
    assert [grant["role"] for grant in one["grants"]] == ["desk", "member"] and "hash" not in str(one)
    assert shanzhi("grant", name, "--role", "liaison@unit/u1")[0] == 0
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    code, out, _ = shanzhi("password", name, "--stdin", "--json")
    assert code == 0 and json.loads(out) == {"account": name}
    entered(accounts, name)
    assert shanzhi("disable", name)[0] == 0
    told = [line["what"] for line in json.loads(shanzhi("log", "--account", name, "--json")[1])][::-1]
    assert told == ["account_changed", "login", *["account_changed"] * 2, "login", "account_changed"]
    assert name in shanzhi("log")[1] and name in shanzhi("list")[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "x1", "--person", "person/li", "--role", "king"), "desk"),
        (("add", "x1", "--person", "person/li", "--role", "desk"), "place"),
        (("add", "x1", "--person", "person/li", "--role", "desk@person/li"), "place"),
        (("add", "x1", "--person", "person/li", "--role", "member", "--ask", "--stdin"), "--ask"),
        (("disable", "no-such-account"), "account list"),
        (("prune", "--keep", "30d"), "183"),
    ],
)
def test_the_command_says_what_to_do_instead(shanzhi: Run, arguments: tuple[str, ...], said: str) -> None:
    code, out, told = shanzhi(*arguments)
    assert code == 2 and not out and said in told
