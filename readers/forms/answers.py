"""What a browser gets: the form with all that was typed, or the receipt; whole pages, for htmx the part alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ledger.errors import OutcomeUnknown
from ledger.event import latest
from readers.asking import login_of, services_of
from readers.forms import words
from readers.forms.choices import Choices
from readers.forms.drawn import Drawing, Drawn
from readers.forms.filled import Filled
from readers.forms.problems import SUBJECT, WHEN, WHOLE
from readers.forms.sending import NotPublished, Published
from readers.forms.values import REFERENCE, Wrong, first
from readers.language import Language, Text, language_of
from readers.rendering import is_htmx, page

PUBLISHED = "published"
"""The event that an htmx answer triggers in the page, so that its lists are fetched again."""
ENDED = Text(
    "登录已结束，没有提交；请在新窗口登录后再提交一次，填写的内容都在",
    "Your session has ended and nothing was published: log in in a new window, then send it again; all of it is here",
)
STALE = Text(
    "页面已过期，没有提交；请再提交一次，填写的内容都在",
    "This page was too old and nothing was published: send it once more; all of it is here",
)
UNKNOWN = Text(
    "还没有得到确认：可能已收到，也可能没有。请再提交一次，无论几次都只计一次。",
    "Not confirmed yet: it may have been received or not. Send it again; however often, it counts once.",
)
_WRONG = Text("没有提交：请改正标出的各项", "Not published: correct what is marked")


def again(request: Request, answer: NotPublished) -> Response:
    """The form as it was sent, with what is wrong beside its inputs."""
    if answer.is_unknown:
        return drawn(request, answer.form, [Wrong(WHOLE, UNKNOWN)], status=503, is_unknown=True)
    wrong = [Wrong(WHOLE, _WRONG), *answer.wrong] if all(one.path for one in answer.wrong) else answer.wrong
    return drawn(request, answer.form, wrong, answer.found, status=422, is_received=answer.is_received)


def received(request: Request, published: Published) -> Response:
    """The receipt, and where to go from there."""
    told = published.form
    answer = _page(
        request, "receipt", type_title=words.title(told.type).in_(language_of(request)), type_=told.type,
        receipt=published.receipt, subject=published.subject, next=told.next, is_opening=told.is_opening,
    )  # fmt: skip
    if is_htmx(request):
        answer.headers["HX-Trigger"] = PUBLISHED
    return answer


def drawn(
    request: Request,
    told: Filled,
    wrong: Sequence[Wrong] = (),
    found: Mapping[str, Sequence[str]] | None = None,
    status: int = 200,
    **outcome: bool,
) -> Response:
    """The form. `outcome`: is_unknown, is_received, is_ended."""
    language = language_of(request)
    if told.correctable:
        return _which(request, told)
    shown, login = _shown(request, told), login_of(request)
    signed = {told.signed: login.person} if told.signed and login else {}
    inputs = Drawing(told.type, language, told.values, wrong, shown, found or {}, signed).all(told.fields)
    said = {
        "wrong_subject": [one for one in wrong if one.path == SUBJECT],
        "wrong_when": [one for one in wrong if one.path == WHEN],
        "said": [one for one in wrong if one.path not in (SUBJECT, WHEN) and not _stands(one.path, inputs)],
    }
    return _page(
        request, "form", status=status, form=told, inputs=inputs, subject_found=(found or {}).get(SUBJECT, ()),
        subject_shown=shown.get(told.subject, told.subject), **_words(told, language),
        **{name: [one.message.in_(language) for one in those] for name, those in said.items()},
        **{"is_unknown": False, "is_received": False, "is_ended": False} | outcome,
    )  # fmt: skip


def _words(told: Filled, language: Language) -> dict[str, Any]:
    """What the form says of itself, and what its event may be about."""
    return {
        "title": words.title(told.type).in_(language),
        "summary": words.summary(told.type).in_(language),
        "corrects": _corrects(told, language),
        "kinds": latest[told.type].subjects,
        "subject_hint": words.subject_hint(told.type).in_(language),
        "has_photos": any(one.input == "photos" for one in told.fields),
    }


def _corrects(told: Filled, language: Language) -> str:
    """Which event, and which field of it, a correction is of, where the page knew it."""
    if told.of not in latest:
        return ""
    field = first(told.values, "field")
    is_one = field in latest[told.of].wire_names.values()
    return " · ".join(
        (words.title(told.of).in_(language), *([words.label(told.of, field).in_(language)] if is_one else []))
    )


def _which(request: Request, told: Filled) -> Response:
    """Before a correction: which field of the event it is of, since each has an input of its own."""
    language = language_of(request)
    fields = [(name, words.label(told.of, name).in_(language)) for name in told.correctable]
    return _page(
        request, "which", form=told, fields=fields, title=words.title(told.type).in_(language),
        summary=words.summary(told.type).in_(language), of_title=words.title(told.of).in_(language),
    )  # fmt: skip


def _shown(request: Request, told: Filled) -> dict[str, str]:
    """The names of references, as far as the tables answer: a form can be drawn without."""
    services = services_of(request)
    texts = [text.strip() for texts in told.values.values() for text in texts]
    references = [text for text in (*texts, told.subject) if REFERENCE.fullmatch(text)]
    if not references:
        return {}
    try:
        return Choices(services.tables, services.keys, login_of(request)).shown(references)
    except OutcomeUnknown:
        return {}


def _stands(path: str, inputs: Sequence[Drawn]) -> bool:
    """Whether a complaint stands beside one of the inputs."""
    return any(path == one.name or path.startswith(f"{one.name}.") for one in inputs)


def _page(request: Request, name: str, status: int = 200, **values: Any) -> Response:
    """The whole page, or its part alone for htmx, which takes no answer but a good one."""
    if is_htmx(request):
        return page(request, f"forms/_{name}.html", **values)
    return page(request, f"forms/{name}.html", status=status, **values)
