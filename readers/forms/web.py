"""The addresses of forms: drawn by GET, published by POST, and the search behind references."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from ledger.errors import OutcomeUnknown
from readers.accounts.csrf import FormTooOld, check_csrf
from readers.accounts.rights import may_publish
from readers.accounts.told_by import TOLD_BY, UPSTREAM
from readers.asking import login_of, services_of
from readers.forms import answers, filled, suggested, words
from readers.forms.choices import SEARCHED, Choices
from readers.forms.problems import WHOLE
from readers.forms.sending import NotPublished, Published, send
from readers.forms.submitted import Submitted, submitted
from readers.forms.values import REFERENCE, Values, Wrong, first
from readers.refusals import LoginNeeded, NotFound, NotYours
from readers.rendering import page

router = APIRouter(include_in_schema=False)


@router.get("/forms/choices/{kinds}")
def choices(request: Request, kinds: str) -> Response:
    """What a reference to one of these kinds (`person+unit`, `any`) may name, as options; asked for by any parameter,
    since htmx sends an input under its own name."""
    wanted = sorted(SEARCHED) if kinds == "any" else [one for one in kinds.split("+") if one in SEARCHED]
    asked = next(iter(request.query_params.values()), "")
    services = services_of(request)
    search = Choices(services.tables, services.keys, login_of(request)).search
    chosen = REFERENCE.search(asked)
    return page(request, "forms/choices.html", found=search(wanted, chosen["reference"] if chosen else asked))


@router.get("/forms/{type_}")
def form(request: Request, type_: str) -> Response:
    """The form of an event type, with what the address and the login fill in."""
    _check(request, type_)
    given: Values = {}
    for name, text in request.query_params.multi_items():
        given.setdefault(name, []).append(text)
    drawn = filled.drawn(type_, services_of(request).now(), given)
    return answers.drawn(request, suggested.into(drawn, login_of(request)))


@router.post("/forms/{type_}")
def publish(request: Request, type_: str, sent: Annotated[Submitted, Depends(submitted)]) -> Response:
    """Publishes the form's event, once, or draws it again with what is wrong and all that was typed."""
    services, login = services_of(request), login_of(request)
    told = suggested.for_sender(filled.sent(_known(type_), services.now(), sent.values), login)
    if login is None and not may_publish(login, type_):
        return answers.drawn(request, told, [Wrong(WHOLE, answers.ENDED)], status=401, is_ended=True)
    _check(request, type_)
    try:
        check_csrf(request, {"csrf": first(sent.values, "csrf")})
    except FormTooOld:
        return answers.drawn(request, told, [Wrong(WHOLE, answers.STALE)], status=403)
    add, remove = first(sent.values, "_add"), first(sent.values, "_remove")
    if add or remove or first(sent.values, "_again"):
        return answers.drawn(request, told.changed(add, remove))
    try:
        answer = send(services, login, told, sent)
    except OutcomeUnknown:
        answer = NotPublished(told, is_unknown=True)
    return answers.received(request, answer) if isinstance(answer, Published) else answers.again(request, answer)


def _known(type_: str) -> str:
    """Raises `NotFound` for a type without a form."""
    if type_ in TOLD_BY:
        return type_
    if type_ in UPSTREAM:
        title = words.title(type_)
        raise NotFound(
            f"“{title.zh}”没有表单 · “{title.en}” has no form",
            f"由此发布 · It comes from: {UPSTREAM[type_]}",
        )
    raise NotFound(f"没有 {type_[:60]} 这种表单 · There is no such form", "看看地址 · Look at the address.")


def _check(request: Request, type_: str) -> None:
    """Raises `NotFound`, `LoginNeeded`, `NotYours`."""
    login = login_of(request)
    if may_publish(login, _known(type_)):
        return
    if login is None:
        raise LoginNeeded("请先登录 · Please log in", "登录后继续 · Log in and go on.")
    title = words.title(type_)
    raise NotYours(
        f"您的角色不能提交“{title.zh}” · Your role does not publish “{title.en}”",
        "请联系社区 · Ask the community's desk.",
    )
