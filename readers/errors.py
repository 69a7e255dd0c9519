"""Errors of ours as answers: a page in its language for people, a problem (RFC 9457) for programs."""

from __future__ import annotations

from urllib.parse import quote

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from ledger.errors import OutcomeUnknown, ShanzhiError
from projections.read import QuestionRefused
from readers.accounts.csrf import FormTooOld
from readers.accounts.kept import kept
from readers.api.problems import Problem
from readers.refusals import LoginNeeded, NotFound, NotYours
from readers.rendering import is_htmx, page

API = "/api/"
_STATUS: dict[type[ShanzhiError], int] = {
    LoginNeeded: 401,
    NotYours: 403,
    NotFound: 404,
    QuestionRefused: 400,
    Problem: 400,
    OutcomeUnknown: 503,
}
_PASSING = (LoginNeeded, FormTooOld, OutcomeUnknown)  # the same form may be sent again: what was typed is kept
_RETRY_SECONDS = "2"
log = structlog.get_logger("shanzhi.readers")


def add_errors(app: FastAPI) -> None:
    """Every error that is foreseen is answered; what is not is logged where it happened, and told as such."""

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, ShanzhiError)
        status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
        if status == 500:
            log.error("refused_all", what=error.what, remedy=error.remedy)
        again = await kept(request, status, error.what) if isinstance(error, _PASSING) else None
        return again or told(request, status, error.what, error.remedy)

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        remedy = "看看地址 · Look at the address." if error.status_code == 404 else ""
        return told(request, error.status_code, str(error.detail), remedy)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        named = ".".join(str(one) for one in first["loc"][1:])
        return told(request, 400, f"{named}: {first['msg']}", "改正后再试 · Correct it and ask again.")

    app.add_exception_handler(ShanzhiError, ours)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)


def told(request: Request, status: int, what: str, remedy: str) -> Response:
    """What went wrong and the next step, as whoever asks reads it."""
    headers = {"Retry-After": _RETRY_SECONDS} if status == 503 else {}
    if request.url.path.startswith(API):
        content = {"type": "about:blank", "title": what, "status": status, "detail": remedy}
        return JSONResponse(content, status, headers, "application/problem+json")
    if status == 401 and request.method == "GET" and not is_htmx(request):
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/login?next={quote(request.url.path + query)}", 303)
    answer = page(request, "error.html", status=status, what=what, remedy=remedy)
    answer.headers.update(headers)
    return answer
