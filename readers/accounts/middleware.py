"""The login of each request, before any route: and what no route has to think of."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledger.access_log import What
from ledger.errors import OutcomeUnknown
from readers.accounts import cookies
from readers.accounts.csrf import SAFE, is_from_elsewhere
from readers.accounts.kept import kept
from readers.accounts.login import Login
from readers.errors import told
from readers.services import Services

WITHOUT_LOGIN = ("/static/", "/library/", "/livez", "/readyz")
WHILE_INITIAL = ("/password", "/logout", "/language")
"""What somebody may do whose password was given by somebody else."""


class WithLogin:
    """An ASGI middleware: `request.state.login` is the login that the cookie names, or None.

    Refuses what pages of other sites send. Asks for another password first where somebody else gave it. Tells the
    access log of each refusal (403) to somebody who is logged in, and of each table that anybody takes along as CSV.
    """

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app, self._services = app, services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on, with the login."""
        if scope["type"] != "http" or scope["path"].startswith(WITHOUT_LOGIN):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        request.state.login = None
        answer = await self._refusal(request)
        sender = self._telling(request, receive, send)
        await (answer or self._app)(scope, receive, sender)

    async def _refusal(self, request: Request) -> Response | None:
        """Finds the login; what is answered instead of the route, if anything."""
        if request.method not in SAFE and is_from_elsewhere(request):
            return told(
                request, 403, "从别的网站提交的，没有接受 · Sent from another site, not accepted",
                "请在本站的页面上填写 · Fill in the form on a page of this site.",
            )  # fmt: skip
        token = cookies.read(request, cookies.SESSION)
        if token:
            try:
                request.state.login = await run_in_threadpool(self._services.accounts.login_of, token)
            except OutcomeUnknown as error:
                return await kept(request, 503, error.what) or told(request, 503, error.what, error.remedy)
        login: Login | None = request.state.login
        if login is None or not login.must_change or request.url.path in WHILE_INITIAL:
            return None
        if request.method == "GET":
            return RedirectResponse("/password", 303)
        return told(request, 403, "请先修改初始密码 · Change the first password before anything else", "/password")

    def _telling(self, request: Request, receive: Receive, send: Send) -> Send:
        """Nothing leaves that belongs into the log and could not be written there."""
        is_withheld = False

        async def sender(message: Message) -> None:
            nonlocal is_withheld
            if message["type"] == "http.response.start":
                if made := getattr(request.state, "csrf_made", ""):
                    _add_cookie(request, message, made)
                if what := _what(request, message):
                    try:
                        await run_in_threadpool(self._tell, what, request)
                    except OutcomeUnknown as error:
                        is_withheld = True
                        await told(request, 503, error.what, error.remedy)(request.scope, receive, send)
            if not is_withheld:
                await send(message)

        return sender

    def _tell(self, what: What, request: Request) -> None:
        query = f"?{request.url.query}" if request.url.query else ""
        self._services.accounts.tell(
            what,
            request.state.login,
            address=cookies.address_of(request),
            about=f"{request.method} {request.url.path}{query}",
        )


def _what(request: Request, message: Message) -> What | None:
    """What an answer is for the log: a refusal to somebody who is logged in, or a table that somebody takes along."""
    if message["status"] == 403:
        return "refused" if request.state.login is not None else None
    headers = Headers(raw=message["headers"])
    is_table = headers.get("content-type", "").startswith("text/csv")
    return "exported" if is_table and message["status"] == 200 else None


def _add_cookie(request: Request, message: Any, token: str) -> None:
    response = Response()
    cookies.give(request, response, cookies.CSRF, token)
    message["headers"] = [*message["headers"], *(one for one in response.raw_headers if one[0] == b"set-cookie")]
