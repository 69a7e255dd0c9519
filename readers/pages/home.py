"""The front page: for residents without a login, and the way to each role's own page for those with one."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from readers.rendering import page

router = APIRouter(include_in_schema=False)


@router.get("/")
def home(request: Request) -> Response:
    """Where everybody begins."""
    return page(request, "home.html")
