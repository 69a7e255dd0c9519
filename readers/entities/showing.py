"""Values of rows and events as people read them: names for ids, words for codes, times of Shanghai."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from projections.read import WORDS
from readers.forms import words
from readers.forms.values import SHANGHAI
from readers.language import Language, Text
from readers.pages.columns import columns

_is_time = re.compile(r"[12]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)\Z", re.ASCII).match
_is_reference = re.compile(r"[a-z]+/[A-Za-z0-9._~-]{1,120}\Z").match
_WITHHELD = ("person/", "household/", "resident/")
_ANSWERS = {True: Text("是", "Yes"), False: Text("否", "No")}
_MOST_ITEMS = 30


def references_in(value: Any) -> Iterator[str]:
    """Every reference in a value, whatever it holds."""
    if isinstance(value, str):
        yield from (part for part in value.split("~") if _is_reference(part))
        return
    for inner in value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ():
        yield from references_in(inner)


class Showing:
    """`is_veiled`: to strangers no person is named, not even by an opaque id."""

    def __init__(self, names: Mapping[str, str], language: Language, is_veiled: bool) -> None:
        self._names, self.language, self._is_veiled = names, language, is_veiled

    def text(self, value: Any, column: str = "") -> str:
        """A value in one line; empty for none, and for what may not be told. `column`: where a code stands."""
        match value:
            case None:
                return ""
            case bool():
                return _ANSWERS[value].in_(self.language)
            case str():
                return self._told(value, column)
            case datetime():
                return value.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
            case date():
                return value.isoformat()
            case float():
                return f"{value:g}"
            case list() | tuple():
                more = " …" if len(value) > _MOST_ITEMS else ""
                return self._joined(self.text(one, column) for one in value[:_MOST_ITEMS]) + more
        if isinstance(value, Mapping):
            return " ".join(told for name, inner in value.items() if (told := self._pair(name, inner)))
        return str(value)

    def label(self, name: str) -> str:
        """A column of a row, or a field inside an object."""
        if name in columns():
            return columns()[name].in_(self.language)
        found = words.common(name)
        return found.in_(self.language) if found else name.replace("_", " ")

    def _told(self, text: str, column: str) -> str:
        if self._is_veiled and text.startswith(_WITHHELD):
            return ""
        if _is_reference(text):
            return self._names.get(text, text)
        if "~" in text:
            return " ".join(self._told(part, column) for part in text.split("~"))
        if _is_time(text):
            return self.text(datetime.fromisoformat(text))
        return words.choice(text, column).in_(self.language) if text in WORDS else text

    def _pair(self, name: str, value: Any) -> str:
        told = self.text(value, name)
        return f"{self.label(name)} {told}" if told else ""

    def _joined(self, parts: Iterable[str]) -> str:
        return ("，" if self.language == "zh" else ", ").join(part for part in parts if part)
