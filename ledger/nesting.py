"""How deep a JSON text nests, counted without parsing it (a parser would recurse first)."""

from __future__ import annotations

import re

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_OPEN, _CLOSE = b"[{", b"]}"


def exceeds(text: bytes, levels: int) -> bool:
    """Whether arrays and objects stand more than `levels` deep. Cheap where there are few brackets."""
    if text.count(b"[") + text.count(b"{") <= levels:
        return False
    depth = 0
    for byte in _STRING.sub(b"", text):
        if byte in _OPEN:
            depth += 1
            if depth > levels:
                return True
        elif byte in _CLOSE:
            depth -= 1
    return False
