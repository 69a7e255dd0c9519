"""A check, and what it finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from msgspec import Struct

from shanzhi.doctor.scene import Scene

State = Literal["ok", "notice", "bad", "unknown"]


class Finding(Struct, frozen=True):
    """What a check found. `bad` has the exit code that a process ends with for that reason; a `notice` is something
    to know, or to do some day; `unknown` could not be asked, because of what another check says."""

    state: State
    what: str
    remedy: str = ""
    exit_code: int = 0
    figures: dict[str, Any] = {}


class Check(NamedTuple):
    """A named check with its remedy, and the names of those that have to be well before it can be asked at all."""

    name: str
    title: str
    needs: frozenset[str]
    remedy: str
    look: Callable[[Scene], Finding]


def check(name: str, title: str, *needs: str, remedy: str) -> Callable[[Callable[[Scene], Finding]], Check]:
    """Makes a check of a function; it is found by standing in a file of `examination.THEMES`. `remedy` is said with
    each finding to act upon that brings none of its own."""

    def declared(look: Callable[[Scene], Finding]) -> Check:
        return Check(name, title, frozenset(needs), remedy, look)

    return declared


def ok(what: str, **figures: Any) -> Finding:
    """Nothing to do."""
    return Finding("ok", what, figures=figures)


def notice(what: str, remedy: str = "", /, **figures: Any) -> Finding:
    """To know, or to do some day."""
    return Finding("notice", what, remedy, figures=figures)


def bad(what: str, exit_code: int, remedy: str = "", /, **figures: Any) -> Finding:
    """To do now."""
    return Finding("bad", what, remedy, exit_code, figures)
