"""What every contender has to count, and a fold of it that shares no code with any of them.

A cell is a count of one grid or one unit. It is worked out here from the stored bytes with the standard library alone,
so that no contender, ours included, is measured against itself.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

GRID_COUNTS = ("discovered", "whistled", "handled", "resolved", "overdue", "replied", "rated", "satisfied", "open")
UNIT_COUNTS = ("called", "reported", "handled", "resolved")
Cells = Mapping[str, Mapping[str, int]]
"""Counts by grid (`place/…`) or unit (`unit/…`); zeros are absent, and so are rows of nothing else."""


def count(values: Iterable[bytes]) -> Cells:
    """The cells of stored events, those of each case in their order."""
    cases: dict[str, dict[str, Any]] = defaultdict(dict)
    for value in values:
        event = json.loads(value)
        _tell(cases[event["subject"]], event["type"], event["time"], event["data"])
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for case in cases.values():
        _add(counted, case)
    return without_zeros(counted)


def _tell(case: dict[str, Any], type_: str, time: str, data: Mapping[str, Any]) -> None:
    """`overdue`: handled later than the whistle gave time for."""
    case[type_.removeprefix("case.")] = True
    if type_ == "case.discovered":
        case["grid"] = data["place"]
    elif type_ == "case.whistled":
        case["unit"], case["due"] = data["units"][0]["unit"], data["handle_due"]
    elif type_ == "case.handled":
        case["resolved"] = data["resolved"]
        case["overdue"] = datetime.fromisoformat(time) > datetime.fromisoformat(case["due"])
    elif type_ == "case.rated":
        case["satisfied"] = data["satisfaction"] == "satisfied"


def _add(counted: dict[str, Counter[str]], case: Mapping[str, Any]) -> None:
    case = {**case, "open": not case.get("handled"), "called": True}
    counted[case["grid"]].update({name: int(case.get(name, False)) for name in GRID_COUNTS})
    if "unit" in case:
        counted[case["unit"]].update({name: int(case.get(name, False)) for name in UNIT_COUNTS})


def without_zeros(counted: Mapping[str, Mapping[str, int]]) -> Cells:
    """In the form that is compared."""
    kept = {key: {name: number for name, number in row.items() if number} for key, row in counted.items()}
    return {key: row for key, row in kept.items() if row}


def differences(found: Cells, expected: Cells, at_most: int = 5) -> list[str]:
    """The first few cells that are not as expected, by name."""
    keys = sorted(key for key in found.keys() | expected.keys() if found.get(key) != expected.get(key))
    return [f"{key}: {dict(found.get(key, {}))}, not {dict(expected.get(key, {}))}" for key in keys[:at_most]]
