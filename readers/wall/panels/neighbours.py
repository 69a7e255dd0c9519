"""共治: conferences and topics, surveys with their remedies, wishes, and orders."""

from __future__ import annotations

from typing import Any

from readers.language import Text
from readers.wall.panel import Given, Needs, Panel, Shown, parts, whole
from readers.wall.scope import Scope

SHOWN = 8
OPEN = 5_000  # more than are ever open in a county
_MARKS = ("failed", "low")


def _topics_needs(scope: Scope) -> Needs:
    return {
        "topics": scope.need("topic-board", 3.0, period=scope.year, by=("category",)),
        "conferences": scope.need("conference-board", 5.0, period=scope.year, by=("kind",)),
    }


def _topics(scope: Scope, given: Given) -> Shown:
    sums = scope.opened("topic-board", period=scope.year, by=("category",))
    where = {
        "collected": (), "tabled": ("conference",), "decided": ("decided_at",), "carried_out": ("carried_out_at",),
        "solved": ("solved_at",), "overdue": ("is_overdue",),
    }  # fmt: skip
    return {
        "row": whole(given["topics"]),
        "categories": sorted(parts(given["topics"]), key=lambda row: -row.collected)[:SHOWN],
        "conferences": sorted(parts(given["conferences"]), key=lambda row: -row.held),
        "held": whole(given["conferences"]),
        "links": {
            name: scope.leads(scope.opened("topics", one, period=scope.year), sums) for name, one in where.items()
        }
        | {
            "conferences": scope.leads(
                scope.opened("conferences", ["held_at"], period=scope.year),
                scope.opened("conference-board", period=scope.year, by=("kind",)),
            )
        },
    }


def _survey_needs(scope: Scope) -> Needs:
    return {
        "items": scope.need("survey-items", 15.0, period=scope.year, limit=5_000),
        "surveys": scope.need("survey-board", 15.0, period=scope.year, by=()),
    }


def _survey(scope: Scope, given: Given) -> Shown:
    items = list(given["items"] or ())
    low = [row for row in items if row.mark in _MARKS]
    remedied = [row for row in items if row.adopted_at is not None]
    effects = [row.effect for row in remedied if row.effect is not None]
    return {
        "low": sorted(low, key=lambda row: (row.adopted_at is not None, row.mean))[:SHOWN],
        "counts": {mark: sum(row.mark == mark for row in items) for mark in (*_MARKS, "passed", "too_few")},
        "remedied": len(remedied),
        "effect": sum(effects) / len(effects) if effects else None,
        "surveys": whole(given["surveys"]),
        "links": {
            "low": scope.opened("survey-items", ["mark:failed,low"], period=scope.year),
            "remedied": scope.opened("survey-items", ["adopted_at"], period=scope.year),
            "effect": scope.opened("survey-items", ["effect"], period=scope.year),
            "surveys": scope.opened("survey-board", period=scope.year, by=("place",), level="estate"),
        },
    }


def _wishes_needs(scope: Scope) -> Needs:
    return {
        "board": scope.need("wish-board", 3.0, period=scope.year, by=()),
        "open": scope.need("open-wishes", 3.0, period=scope.year, limit=OPEN),
        "months": scope.need("wish-board", 10.0, period=scope.year, by=("month",)),
    }


def _wishes(scope: Scope, given: Given) -> Shown:
    sums = scope.opened("wish-board", period=scope.year, by=("place",), level=scope.child_level)
    where = {
        "made": ("made_at",),
        "claimed": ("claimed_by",),
        "granted": ("granted_at",),
        "confirmed": ("status:confirmed",),
        "open": ("status:made,published,claimed",),
        "unclaimed": ("status:made,published",),
    }
    waiting = [row for row in given["open"] or () if row.status in ("published", "claimed") and row.title]
    return {
        "row": whole(given["board"]),
        "rows": sorted(waiting, key=lambda row: (row.claimed_by is not None, row.made_at))[:SHOWN],
        "is_list": given["open"] is not None and scope.moment.is_standing,
        "months": [] if waiting and scope.moment.is_standing else parts(given["months"]),
        "late": sum(bool(row.is_overdue) for row in given["open"] or ()),
        "links": {
            name: scope.leads(scope.opened("wishes", one, period=scope.year), sums) for name, one in where.items()
        }
        | {"late": scope.opened("wishes", ["is_overdue"], period=scope.year)},
    }


def _orders_needs(scope: Scope) -> Needs:
    return {
        "board": scope.need("order-board", 3.0, period=scope.year, by=()),
        "units": scope.need("orders-by-unit", 10.0, period=scope.year, by=("unit",)),
        "open": scope.need("open-orders", 3.0, period=scope.year, limit=OPEN),
    }


def _orders(scope: Scope, given: Given) -> Shown:
    sums = scope.opened("order-board", period=scope.year, by=("place",), level=scope.child_level)
    where = {
        "placed": ("placed_at",), "taken": ("unit",), "done": ("done_at",), "solved": ("solved",),
        "confirmed": ("status:confirmed",), "open": ("status:placed,taken",),
    }  # fmt: skip
    open_: list[Any] = [row for row in given["open"] or () if row.title]
    units = [] if scope.subject else sorted(parts(given["units"]), key=lambda row: -row.solved)
    return {
        "row": whole(given["board"]),
        "rows": sorted(open_, key=lambda row: (row.due is None, str(row.due)))[:SHOWN],
        "is_list": given["open"] is not None and scope.moment.is_standing,
        "units": units[:5],
        "links": {
            name: scope.leads(scope.opened("orders", one, period=scope.year), sums) for name, one in where.items()
        },
    }


PANELS = (
    Panel("topics", Text("会议与议题", "Conferences and topics"), "topics", _topics_needs, _topics, seconds=3.0),
    Panel("survey", Text("居民打分卡", "Score cards"), "items", _survey_needs, _survey, seconds=15.0),
    Panel("wishes", Text("微心愿", "Wishes"), "board", _wishes_needs, _wishes, seconds=3.0),
    Panel("orders", Text("点餐式服务", "Orders"), "board", _orders_needs, _orders, seconds=3.0),
)
