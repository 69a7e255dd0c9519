"""Logging in and out, and the login of each request."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from readers.services import Services

COOKIE = "session"
router = APIRouter(include_in_schema=False)


class WithLogin:
    """An ASGI middleware: `request.state.login` is the login that the cookie names, or None."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app, self._services = app, services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on, with the login."""
        if scope["type"] == "http":
            token = Request(scope).cookies.get(COOKIE)
            found = await run_in_threadpool(self._services.accounts.login_of, token) if token else None
            scope.setdefault("state", {})["login"] = found
        await self._app(scope, receive, send)
