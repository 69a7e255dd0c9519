"""The routes of the wall: a page for the county and for each place, and each panel by itself."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from readers.accounts.rights import scope_of
from readers.api.service import api_of
from readers.api.viewer import NOBODY, Viewer
from readers.asking import login_of
from readers.refusals import NotFound
from readers.rendering import page
from readers.wall import drawing
from readers.wall.drawn import Drawn
from readers.wall.scenes import ALWAYS, Scene, chosen, panels, scenes_of
from readers.wall.scope import Scope
from readers.wall.slider import slider
from readers.wall.wall import Wall, is_shown

PAGE_SECONDS = 0.15
"""So long a page waits for answers; what comes later comes by itself."""
GROUND_SECONDS = 1.5
"""Without the places there is no page: the first wall after a start waits for them."""
PANEL_SECONDS = 3.0
Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9._~-]{1,120}$")]
Day = Annotated[str | None, Query(max_length=10)]
Theme = Annotated[str | None, Query(pattern="^(dark|light)$")]


@asynccontextmanager
async def life(app: Any) -> AsyncIterator[None]:
    """The wall's part of an application's life; `app.state.services` is what it was made with."""
    app.state.wall, app.state.drawn = Wall(app.state.services), Drawn()
    warming = threading.Thread(target=app.state.wall.warm, name="wall", daemon=True)
    warming.start()
    try:
        yield
    finally:
        await to_thread.run_sync(app.state.wall.close)


router = APIRouter(include_in_schema=False, lifespan=life)


@router.get("/wall")
def county(request: Request, day: Day = None, scene: str | None = None, theme: Theme = None) -> Response:
    """The whole county."""
    return _page(request, None, day, scene, theme)


@router.get("/wall/place/{id}")
def place(request: Request, id: Id, day: Day = None, scene: str | None = None, theme: Theme = None) -> Response:
    """A place at any level."""
    return _page(request, f"place/{id}", day, scene, theme)


@router.get("/wall/panel/{name}")
def county_panel(request: Request, name: str, day: Day = None) -> Response:
    """A panel of the whole county."""
    return _panel(request, None, name, day)


@router.get("/wall/place/{id}/panel/{name}")
def place_panel(request: Request, id: Id, name: str, day: Day = None) -> Response:
    """A panel of a place."""
    return _panel(request, f"place/{id}", name, day)


def _page(request: Request, subject: str | None, day: str | None, scene: str | None, theme: str | None) -> Response:
    wall, viewer = _wall(request), _viewer(request)
    ground = wall.ground(GROUND_SECONDS, subject)
    scope = wall.scope(ground, viewer, subject, day)
    active = chosen(scope, scene)
    scenes = sorted(_named(scope), key=lambda one: one[0] != active)
    names = list(dict.fromkeys([ALWAYS, *(name for _, found in scenes for name in found)]))
    filled = {one.panel.name: one for one in wall.filled(scope, viewer, names, PAGE_SECONDS)}
    return page(
        request, "wall/wall.html", scope=scope, scene=active, scenes=_named(scope), always=ALWAYS,
        drawn={name: request.app.state.drawn.html(request, one) for name, one in filled.items()},
        slider=slider(ground.days, scope.moment), theme=theme or _theme(request), draw=drawing,
        is_stale=ground.is_stale or any(one.is_stale for one in filled.values()), kafka=_has_kafka(request),
        query=_query(scope),
    )  # fmt: skip


def _panel(request: Request, subject: str | None, name: str, day: str | None) -> Response:
    wall, viewer = _wall(request), _viewer(request)
    scope = wall.scope(wall.ground(PANEL_SECONDS, subject), viewer, subject, day)
    if name not in panels() or not is_shown(scope, name):
        raise NotFound(f"没有 {name[:40]} 这一栏 · there is no such panel", "回到一屏 · Back to the wall.")
    (filled,) = wall.filled(scope, viewer, [name], PANEL_SECONDS)
    html = request.app.state.drawn.html(request, filled)
    tag = f'"{hashlib.sha256(html.encode()).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Cookie"}
    if request.headers.get("if-none-match") == tag:
        return Response(None, 304, headers)
    return HTMLResponse(html, 200, headers)


def _named(scope: Scope) -> list[tuple[Scene, list[str]]]:
    """The scenes with those of their panels that are there for whoever looks; `one|other` is the first that is."""
    return [(scene, [name for told in scene.panels if (name := _first(scope, told))]) for scene in scenes_of(scope)]


def _first(scope: Scope, told: str) -> str | None:
    return next((name for name in told.split("|") if is_shown(scope, name)), None)


def _wall(request: Request) -> Wall:
    found: Wall = request.app.state.wall
    return found


def _viewer(request: Request) -> Viewer:
    login = login_of(request)
    return NOBODY if login is None else Viewer(scope_of(login), login)


def _theme(request: Request) -> str:
    return "light" if request.cookies.get("theme") == "light" else "dark"


def _has_kafka(request: Request) -> bool:
    return api_of(request).freshness.ends.bounds() is not None


def _query(scope: Scope) -> str:
    return f"?day={scope.moment.day}" if scope.moment.kind == "chosen" else ""
