"""The addresses behind numbers: `/open/{read model}` with the options that make its rows those that were counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from projections.read import options_of, read_model
from projections.read.period import Period

WHERE = "where"


def open_url(model: str, options: Mapping[str, Any], where: Iterable[str] = ()) -> str:
    """`/open/cases?place=place/west-street&period=2024-05&where=whistled_at`. What is None or False is left out.

    `where` keeps rows by a column: `column` (it has something), `-column` (it has nothing), `column:one,other`.
    """
    given: list[tuple[str, str]] = []
    for name, value in options.items():
        values = value if isinstance(value, list | tuple) else (value,)
        given += [(name, as_text(one)) for one in values if one is not None and one is not False]
    given += [(WHERE, one) for one in where]
    query = urlencode(given, safe="/:,", quote_via=quote)
    return f"/open/{model}?{query}" if query else f"/open/{model}"


@cache
def has_option(model: str, option: str) -> bool:
    """Whether a read model takes an option."""
    return option in options_of(read_model(model))


def as_text(value: object) -> str:
    """An option as an address writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Period):
        return f"{value.first}..{value.last}"
    return str(value)
