"""Logging in and out, another password, the language of pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ledger.errors import ShanzhiError, StoreUnsound
from readers.accounts import cookies
from readers.accounts.accounts import LoginRefused, TooManyAttempts
from readers.accounts.csrf import Checked
from readers.accounts.passwords import LEAST_CHARACTERS, PasswordRefused
from readers.asking import login_of, required_login, services_of
from readers.language import COOKIE as LANGUAGE
from readers.rendering import page
from readers.tables import Tables

_YEAR_SECONDS = 366 * 86_400
_is_own = re.compile(r"/(?![/\\])[!-~]{0,2000}\Z").match
router = APIRouter(include_in_schema=False)


@router.get("/login")
def login(request: Request, next: str = "/") -> Response:
    """The form, or what was asked for where somebody is logged in."""
    if login_of(request) is not None:
        return RedirectResponse(own_path(next), 303)
    return page(request, "accounts/login.html", next=own_path(next), name="", refused=None)


@router.post("/login")
def enter(request: Request, form: Checked) -> Response:
    """Begins a session and goes on to `next`; a session that there was ends."""
    accounts, address = services_of(request).accounts, cookies.address_of(request)
    name, goes_on = _text(form, "name"), own_path(_text(form, "next"))
    try:
        token = accounts.enter(name, _text(form, "password"), address)
    except (LoginRefused, TooManyAttempts) as refused:
        return _refused(request, "accounts/login.html", refused, next=goes_on, name=name[:60])
    before = login_of(request)
    if before is not None:
        accounts.leave(cookies.read(request, cookies.SESSION), before, address)
    answer = RedirectResponse(goes_on, 303)
    cookies.give(request, answer, cookies.SESSION, token)
    cookies.take(request, answer, cookies.CSRF)
    return answer


@router.post("/logout")
def leave(request: Request, form: Checked) -> Response:
    """Ends the session; nothing that the browser kept of it stays."""
    found = login_of(request)
    if found is not None:
        token = cookies.read(request, cookies.SESSION)
        services_of(request).accounts.leave(token, found, cookies.address_of(request))
    answer = RedirectResponse("/", 303, {"Clear-Site-Data": '"cache", "storage"'})
    cookies.take(request, answer, cookies.SESSION)
    return answer


@router.get("/password")
def password(request: Request) -> Response:
    """Another password, and the sessions that there are."""
    return _password_page(request)


@router.post("/password")
def change(request: Request, form: Checked) -> Response:
    """Takes the new password; every session ends, and this one begins anew."""
    found, accounts = required_login(request), services_of(request).accounts
    new = _text(form, "new")
    try:
        if new != _text(form, "again"):
            raise PasswordRefused("两次输入的新密码不同 · the two new ones differ", "请再输入一次 · Type it once more.")
        token = accounts.change_password(found, _text(form, "password"), new, cookies.address_of(request))
    except (LoginRefused, TooManyAttempts, PasswordRefused) as refused:
        return _password_page(request, refused)
    answer = RedirectResponse("/", 303)
    cookies.give(request, answer, cookies.SESSION, token)
    return answer


@router.post("/password/sessions")
def end_others(request: Request, form: Checked) -> Response:
    """Ends the login's sessions elsewhere."""
    found = required_login(request)
    token = cookies.read(request, cookies.SESSION)
    services_of(request).accounts.leave_others(token, found, cookies.address_of(request))
    return RedirectResponse("/password", 303)


@router.post("/language")
def language(request: Request, form: Checked) -> Response:
    """Remembers the language of pages for a year."""
    answer = RedirectResponse(own_path(_text(form, "next")), 303)
    told = "en" if _text(form, "language") == "en" else "zh"
    answer.set_cookie(
        LANGUAGE, told, _YEAR_SECONDS, path="/", secure=cookies.is_https(request), httponly=True, samesite="lax"
    )
    return answer


def own_path(told: str) -> str:
    """A path of ours, the front page for anything else: nobody is led elsewhere by an address of ours."""
    return told if _is_own(told) else "/"


def _password_page(request: Request, refused: ShanzhiError | None = None) -> Response:
    found, services = required_login(request), services_of(request)
    scopes = {scope for grant in found.grants for scope in (grant.place, grant.unit) if scope}
    return _refused(
        request, "accounts/password.html", refused, sessions=services.accounts.sessions(found),
        least=LEAST_CHARACTERS, names=_names(services.tables, scopes),
    )  # fmt: skip


def _names(tables: Tables, references: set[str]) -> Mapping[str, str]:
    """None before a worker has ever run: a password has to be changed by then, too."""
    try:
        return tables.names_of(references)
    except StoreUnsound:
        return {}


def _refused(request: Request, template: str, refused: ShanzhiError | None, **values: Any) -> Response:
    if not isinstance(refused, TooManyAttempts):
        return page(request, template, status=422 if refused else 200, refused=refused, **values)
    answer = page(request, template, status=429, refused=refused, **values)
    answer.headers["Retry-After"] = str(refused.seconds)
    return answer


def _text(form: FormData, field: str) -> str:
    value = form.get(field)
    return value if isinstance(value, str) else ""
