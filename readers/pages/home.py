"""The front page: what residents may do without a login, and the way to each role's own page for those with one."""

from __future__ import annotations

from typing import NamedTuple

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from readers.asking import login_of
from readers.forms.links import form_url
from readers.language import Text
from readers.pages.every import PAGES
from readers.rendering import page

router = APIRouter(include_in_schema=False)


class Tile(NamedTuple):
    """A large link, with a line that says what it is for."""

    address: str
    words: Text
    about: Text


RESIDENTS = (
    Tile(
        form_url("case.discovered", next="/", channel="app_reflect"),
        Text("请您反映", "Tell us"),
        Text("看到问题，拍张照", "Something is wrong here; a photo helps"),
    ),
    Tile(
        form_url("case.discovered", next="/", channel="app_service", demand="help"),
        Text("帮您办事", "Ask for help"),
        Text("要办的事，我们来跑", "What has to be done, we see to it"),
    ),
    Tile(
        form_url("mediation.opened", next="/", channel="wish_mailbox", remote="true"),
        Text("心愿邮箱", "Wish mailbox"),
        Text("邻里矛盾，不见面也能调", "A quarrel, settled without meeting"),
    ),
    Tile(
        form_url("wish.made", next="/"), Text("微心愿", "A small wish"), Text("说说您的小愿望", "Tell us a small wish")
    ),
    Tile(
        form_url("card.submitted", next="/"),
        Text("满意打分卡", "Score card"),
        Text("凭卡号给小区服务打分", "Score your estate by the number of your card"),
    ),
    Tile("/wall", Text("一屏知社区", "The wall"), Text("看看社区今天的事", "What happens here today")),
)


@router.get("/")
def home(request: Request) -> Response:
    """Where everybody begins."""
    login = login_of(request)
    mine = [one for one in PAGES if login and one.role in login.roles]
    is_auditor = login is not None and "auditor" in login.roles
    return page(request, "home.html", mine=mine, is_auditor=is_auditor, tiles=RESIDENTS)
