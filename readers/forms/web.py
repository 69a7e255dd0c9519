"""The addresses of forms: drawn by GET, published by POST, and the search behind references."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from ledger.event import latest
from readers.accounts.csrf import check_csrf, csrf_of
from readers.accounts.rights import may_publish
from readers.accounts.told_by import TOLD_BY, UPSTREAM
from readers.asking import login_of, services_of
from readers.forms import filled, suggested, words
from readers.forms.choices import MOST, SEARCHED, Choices
from readers.forms.drawn import Drawing
from readers.forms.filled import Filled
from readers.forms.problems import WHOLE
from readers.forms.sending import NotPublished, Published, send
from readers.forms.submitted import Submitted, submitted
from readers.forms.values import REFERENCE, Values, Wrong, first
from readers.language import Text, language_of
from readers.refusals import LoginNeeded, NotFound, NotYours
from readers.rendering import is_htmx, page

PUBLISHED = "published"
"""The event that an htmx answer triggers in the page, so that its lists are fetched again."""
ENDED = Text(
    "登录已结束，请登录后再提交；填写的内容都在",
    "Your session has ended: log in and send it again; all you typed is here",
)
_STALE = Text(
    "页面已过期，请再提交一次；填写的内容都在", "This page was too old: send it once more; all you typed is here"
)
_UNKNOWN = Text(
    "还没有得到确认：可能已收到，也可能没有。请再提交一次，重复提交只计一次。",
    "Not confirmed yet: it may have been received or not. Send it again; however often, it counts once.",
)
_WRONG = Text("还没有提交，请改正标出的各项", "Not published yet: correct what is marked")
router = APIRouter(include_in_schema=False)


@router.get("/forms/choices/{kinds}")
def choices(request: Request, kinds: str, q: str = "") -> Response:
    """What a reference to one of these kinds (`person+unit`, or `any`) may name, as options of an input."""
    wanted = sorted(SEARCHED) if kinds == "any" else [one for one in kinds.split("+") if one in SEARCHED]
    services = services_of(request)
    found = Choices(services.tables, services.keys, login_of(request)).search(wanted, q) if wanted else []
    return page(request, "forms/choices.html", found=found[:MOST])


@router.get("/forms/{type_}")
def form(request: Request, type_: str) -> Response:
    """The form of an event type, with what the address fills in."""
    _check(request, type_)
    services, login = services_of(request), login_of(request)
    given: Values = {}
    for name, text in request.query_params.multi_items():
        given.setdefault(name, []).append(text)
    drawn = filled.drawn(type_, services.now(), given)
    return _drawn(request, suggested.into(drawn, login))


@router.post("/forms/{type_}")
def publish(request: Request, type_: str, sent: Annotated[Submitted, Depends(submitted)]) -> Response:
    """Publishes the form's event, once, or draws it again with what is wrong and all that was typed."""
    services, login = services_of(request), login_of(request)
    told = filled.sent(_known(type_), services.now(), sent.values)
    if not may_publish(login, type_):
        if login is None:
            return _drawn(request, told, [Wrong(WHOLE, ENDED)], status=401)
        raise _not_yours(type_)
    try:
        check_csrf(request, {"csrf": first(sent.values, "csrf")})
    except NotYours:
        return _drawn(request, told, [Wrong(WHOLE, _STALE)], status=403)
    add, remove = first(sent.values, "_add"), first(sent.values, "_remove")
    if add or remove:
        return _drawn(request, told.changed(add, remove))
    answer = send(services, login, told, sent)
    if isinstance(answer, Published):
        return _received(request, answer)
    return _again(request, answer)


def _again(request: Request, answer: NotPublished) -> Response:
    if answer.is_unknown:
        return _drawn(request, answer.form, [Wrong(WHOLE, _UNKNOWN)], status=503)
    return _drawn(request, answer.form, answer.wrong or [Wrong(WHOLE, _WRONG)], answer.found or {}, status=422)


def _received(request: Request, published: Published) -> Response:
    told = published.form
    answer = _page(
        request, "receipt", type_title=words.title(told.type).in_(language_of(request)), type_=told.type,
        receipt=published.receipt, subject=published.subject, next=told.next, is_opening=told.is_opening,
    )  # fmt: skip
    if is_htmx(request):
        answer.headers["HX-Trigger"] = PUBLISHED
    return answer


def _drawn(
    request: Request,
    told: Filled,
    wrong: Sequence[Wrong] = (),
    found: Mapping[str, Sequence[str]] | None = None,
    status: int = 200,
) -> Response:
    services, login, language = services_of(request), login_of(request), language_of(request)
    choices = Choices(services.tables, services.keys, login)
    texts = [text.strip() for name in told.values for text in told.values[name]]
    shown = choices.shown([text for text in (*texts, told.subject) if REFERENCE.fullmatch(text)])
    drawing = Drawing(told.type, language, told.values, wrong, shown, found or {})
    inputs = drawing.all(told.fields)
    beside = {one.path for one in wrong if any(_stands(one.path, drawn.name) for drawn in inputs)}
    return _page(
        request, "form", status=status, form=told, inputs=inputs, csrf=csrf_of(request),
        title=words.title(told.type).in_(language), summary=words.summary(told.type).in_(language),
        kinds=latest[told.type].subjects, subject_shown=shown.get(told.subject, told.subject),
        has_photos=any(one.field.input == "photos" for one in inputs),
        wrong_subject=[one.message.in_(language) for one in wrong if one.path == "subject"],
        wrong_when=[one.message.in_(language) for one in wrong if one.path == "_when"],
        said=[one.message.in_(language) for one in wrong if one.path not in beside | {"subject", "_when"}],
    )  # fmt: skip


def _stands(path: str, name: str) -> bool:
    return path == name or path.startswith(f"{name}.")


def _page(request: Request, name: str, status: int = 200, **values: Any) -> Response:
    """The whole page, or its part alone for htmx, which takes no answer but a good one."""
    if is_htmx(request):
        return page(request, f"forms/_{name}.html", **values)
    return page(request, f"forms/{name}.html", status=status, **values)


def _known(type_: str) -> str:
    """Raises `NotFound` for a type without a form."""
    if type_ in TOLD_BY:
        return type_
    if type_ in UPSTREAM:
        raise NotFound(
            f"{type_} 没有表单，由此发布 · has no form, it comes from: {UPSTREAM[type_]}",
            "看看目录 · See docs/events.md",
        )
    raise NotFound(f"没有 {type_[:60]} 这种表单 · There is no such form", "看看地址 · Look at the address.")


def _check(request: Request, type_: str) -> None:
    """Raises `NotFound`, `LoginNeeded`, `NotYours`."""
    login = login_of(request)
    if may_publish(login, _known(type_)):
        return
    if login is None:
        raise LoginNeeded("请先登录 · Please log in", "登录后继续 · Log in and go on.")
    raise _not_yours(type_)


def _not_yours(type_: str) -> NotYours:
    title = words.title(type_)
    return NotYours(
        f"您的角色不能提交“{title.zh}” · Your role does not publish {title.en}",
        "请联系社区 · Ask the community's desk.",
    )
