"""Panels as HTML, kept for as long as their answers are the same ones: a wall that is quiet costs next to nothing."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any, NamedTuple

from markupsafe import Markup
from starlette.requests import Request

from readers.language import language_of
from readers.rendering import page
from readers.wall import drawing
from readers.wall.scope import Scope
from readers.wall.wall import Filled

KEPT = 600


class _Kept(NamedTuple):
    """`answers` are held, so that no other object comes to stand where they stood."""

    scope: Scope
    answers: list[Any]
    flags: tuple[bool, bool]
    html: Markup


class Drawn:
    """Thread-safe. Of a place one day is kept, the one that was drawn last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Any, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def html(self, request: Request, filled: Filled) -> Markup:
        """The panel in the language of the request. It shows nothing of who asks but what the scope says."""
        answers = list(filled.given.values()) if filled.given is not None else []
        flags = (filled.is_waiting, filled.is_stale)
        scope = filled.scope
        key = (filled.panel.name, scope.subject, scope.sees, scope.is_county, language_of(request))
        with self._lock:
            kept = self._kept.get(key)
            if (
                kept
                and filled.given is not None
                and (kept.scope, kept.flags) == (scope, flags)
                and _is_same(kept.answers, answers)
            ):
                self._kept.move_to_end(key)
                return kept.html
        html = Markup(bytes(_page(request, filled).body).decode())
        with self._lock:
            self._kept[key] = _Kept(scope, answers, flags, html)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return html


def _page(request: Request, filled: Filled) -> Any:
    return page(request, "wall/panel.html", one=filled, shown=filled.shown, scope=filled.scope, draw=drawing)


def _is_same(one: list[Any], other: list[Any]) -> bool:
    return len(one) == len(other) and all(first is second for first, second in zip(one, other, strict=True))
