"""The addresses of forms, and the forms of one tap, for pages that lead to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

from starlette.requests import Request

from readers.accounts.login import Login
from readers.accounts.rights import may_publish
from readers.asking import services_of
from readers.forms import filled, suggested, words
from readers.forms.filled import Filled
from readers.forms.values import Values
from readers.language import language_of

Preset = str | Iterable[str]


def form_url(type_: str, subject: str | None = None, next: str | None = None, **preset: Preset) -> str:
    """`/forms/case.accepted?subject=case/7&next=/grid`: a type's form, about a subject, some inputs filled in.

    `preset` are inputs by their names, a list for a repeated one; `next` is where the receipt leads back to.
    """
    given = {"subject": subject, "next": next, **preset}
    query = urlencode({name: told for name, told in given.items() if told is not None}, doseq=True)
    return f"/forms/{type_}?{query}" if query else f"/forms/{type_}"


class Forms:
    """What templates know as `forms`, for who asks and in their language."""

    def __init__(self, request: Request) -> None:
        self._request, self._language = request, language_of(request)
        self._login: Login | None = getattr(request.state, "login", None)

    def may(self, type_: str) -> bool:
        """Whether a role of the login's publishes this type."""
        return may_publish(self._login, type_)

    def title(self, type_: str) -> str:
        """What a type is called."""
        return words.title(type_).in_(self._language)

    def summary(self, type_: str) -> str:
        """What its form is for."""
        return words.summary(type_).in_(self._language)

    def url(self, type_: str, subject: str | None, next: str | None, preset: Mapping[str, Preset]) -> str:
        """As `form_url`."""
        return form_url(type_, subject, next, **preset)

    def tap(self, type_: str, subject: str | None, next: str | None, preset: Mapping[str, Preset]) -> Filled | None:
        """The form where nothing is left to be asked, so that a button that confirms is enough; else None."""
        given: Values = {name: [told] if isinstance(told, str) else list(told) for name, told in preset.items()}
        now = services_of(self._request).now()
        controls = {"subject": [subject or ""], "next": [next or ""]}
        form = suggested.into(filled.drawn(type_, now, given | controls), self._login)
        _, wrong = filled.read(form)
        return None if wrong else form
