"""The front page: for residents without a login, and the way to each role's own page for those with one."""

from __future__ import annotations

from typing import NamedTuple

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from readers.asking import login_of
from readers.language import Text
from readers.pages.every import PAGES
from readers.rendering import page

router = APIRouter(include_in_schema=False)


class Tile(NamedTuple):
    """A large link."""

    address: str
    words: Text


TILES = (Tile("/wall", Text("一屏知社区", "The wall")),)


@router.get("/")
def home(request: Request) -> Response:
    """Where everybody begins."""
    login = login_of(request)
    mine = [one for one in PAGES if login and one.role in login.roles]
    return page(request, "home.html", mine=mine, tiles=TILES)
