"""What a panel of the wall is: the questions it needs, and how their answers become what its template shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from projections.read import Answer
from readers.language import Text
from readers.wall.answers import Need
from readers.wall.scope import Scope

Needs = Mapping[str, Need]
Given = Mapping[str, Any]
"""Answers by the names of the needs. One that may not be seen, or did not come yet, is None."""
Shown = Mapping[str, Any]


@dataclass(frozen=True)
class Panel:
    """`seconds`: how often a wall that is open asks for it at the most. `first` is the need without which there is
    nothing to show; whoever may not see it gets no such panel."""

    name: str
    title: Text
    first: str
    needs: Callable[[Scope], Needs]
    shape: Callable[[Scope, Given], Shown]
    seconds: float = 1.0


def whole(answer: Answer[Any] | None) -> Any:
    """The row of all, None where there is none."""
    return next((row for row in answer or () if row.is_overall), None)


def parts(answer: Answer[Any] | None) -> list[Any]:
    """The rows of an answer without that of all."""
    return [row for row in answer or () if not row.is_overall]


def share(part: float | None, all_: float | None) -> float | None:
    """None where there is nothing to share."""
    return part / all_ if part is not None and all_ else None
