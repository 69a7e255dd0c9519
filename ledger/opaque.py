"""Ids are never sealed, so none may tell who somebody is: phone and identity numbers are refused as ids."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from typing import Any

from ledger.refusal import NOT_SHOWN, pointer_to, refuse

_BORN = r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_NUMBER = re.compile(rf"(?:1[3-9]\d{{9}}|\d{{6}}{_BORN}\d{{3}}[\dXx])\Z", re.ASCII)
_LENGTHS = (11, 18)
_DATA = ("data",)
_DIGITS_AS_0 = bytes(48 if 48 <= byte <= 57 else 32 for byte in range(256))


def check(text: bytes, event: Any, personal: AbstractSet[str]) -> None:
    """Refuses an event (given as JSON text and parsed) of which any text but a personal field is such a number."""
    if b"0" * 11 in text.translate(_DIGITS_AS_0) or b"\\u00" in text:  # spares most events a walk
        _walk(event, personal, ())


def _walk(value: Any, personal: AbstractSet[str], steps: tuple[str, ...]) -> None:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for name, one in items:
        if isinstance(one, str):
            if _tells(one) and not (steps == _DATA and name in personal):
                refuse("personal_number", pointer_to(*steps, str(name)), NOT_SHOWN)
        elif isinstance(one, dict | list) and not (steps == _DATA and name in personal):
            _walk(one, personal, (*steps, str(name)))


def _tells(text: str) -> bool:
    number = text[text.rfind("/") + 1 :]
    return len(number) in _LENGTHS and _NUMBER.match(number) is not None
