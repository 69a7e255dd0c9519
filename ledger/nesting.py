"""What has to be known of a JSON text before it is parsed: how deep it nests (a parser would recurse first),
and whether it spells the character U+0000, which PostgreSQL can't hold."""

from __future__ import annotations

import re

# An unterminated string runs to the end: were it no match, each quote in it would start a search of its own,
# and 64 KiB of them would take 16 s.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*+\\u0000")
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


def spells_nul(text: bytes) -> bool:
    """Whether the escape of U+0000 stands in it (`\\\\u0000`, a backslash before letters, is none)."""
    return b"\\u0000" in text and _NUL.search(text) is not None
