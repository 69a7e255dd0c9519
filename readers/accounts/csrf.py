"""That a form was sent from a page of ours: by the browser's word on where it comes from, and by a token in it.

With a login the token follows from the session; without one it is that of a cookie, so that a page of somebody else's
can neither read nor set it.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends
from starlette.datastructures import FormData
from starlette.requests import Request

from readers.accounts import cookies
from readers.accounts.login import Login
from readers.refusals import NotYours

FIELD, HEADER = "csrf", "x-csrf-token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_INPUTS, _INPUT_BYTES = 50, 16 * 1024
_is_token = re.compile(r"[A-Za-z0-9_-]{43}\Z").match


class FormTooOld(NotYours):
    """A form without the token that belongs to whoever sends it."""


def csrf_of(request: Request) -> str:
    """The token for the forms of a page. Without a login the cookie for it goes out with the answer."""
    login: Login | None = getattr(request.state, "login", None)
    if login is not None:
        return login.csrf
    given = cookies.read(request, cookies.CSRF)
    if _is_token(given):
        return given
    made: str = getattr(request.state, "csrf_made", "") or secrets.token_urlsafe(32)
    request.state.csrf_made = made
    return made


def check_csrf(request: Request, form: Mapping[str, Any]) -> None:
    """Raises `FormTooOld` where neither the field `csrf` nor the header has the token."""
    told = form.get(FIELD) or request.headers.get(HEADER) or ""
    if not hmac.compare_digest(str(told).encode(), csrf_of(request).encode()):
        raise FormTooOld(
            "页面已过期，没有提交 · This page is too old; nothing was sent",
            "返回后刷新页面再提交 · Go back, reload the page, and send it again.",
        )


def is_from_elsewhere(request: Request) -> bool:
    """Whether a browser says that a page of another site sends this. Programs say nothing, and need the token.

    By plain http on a network browsers tell the origin alone; behind a proxy that changes `Host` only the other counts.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("host")


async def _checked(request: Request) -> FormData:
    form = await request.form(max_files=0, max_fields=_INPUTS, max_part_size=_INPUT_BYTES)
    check_csrf(request, form)
    return form


Checked = Annotated[FormData, Depends(_checked)]
"""A small form without files, with its token: for endpoints as `form: Checked`. Raises `FormTooOld`, 400."""
