"""How endpoints find what they work with, and who asks."""

from __future__ import annotations

from starlette.requests import Request

from readers.accounts.login import Login, Role
from readers.refusals import LoginNeeded, NotYours
from readers.services import Services


def services_of(request: Request) -> Services:
    """What the application was made with."""
    services: Services = request.app.state.services
    return services


def login_of(request: Request) -> Login | None:
    """Who asks, None where nobody is logged in."""
    login: Login | None = request.state.login
    return login


def required_login(request: Request, *roles: Role) -> Login:
    """Who asks, in one of these roles (any, without roles). Raises `LoginNeeded`, `NotYours`."""
    login = login_of(request)
    if login is None:
        raise LoginNeeded("请先登录 · Please log in", "登录后继续 · Log in and go on.")
    if roles and login.roles.isdisjoint(roles):
        raise NotYours(
            "您的角色不能看这一页 · Your role does not reach this page", "请联系管理员 · Ask the administrator."
        )
    return login
