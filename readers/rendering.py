"""Pages from templates: Jinja with autoescape, the language of the request, and what every page knows."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from projections.read import word
from readers.accounts.csrf import csrf_of
from readers.accounts.login import TITLES, Login
from readers.forms.links import Forms
from readers.language import language_of

_SHANGHAI = ZoneInfo("Asia/Shanghai")


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page. Templates know `t(chinese, english)`, `language`, `login` (or None), `path`, `csrf` (for their forms),
    `forms` (links and forms of one tap), and what is given."""
    language = language_of(request)
    login: Login | None = getattr(request.state, "login", None)

    def told(chinese: str, english: str) -> str:
        return chinese if language == "zh" else english

    body = (
        _environment()
        .get_template(template)
        .render(
            t=told,
            language=language,
            login=login,
            path=request.url.path,
            role_titles=TITLES,
            forms=Forms(request),
            **{"csrf": csrf_of(request)} | values,
        )
    )
    return HTMLResponse(body, status, {"Cache-Control": "no-store"})


def is_htmx(request: Request) -> bool:
    """Whether only a part of the page was asked for."""
    return request.headers.get("hx-request") == "true"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("readers"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"word": word, "local_time": local_time, "percent": _percent, "dash": _dash}
    return environment


def local_time(time: datetime | None) -> str:
    """Asia/Shanghai, to the minute."""
    return time.astimezone(_SHANGHAI).strftime("%Y-%m-%d %H:%M") if time else "—"


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{share * 100:.1f} %"


def _dash(value: object) -> object:
    return "—" if value is None else value
