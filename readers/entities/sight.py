"""How much of an entity somebody sees: all that the login reaches, or what is for everybody, with people unnamed."""

from __future__ import annotations

import re

from starlette.requests import Request

from readers.accounts.reach import PUBLIC
from readers.accounts.rights import is_about, may_see, reaches
from readers.asking import login_of, services_of
from readers.refusals import LoginNeeded, NotFound

_is_number = re.compile(r"case/[0-9]{8}-[a-z2-7]{16}\Z").match
_is_subject = re.compile(r"[a-z]+/[A-Za-z0-9._~-]{1,120}\Z").match


def is_unguessable(subject: str) -> bool:
    """Whether it is the number of a case that a form of ours made: who knows it was given it 查单."""
    return _is_number(subject) is not None


def is_veiled(request: Request, subject: str) -> bool:
    """Whether people stay unnamed and sealed fields away. Raises `LoginNeeded`, `NotFound`, `OutcomeUnknown`.

    What somebody may not see is not told from what is not there.
    """
    services, login = services_of(request), login_of(request)
    if _is_subject(subject) is None:
        raise not_found(subject)
    if login is not None and reaches(services.tables, login, subject):
        return False
    if may_see(services.tables, login, subject):
        return subject.partition("/")[0] in PUBLIC
    if is_unguessable(subject) and not (login and is_about(services.tables, login, subject)):
        return True
    if login is None:
        raise LoginNeeded("请先登录 · Please log in", "登录后继续 · Log in and go on.")
    raise not_found(subject)


def not_found(subject: str) -> NotFound:
    """There is none, or none that the login may know of."""
    return NotFound(
        f"没有找到 {subject[:140]}，或不在您的范围内 · There is no {subject[:140]}, or none within your scope",
        "核对编号 · Check the id.",
    )
