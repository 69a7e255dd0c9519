"""Ids are never sealed, so none may tell who somebody is: phone and identity numbers are refused as ids."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from typing import Any

from ledger.refusal import NOT_SHOWN, pointer_to, refuse

_BORN = r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_TELLING = re.compile(rf"(?:^|/)(?:1[3-9]\d{{9}}|\d{{6}}{_BORN}\d{{3}}[\dXx])\Z", re.ASCII)
_DIGITS_AS_0 = bytes(48 if 48 <= byte <= 57 else 32 for byte in range(256))


def check(text: bytes, event: Any, personal: AbstractSet[str]) -> None:
    """Refuses an event (given as JSON text and parsed) of which any text but a personal field is such a number."""
    if b"0" * 11 in text.translate(_DIGITS_AS_0) or b"\\u00" in text:  # spares most events a walk
        _walk(event, personal)


def _walk(value: Any, personal: AbstractSet[str], *steps: str) -> None:
    if isinstance(value, str):
        if _TELLING.search(value):
            rule = "looks like a phone or identity number"
            refuse(pointer_to(*steps), NOT_SHOWN, rule, "Use an opaque id of your own.")
        return
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in items:
        if not (steps == ("data",) and name in personal):
            _walk(one, personal, *steps, str(name))
