"""Logging in as people do: cookies, tokens of forms, what is kept of a form, what the log has of it all."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest

from ledger.access_log import Line
from readers.accounts.login import Grant
from readers.accounts.register import AccountRegister
from readers.headers import HEADERS
from tests.door import Door
from tests.readers_door import PASSWORD, account, csrf_of, nobody, posted, visitor

NEW = "eine kleine Nachtmusik"


@pytest.fixture
def client(door: Door) -> Iterator[httpx.Client]:
    """Nobody, from an address of their own: a proxy on this machine says so."""
    with nobody(door) as client:
        client.headers["x-forwarded-for"] = f"10.{uuid.uuid4().int % 250}.{uuid.uuid4().int % 250}.1"
        yield client


def lines(door: Door, name: str) -> list[Line]:
    with closing(AccountRegister(door.endpoints.database_url)) as register:
        return register.lines(account=name)[::-1]


def test_a_login_leads_to_what_was_asked_for_and_out_again(door: Door, client: httpx.Client) -> None:
    name = account(door, Grant("auditor"))
    asked = client.get("/password?a=1")
    assert asked.status_code == 303 and asked.headers["location"] == "/login?next=/password%3Fa%3D1"
    form = client.get(asked.headers["location"]).text
    assert 'name="next" value="/password?a=1"' in form
    answer = posted(client, "/login", {"name": name, "password": PASSWORD, "next": "/password?a=1"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/password?a=1")
    (cookie,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith("session=")]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Secure" not in cookie
    assert "审计" in client.get("/password").text
    assert client.get("/login?next=/wall").headers["location"] == "/wall"
    before = client.cookies["session"]
    left = posted(client, "/logout", {}, page="/password")
    assert left.status_code == 303 and "session" not in client.cookies
    assert left.headers["clear-site-data"] == '"cache", "storage"'
    client.cookies.set("session", before, domain="127.0.0.1")
    assert client.get("/password").status_code == 303, "a kept cookie opens nothing"
    assert [line.what for line in lines(door, name)] == ["account_changed", "login", "logout"]


def test_passwords_are_masked_known_to_password_managers_and_their_pages_kept_nowhere(
    door: Door, client: httpx.Client
) -> None:
    login = client.get("/login")
    posted(client, "/login", {"name": account(door, Grant("auditor")), "password": PASSWORD})
    change = client.get("/password")
    fields = [
        tag for page in (login, change) for tag in re.findall(r"<input id=\"(?:password|new|again)\"[^>]*>", page.text)
    ]
    assert len(fields) == 4 and all('type="password"' in tag for tag in fields)
    assert [re.findall(r'autocomplete="([a-z-]+)"', tag)[0] for tag in fields] == [
        "current-password", "current-password", "new-password", "new-password"
    ]  # fmt: skip
    assert {page.headers["cache-control"] for page in (login, change)} == {"no-store"}


def test_a_login_begins_a_session_of_its_own(door: Door, client: httpx.Client) -> None:
    """Whoever set a cookie in somebody's browser does not know the one that counts after the login."""
    client.cookies.set("session", "A" * 43, domain="127.0.0.1")
    posted(client, "/login", {"name": account(door, Grant("auditor")), "password": PASSWORD})
    first = client.cookies["session"]
    assert first != "A" * 43
    name = account(door, Grant("leader"))
    posted(client, "/login", {"name": name, "password": PASSWORD}, page="/password")
    assert client.cookies["session"] != first and name in client.get("/password").text
    client.cookies.set("session", first, domain="127.0.0.1")
    assert client.get("/password").status_code == 303, "the session before has ended"


@pytest.mark.parametrize("path", ["/", "/login", "/open", "/api/v1/models", "/static/shanzhi.css", "/no-such-page"])
def test_every_answer_lets_nothing_in_from_elsewhere(client: httpx.Client, path: str) -> None:
    plain, secure = (client.get(path, headers=given).headers for given in ({}, {"x-forwarded-proto": "https"}))
    for told in (plain, secure):
        assert {name: told[name] for name in HEADERS} == HEADERS
        policy = set(told["content-security-policy"].split("; "))
        assert policy >= {"default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"}
        assert "unsafe" not in told["content-security-policy"]
        assert (told["x-content-type-options"], told["referrer-policy"]) == ("nosniff", "same-origin")
        assert "access-control-allow-origin" not in told
    assert "strict-transport-security" not in plain
    assert secure["strict-transport-security"] == "max-age=31536000; includeSubDomains"


def test_by_https_cookies_are_secure_and_of_this_host_alone(door: Door, client: httpx.Client) -> None:
    name = account(door, Grant("auditor"))
    client.headers["x-forwarded-proto"] = "https"
    page = client.get("/login")
    (token,) = [one for one in page.headers.get_list("set-cookie") if one.startswith("__Host-csrf=")]
    assert "Secure" in token
    value = token.partition("=")[2].partition(";")[0]
    answer = client.post(
        "/login", data={"name": name, "password": PASSWORD, "csrf": value}, headers={"cookie": f"__Host-csrf={value}"}
    )
    (cookie,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith("__Host-session=")]
    assert answer.status_code == 303 and "Secure" in cookie and "Domain" not in cookie


def test_a_wrong_password_says_no_more_than_that_and_keeps_the_name(door: Door, client: httpx.Client) -> None:
    name = account(door, Grant("auditor"))
    told = []
    for tried in (name, "nobody-of-that-name"):
        answer = posted(client, "/login", {"name": tried, "password": "wrong<script>", "next": "//evil.example"})
        assert answer.status_code == 422 and f'value="{tried}"' in answer.text
        assert (
            "script>" not in answer.text.replace("</script>", "").replace("<script src", "")
            and "evil" not in answer.text
        )
        told.append(answer.text.replace(tried, ""))
    assert len({text.partition('role="alert"')[2].partition("</div>")[0] for text in told}) == 1
    assert [line.what for line in lines(door, name)] == ["account_changed", "login_refused"]


