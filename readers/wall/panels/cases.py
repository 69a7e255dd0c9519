"""诉求: the funnel with its two branches, five tickets, three rates, and how many came in day by day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from readers.language import Text
from readers.wall.funnel import bands
from readers.wall.panel import Given, Needs, Panel, Shown, parts, share, whole
from readers.wall.scope import Scope

TREND_DAYS = 30
RATED_PLACES = 3
"""Those with the lowest score: they are what to look at."""


class Step(NamedTuple):
    """A step of the funnel, or a ticket: `days` are its numbers day by day."""

    name: str
    title: Text
    value: int
    share: float | None
    href: str
    days: Sequence[int] = ()


_STEPS = (
    ("discovered", Text("发现", "Found"), ()),
    ("dispatched", Text("派单", "Dispatched"), ("dispatched_at",)),
    ("accepted", Text("落单", "Accepted"), ("accepted_at",)),
    ("handled_in_grid", Text("网格内办理", "In the grid"), ("handled_at", "-units")),
    ("handled_by_whistle", Text("吹哨办理", "By whistle"), ("handled_at", "units")),
    ("replied", Text("反馈", "Replied"), ("replied_at",)),
    ("rated", Text("评价", "Rated"), ("satisfaction",)),
    ("satisfied", Text("满意", "Satisfied"), ("satisfaction:satisfied",)),
)
_TICKETS = (
    ("discovered", Text("点单", "Ordered"), ()),
    ("dispatched", Text("派单", "Dispatched"), ("dispatched_at",)),
    ("accepted", Text("落单", "Accepted"), ("accepted_at",)),
    ("looked_up", Text("查单", "Looked up"), ("looked_up_at",)),
    ("rated", Text("评单", "Rated"), ("satisfaction",)),
)


def _funnel_needs(scope: Scope) -> Needs:
    return {"funnel": scope.need("funnel", 1.0, level="county", period=scope.month)}


def _funnel(scope: Scope, given: Given) -> Shown:
    row = whole(given["funnel"])
    if row is None or not row.discovered:
        return {"steps": [], "bands": [], "whistled": None}
    counted = {name: getattr(row, name, 0) for name, _, _ in _STEPS}
    counted["handled_by_whistle"] = row.handled - row.handled_in_grid
    sums = scope.opened("funnel", period=scope.month, level=scope.child_level)
    steps = [
        Step(name, title, counted[name], share(counted[name], row.discovered),
             scope.leads(scope.opened("cases", where, period=scope.month), sums))
        for name, title, where in _STEPS
    ]  # fmt: skip
    whistled = scope.leads(scope.opened("cases", ["whistled_at"], period=scope.month), sums)
    return {
        "steps": steps,
        "bands": bands([step.value for step in steps]),
        "whistled": Step(
            "whistled", Text("吹哨", "Whistled"), row.whistled, share(row.whistled, row.discovered), whistled
        ),
    }


def _tickets_needs(scope: Scope) -> Needs:
    return {"tickets": scope.need("five-tickets", 1.0, period=scope.month, by=("day",))}


def _tickets(scope: Scope, given: Given) -> Shown:
    row = whole(given["tickets"])
    told = {one.day: one for one in parts(given["tickets"])}
    days = [told.get(day) for day in _days(scope.moment.day, scope.moment.day.day)]
    sums = scope.opened("five-tickets", period=scope.month, by=("place",), level=scope.child_level)
    shares = {"dispatched": "dispatched_share", "accepted": "accepted_share", "rated": "rated_share"}
    steps = [
        Step(
            name, title, getattr(row, name),
            getattr(row, shares[name]) if name in shares else share(row.looked_up, row.discovered),
            scope.leads(scope.opened("cases", where, period=scope.month), sums),
            [getattr(day, name) if day else 0 for day in days],
        )
        for name, title, where in _TICKETS
    ] if row else []  # fmt: skip
    satisfied = scope.leads(scope.opened("cases", ["satisfaction:satisfied"], period=scope.month), sums)
    return {
        "tickets": steps,
        "satisfied": row and row.satisfied,
        "share": row and row.satisfied_share,
        "href": satisfied,
    }


def _rates_needs(scope: Scope) -> Needs:
    return {"rates": scope.need("rates", 5.0, period=scope.month, level=scope.child_level)}


def _rates(scope: Scope, given: Given) -> Shown:
    rated = [row for row in parts(given["rates"]) if row.valid and row.subject != scope.subject and row.subject]
    return {
        "row": whole(given["rates"]),
        "places": sorted(rated, key=lambda row: row.score)[:RATED_PLACES],
        "href": scope.opened("rates", period=scope.month, level=scope.child_level),
    }


def _trend_needs(scope: Scope) -> Needs:
    """What strangers may not see says more: of each day's cases, how many are handled by now."""
    period = scope.moment.days(TREND_DAYS)
    return {
        "tickets": scope.need("five-tickets", 2.0, period=period, by=("day",)),
        "kinds": scope.need("cases-by-kind", 2.0, period=period, by=("day",)),
        "categories": scope.need("cases-by-kind", 5.0, period=period, by=("category",)),
    }


def _trend(scope: Scope, given: Given) -> Shown:
    period = scope.moment.days(TREND_DAYS)
    rows = {row.day: row for row in parts(given["kinds"] or given["tickets"])}
    has_handled = given["kinds"] is not None
    days = [
        (day, row.discovered if row else 0, (row.handled if row else 0) if has_handled else None, _of_day(scope, day))
        for day, row in ((day, rows.get(day)) for day in _days(scope.moment.day, TREND_DAYS))
    ]
    categories = sorted(parts(given["categories"]), key=lambda row: -row.discovered)[:3]
    return {
        "days": days,
        "received": sum(day[1] for day in days),
        "handled": sum(day[2] or 0 for day in days) if has_handled else None,
        "categories": list(_kinds(scope, categories)),
        "href": scope.opened("five-tickets", period=period, by=("day",)),
    }


def _days(last: date, count: int) -> list[date]:
    return [last - timedelta(days=before) for before in range(count - 1, -1, -1)]


def _of_day(scope: Scope, day: date) -> str:
    sums = scope.opened("funnel", period=day.isoformat(), level=scope.child_level)
    return scope.leads(scope.opened("cases", period=day.isoformat()), sums)


def _kinds(scope: Scope, rows: list[Any]) -> Iterator[tuple[str, int, str]]:
    for row in rows:
        where = [f"category:{row.category}"] if row.category else ["-category"]
        yield row.category, row.discovered, scope.opened("cases", where, period=scope.moment.days(TREND_DAYS))


PANELS = (
    Panel("funnel", Text("诉求漏斗", "From found to satisfied"), "funnel", _funnel_needs, _funnel),
    Panel("tickets", Text("五单", "Five tickets"), "tickets", _tickets_needs, _tickets),
    Panel("rates", Text("三率", "Three rates"), "rates", _rates_needs, _rates, seconds=5.0),
    Panel("trend", Text("近三十日受理", "Received in 30 days"), "tickets", _trend_needs, _trend, seconds=2.0),
)
