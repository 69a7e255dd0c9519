"""What one event changes, for the peers in Python: a few lines that need no engine, and so stand here once.

It runs in the peers' own environments: the standard library alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

Change = tuple[str, dict[str, int]]
"""A grid or unit, and what comes on top of its counts."""


def changes(case: dict[str, Any], event: dict[str, Any]) -> list[Change]:
    """Takes the event into the case, in place, and says what grid and unit count on top. A repeat changes nothing."""
    name, data = event["type"].removeprefix("case."), event["data"]
    if name in case["steps"]:
        return []
    case["steps"].append(name)
    if name == "discovered":
        case["grid"] = data["place"]
        return [(case["grid"], {"discovered": 1, "open": 1})]
    if name == "whistled":
        case["unit"], case["due"] = data["units"][0]["unit"], data["handle_due"]
        return [(case["grid"], {"whistled": 1}), (case["unit"], {"called": 1})]
    if name == "reported":
        return [(case["unit"], {"reported": 1})]
    if name == "handled":
        resolved, overdue = int(data["resolved"]), int(_time(event["time"]) > _time(case["due"]))
        handled = {"handled": 1, "resolved": resolved}
        return [(case["grid"], {**handled, "overdue": overdue, "open": -1}), (case["unit"], handled)]
    if name == "replied":
        return [(case["grid"], {"replied": 1})]
    if name == "rated":
        return [(case["grid"], {"rated": 1, "satisfied": int(data["satisfaction"] == "satisfied")})]
    return []


def new_case() -> dict[str, Any]:
    """A case of which nothing is known yet."""
    return {"steps": []}


def added(sums: dict[str, int], counts: dict[str, int]) -> dict[str, int]:
    """The sums with the counts on top."""
    return {**sums, **{name: sums.get(name, 0) + number for name, number in counts.items()}}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
