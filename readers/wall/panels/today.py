"""今日: what came in, what was done, what is open, and what is late. The first thing that the wall says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from readers.language import Text
from readers.wall.panel import Given, Needs, Panel, Shown, parts, whole
from readers.wall.scope import MOST_PLACES, Scope

HANDLED_WITHIN_DAYS = 92
"""Where a case that was handled today is looked for: the longest clock is 15 days, and most are reopened within it."""


class Number(NamedTuple):
    """One number with its name and where it leads. `value` is None where it can't be told."""

    name: str
    title: Text
    value: Any
    href: str
    is_late: bool = False


_Kind = tuple[str, Text, str, dict[str, Any], tuple[str, ...], str]
_OPEN: tuple[_Kind, ...] = (
    ("open_mediations", Text("在调纠纷", "Mediations"), "mediations", {"is_open": True}, (), "mediation-board"),
    ("open_hazards", Text("未改隐患", "Hazards"), "hazards", {"is_open": True}, (), "hazard-board"),
    ("open_wishes", Text("未了心愿", "Wishes"), "wishes", {}, ("status:made,published,claimed",), "wish-board"),
    ("open_orders", Text("在办点单", "Orders"), "orders", {}, ("status:placed,taken",), "order-board"),
    ("open_applications", Text("在办事项", "Applications"), "applications", {}, ("-decided_at",), "application-board"),
    (
        "open_topics", Text("未决议题", "Topics"), "topics", {},
        ("status:collected,tabled,agreed,deferred,carried_out",), "topic-board",
    ),
)  # fmt: skip


def _needs(scope: Scope) -> Needs:
    return {
        "cells": scope.need("overview", 0.25, level=scope.cell_level, limit=MOST_PLACES),
        "day": scope.need("funnel", 1.0, level="county", period=scope.moment.day.isoformat()),
        "week": scope.need("five-tickets", 5.0, period=scope.moment.days(8), by=("day",)),
    }


def _shape(scope: Scope, given: Given) -> Shown:
    desk, day = whole(given["cells"]), whole(given["day"])
    before = [row.discovered for row in parts(given["week"]) if row.day != scope.moment.day]
    return {
        "numbers": [
            *_of_day(scope, desk),
            *(_standing(scope, desk) if scope.moment.is_standing else _since(scope, day)),
        ],
        "open": list(_open(scope, desk, given["week"])) if scope.moment.is_standing else [],
        "mean": sum(before) / 7 if given["week"] else None,
    }


def _of_day(scope: Scope, desk: Any) -> Iterator[Number]:
    day = scope.moment.day.isoformat()
    sums = scope.opened("funnel", period=day, level=scope.child_level)
    titles = {
        "today": (Text("今日受理", "Received today"), Text("今日办结", "Handled today")),
    }.get(scope.moment.kind, (Text("当日受理", "Received that day"), Text("当日办结", "Handled that day")))
    received = scope.leads(scope.opened("cases", period=day), sums)
    handled = scope.leads(
        scope.opened("cases", [f"handled_at:{day}"], period=scope.moment.days(HANDLED_WITHIN_DAYS)), sums
    )
    yield Number("received_today", titles[0], desk and desk.received_today, received)
    yield Number("handled_today", titles[1], desk and desk.handled_today, handled)


def _standing(scope: Scope, desk: Any) -> Iterator[Number]:
    """What stands open now: the tables know no other day of it."""
    sums = scope.opened("overview", level=scope.child_level)
    open_ = scope.leads(scope.opened("cases", is_open=True), sums)
    late = scope.leads(scope.opened("cases", overdue=True), sums)
    yield Number("overdue_cases", Text("超期未办", "Overdue"), desk and desk.overdue_cases, late, is_late=True)
    yield Number("open_cases", Text("在办诉求", "Open cases"), desk and desk.open_cases, open_)


def _since(scope: Scope, day: Any) -> Iterator[Number]:
    """What became since of what came in on a past day."""
    period = scope.moment.day.isoformat()
    sums = scope.opened("funnel", period=period, level=scope.child_level)
    whistled = scope.leads(scope.opened("cases", ["whistled_at"], period=period), sums)
    rated = scope.leads(scope.opened("cases", ["satisfaction"], period=period), sums)
    yield Number("whistled_that_day", Text("其中吹哨", "Whistled of these"), day and day.whistled, whistled)
    yield Number("rated_that_day", Text("其中已评价", "Rated of these"), day and day.rated, rated)


def _open(scope: Scope, desk: Any, week: Any) -> Iterator[Number]:
    for name, title, model, options, where, board in _OPEN:
        sums = scope.opened(board, by=("place",), level=scope.child_level)
        href = scope.leads(scope.opened(model, where, **options), sums)
        yield Number(name, title, desk and getattr(desk, name), href)
    if scope.sees and desk and desk.curtains_missed_today is not None:
        href = scope.opened("curtain-alarms", period=scope.moment.day.isoformat())
        title = Text("窗帘未拉开", "Curtains shut")
        yield Number("curtains_missed_today", title, desk.curtains_missed_today, href)
    if scope.is_county and week and week.freshness:
        href = scope.opened("publishers", ["is_missed"])
        yield Number("missed_publishers", Text("漏报", "Silent sources"), week.freshness.missed_publishers, href)


PANELS = (Panel("today", Text("今日", "Today"), "cells", _needs, _shape, seconds=0.3),)
