"""Chinese first, English second: the language of a page, by cookie, and the one way to write a text in both."""

from __future__ import annotations

from typing import Literal, NamedTuple

from starlette.requests import Request

Language = Literal["zh", "en"]
COOKIE = "language"


class Text(NamedTuple):
    """A text in both languages."""

    zh: str
    en: str

    def in_(self, language: Language) -> str:
        """As a page of that language says it."""
        return self.zh if language == "zh" else self.en


def language_of(request: Request) -> Language:
    """English where the cookie asks for it, else Chinese: staff and residents read that."""
    return "en" if request.cookies.get(COOKIE) == "en" else "zh"