def test_who_tries_on_and_on_is_asked_to_wait(door: Door, client: httpx.Client) -> None:
    values = {"name": account(door, Grant("auditor")), "password": "wrong"}
    answers = [posted(client, "/login", values).status_code for _ in range(5)]
    assert answers == [422] * 5
    answer = posted(client, "/login", values | {"password": PASSWORD})
    assert answer.status_code == 429 and 0 < int(answer.headers["retry-after"]) <= 60


def test_a_given_password_is_changed_before_anything_else(door: Door, client: httpx.Client) -> None:
    name = account(door, Grant("auditor"))
    with closing(AccountRegister(door.endpoints.database_url)) as register:
        given = register.set_password(name, None, "unit/tests")
    posted(client, "/login", {"name": name, "password": given})
    assert client.get("/").headers["location"] == "/password"
    assert client.get("/static/shanzhi.css").status_code == 200
    assert posted(client, "/forms/case.discovered", {}, page="/password").status_code == 403
    assert client.get("/api/v1/openapi.json", headers={"accept": "application/json"}).status_code == 303
    changes = {"password": given, "new": "password1234", "again": "password1234"}
    weak = posted(client, "/password", changes)
    assert weak.status_code == 422 and 'role="alert"' in weak.text
    differ = posted(client, "/password", changes | {"new": NEW, "again": f"{NEW}!"})
    assert differ.status_code == 422
    before = client.cookies["session"]
    assert posted(client, "/password", changes | {"new": NEW, "again": NEW}).status_code == 303
    assert client.cookies["session"] != before and client.get("/").status_code == 200


def test_a_form_without_its_token_or_from_another_site_is_refused(door: Door) -> None:
    with closing(visitor(door, "auditor")) as client:
        token = csrf_of(client, "/password")
        with closing(visitor(door, "auditor")) as other:
            strange = csrf_of(other, "/password")
        for values in ({}, {"csrf": ""}, {"csrf": strange}, {"csrf": token[:-1]}):
            assert client.post("/password/sessions", data=values).status_code == 403
        for headers in ({"origin": "http://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
            assert client.post("/password/sessions", data={"csrf": token}, headers=headers).status_code == 403
        assert client.post("/password/sessions", headers={"x-csrf-token": token}).status_code == 303


def test_without_a_login_the_token_is_that_of_the_browser(client: httpx.Client, door: Door) -> None:
    token = csrf_of(client, "/")
    assert csrf_of(client, "/login") == token, "every open page goes on to work"
    assert client.post("/language", data={"csrf": token, "language": "en", "next": "/login"}).status_code == 303
    assert "Log in" in client.get("/login").text
    with nobody(door) as other:
        assert other.post("/language", data={"csrf": token}).status_code == 403


def test_an_ended_session_keeps_what_was_typed_and_goes_on(door: Door, client: httpx.Client) -> None:
    name = account(door, Grant("leader"))
    posted(client, "/login", {"name": name, "password": PASSWORD})
    page = client.get("/forms/task.assigned")
    assert page.status_code == 200
    token = csrf_of(client, "/forms/task.assigned")
    session = client.cookies["session"]
    posted(client, "/logout", {}, page="/password")
    client.cookies.set("session", session, domain="127.0.0.1")
    typed = {"title": "三日内修好路灯", "csrf": token}
    answer = client.post("/forms/task.assigned", data=typed)
    assert answer.status_code == 401 and "三日内修好路灯" in answer.text
    posted(client, "/login", {"name": name, "password": PASSWORD})
    again = client.post("/forms/task.assigned", data=typed)
    assert again.status_code == 403 and "三日内修好路灯" in again.text, "the token of before is drawn anew"


def test_a_page_of_its_own_keeps_what_was_typed_too(door: Door) -> None:
    """Of any form of ours: what was typed is shown, and carried on to be sent with the token that counts by then."""
    typed = {"place": "place/g1", "findings": "楼道<b>堆物", "category": "消防", "csrf": "of yesterday"}
    with nobody(door) as client:
        ended = client.post("/grid/entry", data=typed)
        assert ended.status_code in (401, 403) and "楼道&lt;b&gt;堆物" in ended.text
        assert 'action="/grid/entry"' in ended.text and "of yesterday" not in ended.text
        part = client.post("/grid/entry", data=typed, headers={"hx-request": "true"})
        assert (part.status_code, part.headers["hx-retarget"]) == (200, "#main") and "<html" not in part.text
        secret = client.post("/login", data={"name": "li", "password": "my secret", "csrf": "of yesterday"})
        assert secret.status_code == 403 and "my secret" not in secret.text


def test_what_somebody_is_refused_stands_in_the_log(door: Door) -> None:
    name = account(door, Grant("auditor"))
    with nobody(door) as client:
        posted(client, "/login", {"name": name, "password": PASSWORD})
        assert client.get("/forms/case.closed").status_code == 403
    last = lines(door, name)[-1]
    assert (last.what, last.about, last.address) == ("refused", "GET /forms/case.closed", "127.0.0.1")


@pytest.mark.parametrize("body", [b"a=1&" * 60, b"csrf=" + b"x" * 20_000, b"\xff\xfe=%zz", b"--x\r\n\r\n"])
def test_what_is_no_form_of_ours_is_refused(client: httpx.Client, body: bytes) -> None:
    kinds = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post("/login", content=body, headers=kinds).status_code in (400, 403)
    broken = {"content-type": "multipart/form-data; boundary=x"}
    assert client.post("/login", content=body, headers=broken).status_code in (400, 403)
