"""What an event or a state speaks of: references like `place/xicheng`, wherever in it they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_is_reference = re.compile(r"[a-z]+/[A-Za-z0-9._~-]{1,120}\Z", re.ASCII).match


def references(value: Any) -> Iterator[str]:
    """The references in a value of JSON's kinds, each as often as it stands there."""
    match value:
        case str():
            if _is_reference(value):
                yield value
        case list() | tuple():
            for one in value:
                yield from references(one)
        case dict():
            for one in value.values():
                yield from references(one)
