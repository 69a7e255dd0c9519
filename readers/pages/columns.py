"""The names of columns on cards, in both languages; the words stand in TOML beside this."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from readers.language import Text


@cache
def columns() -> Mapping[str, Text]:
    """By column."""
    told = tomllib.loads((files("readers.pages") / "columns.toml").read_text(encoding="utf-8"))
    return {name: Text(*words.split(" | ")) for name, words in told.items()}
