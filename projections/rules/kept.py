"""Keeps the versions of rules where SQL finds them: `shanzhi.rule_version`, by generation.

Which adopted versions can be used is decided where they are read (`force`); SQL only picks the one that holds at a
time.
"""

from __future__ import annotations

from typing import Any

from projections.rules.force import adopted
from projections.rules.preset import RULES, Preset, default_preset

_LOCK = 7_283_012  # one writer at a time: two would write the same rows

Row = tuple[str, int, str, str, str, object, str]


def keep_versions(cursor: Any, generation: str) -> None:
    """Writes what ships and what was adopted and can be used, anew. Call it when a generation's rules may have changed.

    Of two at a time the second waits, and sees what the first has written.
    """
    cursor.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
    cursor.execute("delete from shanzhi.rule_version where generation = %s", (generation,))
    for row in _versions(cursor, generation):
        cursor.execute(
            "insert into shanzhi.rule_version "
            "(generation, rule, number, name, version, title, effective_from, parameters) "
            "values (%s, %s, %s, %s, %s, %s, %s, %s)",
            (generation, *row),
        )


def _versions(cursor: Any, generation: str) -> list[Row]:
    """The default of each rule as number 0, then what was adopted of it, the one that comes to hold last at the end."""
    rows = [_row(default_preset(kind), 0, None) for kind in RULES.values()]
    numbers = dict.fromkeys(RULES, 0)
    for one in adopted(cursor, generation):
        if one.preset:
            numbers[one.rule] += 1
            rows.append(_row(one.preset, numbers[one.rule], one.effective_from))
    return rows


def _row(one: Preset[Any], number: int, effective_from: object) -> Row:
    return one.rule, number, one.name, one.version, one.title, effective_from, one.parameters_json
