"""平安: mediations with days left, hazards, patrols, and the curtains of the old and the young."""

from __future__ import annotations

from datetime import UTC, datetime

from readers.language import Text
from readers.wall.panel import Given, Needs, Panel, Shown, parts, whole
from readers.wall.scope import Scope

MOST = 1_000
SHOWN = 8
_NEVER = datetime.max.replace(tzinfo=UTC)


def _mediations_needs(scope: Scope) -> Needs:
    return {
        "board": scope.need("mediation-board", 3.0, period=scope.year, by=("level",)),
        "channels": scope.need("mediation-board", 10.0, period=scope.year, by=("channel",)),
        "open": scope.need("mediations", 3.0, is_open=True, limit=MOST),
        "months": scope.need("mediation-board", 10.0, period=scope.year, by=("month",)),
    }


def _mediations(scope: Scope, given: Given) -> Shown:
    levels = {row.level: row for row in parts(given["board"])}
    open_ = sorted(given["open"] or (), key=lambda row: (row.days_left is None, row.days_left or 0.0, row.subject))
    opened = scope.opened("mediation-board", period=scope.year, by=("level",))
    return {
        "row": whole(given["board"]),
        "levels": [(level, levels[level].settled) for level in ("grid", "community", "town") if level in levels],
        "channels": sorted(parts(given["channels"]), key=lambda row: -row.opened),
        "months": [] if scope.sees and scope.moment.is_standing else parts(given["months"]),
        "rows": open_[:SHOWN],
        "open": len(open_),
        "is_list": given["open"] is not None and scope.moment.is_standing,
        "late": sum(row.is_overdue for row in open_),
        "links": {
            "opened": scope.leads(scope.opened("mediations", period=scope.year), opened),
            "settled": scope.leads(scope.opened("mediations", ["settled_at"], period=scope.year), opened),
            "open": scope.leads(scope.opened("mediations", is_open=True), opened),
            "late": scope.leads(scope.opened("mediations", overdue=True), opened),
            "board": opened,
        },
    }


def _hazards_needs(scope: Scope) -> Needs:
    return {
        "board": scope.need("hazard-board", 3.0, period=scope.year, by=("severity",)),
        "open": scope.need("hazards", 3.0, is_open=True, limit=MOST),
        "patrols": scope.need("patrol-board", 10.0, period=scope.year, by=()),
        "months": scope.need("hazard-board", 10.0, period=scope.year, by=("month",)),
    }


def _hazards(scope: Scope, given: Given) -> Shown:
    board = scope.opened("hazard-board", period=scope.year, by=("severity",))
    severities = {row.severity: row for row in parts(given["board"])}
    open_ = sorted(given["open"] or (), key=lambda row: (row.due or _NEVER, row.subject))
    return {
        "row": whole(given["board"]),
        "severities": [severities[one] for one in ("serious", "moderate", "minor") if one in severities],
        "rows": open_[:SHOWN],
        "is_list": given["open"] is not None and scope.moment.is_standing,
        "late": sum(row.is_overdue for row in open_),
        "patrols": whole(given["patrols"]),
        "months": [] if open_ and scope.moment.is_standing else parts(given["months"]),
        "links": {
            "found": scope.leads(scope.opened("hazards", period=scope.year), board),
            "fixed": scope.leads(scope.opened("hazards", ["fixed_at"], period=scope.year), board),
            "open": scope.leads(scope.opened("hazards", is_open=True), board),
            "late": scope.leads(scope.opened("hazards", overdue=True), board),
            "patrols": scope.leads(
                scope.opened("patrols", period=scope.year),
                scope.opened("patrol-board", period=scope.year, by=("place",), level=scope.child_level),
            ),
        },
    }


def _curtains_needs(scope: Scope) -> Needs:
    return {
        "board": scope.need("curtain-board", 5.0, by=("household_group",)),
        "alarms": scope.need("curtain-alarms", 5.0, period=scope.year, by=("household_group",)),
        "care": scope.need("care-people", 15.0, by=("care_group",)),
    }


def _curtains(scope: Scope, given: Given) -> Shown:
    care = parts(given["care"])
    return {
        "row": whole(given["board"]),
        "groups": parts(given["board"]),
        "alarms": whole(given["alarms"]),
        "care": sorted((row for row in care if row.people), key=lambda row: -row.people)[:4],
        "people": getattr(whole(given["care"]), "people", None),
        "links": {
            "board": scope.opened("curtain-board", by=("household_group",)),
            "alarms": scope.opened("curtain-alarms", period=scope.year, by=("household_group",)),
            "care": scope.opened("care-people", by=("care_group",)),
        },
    }


def _patrols_needs(scope: Scope) -> Needs:
    return {"board": scope.need("patrol-board", 5.0, period=scope.year, by=("month",))}


def _patrols(scope: Scope, given: Given) -> Shown:
    return {
        "row": whole(given["board"]),
        "months": parts(given["board"]),
        "href": scope.leads(
            scope.opened("patrols", period=scope.year), scope.opened("patrol-board", period=scope.year, by=("month",))
        ),
    }


PANELS = (
    Panel("mediations", Text("三级七天调解", "Mediations"), "board", _mediations_needs, _mediations, seconds=3.0),
    Panel("hazards", Text("安全隐患", "Hazards"), "board", _hazards_needs, _hazards, seconds=3.0),
    Panel("curtains", Text("一老一小", "Old and young"), "board", _curtains_needs, _curtains, seconds=5.0),
    Panel("patrols", Text("小区巡查", "Patrols"), "board", _patrols_needs, _patrols, seconds=5.0),
)
