"""The addresses of the roles' pages: a few rows of every section, or one section whole (`?section=`); and each section
by itself, so that a list changes where it stands."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from readers.asking import required_login, services_of
from readers.language import language_of
from readers.pages.cards import shown
from readers.pages.every import PAGES
from readers.pages.more import more_of
from readers.pages.section import Asking, Page, Section
from readers.refusals import NotFound, NotYours
from readers.rendering import page

router = APIRouter(include_in_schema=False)


def _add(of: Page) -> None:
    """A page and its sections; the grant is the first of the role's, or the one that the address names."""

    def whole(request: Request, scope: str | None = None, section: str | None = None) -> Response:
        asking, services, language = _asking(request, of, scope), services_of(request), language_of(request)
        alone = _section(of, section) if section else None
        told = (alone,) if alone else of.sections
        sections = [shown(services, one, asking, language, is_whole=alone is not None) for one in told]
        return page(request, "pages/page.html", of=of, asking=asking, sections=sections, alone=alone, more=more_of(of))

    def part(request: Request, name: str, scope: str | None = None, is_whole: bool = False) -> Response:
        asking, section = _asking(request, of, scope), _section(of, name)
        found = shown(services_of(request), section, asking, language_of(request), is_whole=is_whole)
        return page(request, "pages/section.html", of=of, asking=asking, shown=found)

    router.add_api_route(f"/{of.name}", whole, methods=["GET"], name=of.name)
    router.add_api_route(f"/{of.name}/section/{{name}}", part, methods=["GET"], name=f"{of.name}_section")


def _section(of: Page, name: str) -> Section:
    """Raises `NotFound`."""
    found = of.section(name)
    if found is None:
        raise NotFound("没有这一栏 · There is no such section", "回到本页 · Go back to the page.")
    return found


def _asking(request: Request, of: Page, scope: str | None) -> Asking:
    """Who looks. Raises `LoginNeeded`, `NotYours`."""
    login = required_login(request, of.role)
    grants = [grant for grant in login.grants if grant.role == of.role]
    grant = next((one for one in grants if scope is None or scope in (one.place, one.unit)), None)
    if grant is None:
        raise NotYours("不在您的范围内 · Not within your scope", "选择自己的地点或单位 · Choose one of your own.")
    return Asking(login, grant, services_of(request).now())


for _one in PAGES:
    _add(_one)
