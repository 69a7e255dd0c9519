"""The names of places, units and teams that cells of a table speak of. People have none here: theirs are sealed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from projections.read.answer import reading

_KINDS = ("place", "unit", "team")


def names_of(connection: Any, generation: str, references: Collection[str]) -> Mapping[str, str]:
    """The name of each reference that is registered under one."""
    asked = sorted({one for one in references if one.partition("/")[0] in _KINDS})
    if not asked:
        return {}
    with reading(connection, generation) as cursor:
        cursor.execute(
            " union all ".join(
                f"select subject, name from entity_{kind} where subject = any(%(asked)s) and name is not null"
                for kind in _KINDS
            ),
            {"asked": asked},
        )
        return dict(cursor)
