"""Whom a case was given to: units, persons or places by the mapping, or units that are made of their names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256

from ledger.limits import NAME_CHARACTERS
from producers.tables.mapping import DEFAULT, TableMapping
from producers.tables.refusals import RowRefused

OWNERS = 20  # units that one whistle calls
UNITS_MADE = 5_000  # what has more of them is no column of units
_is_reference = re.compile(r"(?:unit|person|place)/[A-Za-z0-9._~-]{1,120}\Z").match


class Owners:
    """References of owners, and the units that were made of names and not registered yet."""

    def __init__(self, mapping: TableMapping) -> None:
        self._mapping = mapping
        self._separators = re.compile(f"[{re.escape(mapping.owner_separators)}]") if mapping.owner_separators else None
        self._made: dict[str, str] = {}
        self._known: dict[str, list[str]] = {}
        self._new: list[tuple[str, str]] = []

    def of(self, column: str, text: str) -> list[str]:
        """The owners in their order, the lead first: units, or one person or place. Raises `RowRefused`."""
        if text not in self._known:
            if len(self._known) >= UNITS_MADE:
                self._known.clear()
            self._known[text] = self._read(column, text)
        return self._known[text]

    def _read(self, column: str, text: str) -> list[str]:
        names = self._separators.split(text) if self._separators else [text]
        found = list(dict.fromkeys(self._one(column, name.strip()) for name in names if name.strip()))
        if len(found) > 1 and not all(one.startswith("unit/") for one in found):
            english = "several owners, not all of them units"
            raise RowRefused(column, text, "owners_mixed", "多个承办者，且不都是单位", english)
        if len(found) > OWNERS:
            raise RowRefused(column, text, "owners_too_many", f"承办者超过 {OWNERS} 个", f"over {OWNERS} owners")
        return found

    def new_units(self) -> Sequence[tuple[str, str]]:
        """(reference, name) of units made since the last call."""
        new, self._new = self._new, []
        return new

    def _one(self, column: str, name: str) -> str:
        known = self._mapping.values.owner
        if name in known:
            return known[name]
        if _is_reference(name):
            return name
        if self._mapping.unit_kind is not None:
            return self._made.get(name) or self._make(column, name)
        if DEFAULT in known:
            return known[DEFAULT]
        english = "not in values.owner; unit_kind makes units of names"
        raise RowRefused(column, name, "value_not_mapped", "values.owner 中没有这个承办者，也没有写 unit_kind", english)

    def _make(self, column: str, name: str) -> str:
        if len(self._made) >= UNITS_MADE or len(name) > NAME_CHARACTERS:
            english = f"over {UNITS_MADE} names, or one of over {NAME_CHARACTERS} characters: no column of units"
            raise RowRefused(column, name, "units_too_many", "不像单位名称的列", english)
        self._made[name] = f"unit/x-{sha256(name.encode(errors='replace')).hexdigest()[:16]}"
        self._new.append((self._made[name], name))
        return self._made[name]
