"""超期与将到期: what is late, the latest first, then what is due next: cases, mediations, hazards together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from projections.family import SHANGHAI
from readers.language import Text
from readers.wall.panel import Given, Needs, Panel, Shown, parts, whole
from readers.wall.scope import MOST_PLACES, Scope

MOST = 1_000
SHOWN = 14
FAMILIES = ("case", "mediation", "hazard")


class Due(NamedTuple):
    """Something with a clock. `left` is negative once it is over."""

    subject: str
    family: str
    title: str
    place: str | None
    left: timedelta
    href: str


def _needs(scope: Scope) -> Needs:
    cells = scope.need("overview", 0.25, level=scope.cell_level, limit=MOST_PLACES)
    if not scope.moment.is_standing:
        return {"cells": cells, "of_day": scope.need("cases", 5.0, period=scope.moment.day.isoformat(), limit=MOST)}
    return {
        "cells": cells,
        "cases": scope.need("cases", 1.0, is_open=True, limit=MOST),
        "mediations": scope.need("mediations", 2.0, is_open=True, limit=MOST),
        "hazards": scope.need("hazards", 2.0, is_open=True, limit=MOST),
    }


def _shape(scope: Scope, given: Given) -> Shown:
    """Strangers, and a past day, have no list of what is late: there it is the places, or the cases of that day."""
    desk = whole(given["cells"])
    shown: dict[str, Any] = {
        "late": None,
        "dues": [],
        "of_day": None,
        "kinds": [],
        "busiest": [],
        "address": scope.address,
    }
    if not scope.moment.is_standing:
        of_day = given["of_day"]
        held = [(row, row.received_today) for row in parts(given["cells"]) if row.received_today]
        return shown | {
            "of_day": None if of_day is None else list(of_day)[:SHOWN],
            "places": sorted(held, key=lambda one: -one[1])[:SHOWN],
            "href": scope.leads(scope.opened("cases", period=scope.moment.day.isoformat()), _sums(scope)),
        }
    dues = sorted(_dues(scope, given), key=lambda due: (due.left, due.subject))
    held = [(row, row.overdue_cases) for row in parts(given["cells"]) if row.overdue_cases]
    busy = [(row, row.open_cases) for row in parts(given["cells"]) if row.open_cases]
    late = [due.family for due in dues if due.left < timedelta()]
    return shown | {
        "late": desk and desk.overdue_cases if given["cases"] is None else len(late),
        "kinds": [(family, late.count(family), _overdue(scope, family)) for family in FAMILIES if family in late],
        "dues": dues[:SHOWN],
        "places": sorted(held, key=lambda one: -one[1])[:SHOWN],
        "busiest": [] if dues else sorted(busy, key=lambda one: -one[1])[:SHOWN],
        "href": scope.leads(scope.opened("cases", overdue=True), _sums(scope)),
    }


def _overdue(scope: Scope, family: str) -> str:
    return scope.opened(f"{family}s", overdue=True)


def _sums(scope: Scope) -> str:
    return scope.opened("overview", level=scope.cell_level)


def _dues(scope: Scope, given: Given) -> Iterator[Due]:
    for name, family, title, due in (
        ("cases", "case", "category", "handle_due"),
        ("mediations", "mediation", "cause", "total_due"),
        ("hazards", "hazard", "kind", "due"),
    ):
        answer = given[name]
        for row in answer or ():
            at = getattr(row, due)
            if at is not None:
                left = _left(row, at, scope.moment.as_of or answer.as_of)
                told = getattr(row, title) or ""
                yield Due(row.subject, family, told, row.place_name, left, f"/entities/{row.subject}")


def _left(row: Any, due: datetime, now: datetime) -> timedelta:
    """By the clock; what the rule calls late is late, and what it does not (paused, say) is due now at the earliest."""
    left = due.astimezone(SHANGHAI) - now.astimezone(SHANGHAI)
    if row.is_overdue:
        return min(left, timedelta(minutes=-1))
    return max(left, timedelta())


PANELS = (Panel("late", Text("超期与将到期", "Late and due next"), "cells", _needs, _shape),)
