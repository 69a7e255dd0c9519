"""滚动: the latest events, with whom they are about left out; of a past day what was counted on it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from readers.language import Text
from readers.wall.answers import Need
from readers.wall.happenings import Happening
from readers.wall.panel import Given, Needs, Panel, Shown, whole
from readers.wall.scope import Scope
from readers.wall.sources import HAPPENINGS
from readers.wall.tree import LEVELS

SHOWN = 24
_WITHHELD = frozenset({"camera", "care", "curtain", "person"})
"""Families of which strangers are not told: a household could be guessed."""
_MACHINERY = frozenset({"notice", "period", "publisher", "rule", "service"})


class Line(NamedTuple):
    """One event as a line."""

    happening: Happening
    place: str | None
    href: str


class Count(NamedTuple):
    """What one tally says of a day."""

    name: str
    title: Text
    value: int
    href: str


_DAILY = (
    ("visit-board", "visits", Text("走访", "Visits"), "visits"),
    ("patrol-board", "patrols", Text("巡查", "Patrols"), "patrols"),
    ("hazard-board", "found", Text("发现隐患", "Hazards found"), "hazards"),
    ("mediation-board", "opened", Text("受理纠纷", "Disputes"), "mediations"),
    ("wish-board", "made", Text("征集心愿", "Wishes"), "wishes"),
    ("order-board", "placed", Text("点单", "Orders"), "orders"),
    ("topic-board", "collected", Text("收集议题", "Topics"), "topics"),
    ("application-board", "filed", Text("窗口申请", "Applications"), "applications"),
    ("duty-board", "served", Text("双服务", "Services"), "duties"),
    ("act-board", "acts", Text("志愿服务", "Volunteer acts"), "acts"),
    ("activity-board", "planned", Text("活动", "Activities"), "activities"),
    ("conference-board", "held", Text("会议", "Conferences"), "conferences"),
)
"""What is counted by day: the board, its measure, and the book whose rows it counts."""


def _needs(scope: Scope) -> Needs:
    if scope.moment.is_standing:
        return {"events": Need(HAPPENINGS, (), 0.5)}
    day = scope.moment.day.isoformat()
    counts = {board: scope.need(board, 60.0, period=day, by=()) for board, _, _, _ in _DAILY}
    return {"events": counts[_DAILY[0][0]], **counts}


def _shape(scope: Scope, given: Given) -> Shown:
    if not scope.moment.is_standing:
        return {"lines": [], "counts": list(_counts(scope, given))}
    below = {one.subject for one in scope.tree.below(scope.subject)}
    inside = None if scope.subject is None else below | {scope.subject}
    told = (
        Line(one, _name(scope, one.place), f"/entities/{one.subject}")
        for one in given["events"] or ()
        if _is_told(scope, one) and (inside is None or one.place in inside)
    )
    return {"lines": list(islice(told, SHOWN)), "counts": []}


def _is_told(scope: Scope, one: Happening) -> bool:
    until = scope.moment.as_of
    is_hidden = one.family in _MACHINERY or (one.family in _WITHHELD and not scope.sees)
    return not is_hidden and (until is None or one.time <= until)


def _counts(scope: Scope, given: Given) -> Iterator[Count]:
    day = scope.moment.day.isoformat()
    for board, measure, title, book in _DAILY:
        value = getattr(whole(given[board]), measure, 0)
        sums = scope.opened(board, period=day, by=("place",), level=scope.child_level)
        yield Count(f"{board}.{measure}", title, value, scope.leads(scope.opened(book, period=day), sums))


def _name(scope: Scope, subject: str | None) -> str | None:
    """Strangers are told the community at the lowest."""
    path = scope.tree.path(subject) if subject else ()
    lowest = LEVELS.index("grid" if scope.sees else "community")
    names = [place.name for place in path if place.level in LEVELS and LEVELS.index(place.level) <= lowest]
    return names[-1] if names else None


PANELS = (Panel("events", Text("滚动", "Latest"), "events", _needs, _shape),)
