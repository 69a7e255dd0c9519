"""What is shown of a personal field to whoever may not see it. Pure.

A mask never tells how long something was. A location is hidden whole: its event names the place in public, and a
rounded point in the country can be a single house.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

Mask = Literal["name", "phone", "hidden"]

SEALED = "（已密封）"
FORGOTTEN = "已遗忘 · forgotten"
_STARS = "****"
_MOBILE_DIGITS = 11
_CHINA = "86"


def masked_name(name: str) -> str:
    """`张三` -> `张*`, `张某某` -> `张*`: the first character, whatever the length."""
    first = name.strip()[:1]
    return f"{first}*" if first else SEALED


def masked_phone(phone: str) -> str:
    """`13812345678` -> `138****5678`; of a number shorter than that the last two digits alone."""
    digits = "".join(one for one in phone if one.isascii() and one.isdigit())
    if len(digits) > _MOBILE_DIGITS:  # +86 138…, 0086 138…
        digits = digits.lstrip("0").removeprefix(_CHINA) or digits
    if len(digits) >= _MOBILE_DIGITS:
        return f"{digits[:3]}{_STARS}{digits[-4:]}"
    return f"{_STARS}{digits[-2:]}" if len(digits) >= 5 else SEALED


def masked(mask: Mask, plain: object) -> str:
    """A plain value under a mask; whatever is no text is hidden whole."""
    return _MASKS[mask](plain) if isinstance(plain, str) else SEALED


_MASKS: Mapping[Mask, Callable[[str], str]] = {
    "name": masked_name,
    "phone": masked_phone,
    "hidden": lambda _: SEALED,
}
