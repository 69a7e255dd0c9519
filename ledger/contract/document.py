"""The contract as text: what `shanzhi contract` prints and what is kept in docs/contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson


def text(document: Mapping[str, Any]) -> str:
    """Pretty JSON in the document's own order, with a line end: the same document is the same bytes."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
