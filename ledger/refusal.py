"""How an event is refused: a code with its texts, where it is, and what of it may be shown.

What may be somebody's personal data is never shown: personal fields, fields and attributes that nobody knows
(a misspelt personal one), anything that is not built as it should be, long numbers, and names in place of ids.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NoReturn

import orjson

from ledger.errors import EventRefused
from ledger.refusal_rules import RULES

NOT_SHOWN = "(not shown)"
_SHOWN_CHARACTERS = 60
_SORTS = {
    "NoneType": "null",
    "bool": "true or false",
    "int": "a number",
    "float": "a number",
    "str": "text",
    "list": "a list",
    "dict": "an object",
}
_NOT_NEAR = {"near": "", "near_chinese": ""}
_LONG_NUMBER = re.compile(r"\d{7,}")
_NAMED_PERSON = re.compile(r"(?<=person/)[^/]*[^\x00-\x7f].*", re.DOTALL)  # no id is written so, but a name is


def refuse(code: str, pointer: str, value: str, /, **values: object) -> NoReturn:
    """Raises `EventRefused` with the texts that `RULES` has for the code, `values` put into them."""
    raise refusal(code, pointer, value, **values)


def refusal(code: str, pointer: str, value: str, /, **values: object) -> EventRefused:
    """As `refuse`, but returns it."""
    return EventRefused(code, pointer, value, *(text.format_map(values) for text in RULES[code]))


def pointer_to(*steps: str) -> str:
    """A JSON pointer (RFC 6901), its steps shown as `named` shows them."""
    return "".join("/" + named(step).replace("~", "~0").replace("/", "~1") for step in steps)


def named(name: str) -> str:
    """The name of a field as far as it can be shown: somebody may have a table by name or phone number there."""
    return short(_LONG_NUMBER.sub("…", name)) if name.isascii() and name.isprintable() else "…"


def show(value: Any) -> str:
    """A value for a refusal: on one line, shortened, phone and identity numbers and names in place of ids hidden."""
    if isinstance(value, str):
        text = value if value and value.isprintable() else repr(value)
    else:
        text = orjson.dumps(value).decode()
    return short(_NAMED_PERSON.sub("…", _LONG_NUMBER.sub("…", text)))


def sort_of(value: object) -> str:
    """What sort of JSON value it is, for where nothing of the value may be shown."""
    sort = type(value).__name__
    return _SORTS.get(sort, sort)


def short(text: str, characters: int = _SHOWN_CHARACTERS) -> str:
    """The text, or its beginning where it is longer than `characters`."""
    return text if len(text) <= characters else f"{text[: characters - 1]}…"


def nearest(name: str, names: Iterable[str]) -> dict[str, str]:
    """For the texts of a rule, `near` and `near_chinese`: the nearest of `names`, nothing where none is near."""
    near = _nearest(short(name), tuple(sorted(names)))
    return {"near": f"Did you mean {near}? ", "near_chinese": f"您要写的是 {near} 吗？"} if near else _NOT_NEAR


@lru_cache(maxsize=256)  # a wrong name comes with every event of a program, and a search takes 0.4 ms
def _nearest(name: str, names: tuple[str, ...]) -> str | None:
    return next(iter(difflib.get_close_matches(name, names, n=1)), None)
