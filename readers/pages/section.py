"""What a role's page is made of: sections, each the rows of a read model with what may be done about each row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from projections.family import SHANGHAI
from readers.accounts.login import Grant, Login, Role
from readers.language import Text

Row = Any
MOST_ROWS = 60
FEW_ROWS = 6
"""So many stand on the page of all sections; the others on the section's own page."""
NOTHING = Text("没有待办", "Nothing to do")
ASKED_ROWS = 2_000
"""So many are asked for where `keep` chooses among them."""


@dataclass(frozen=True)
class Asking:
    """Who looks, by which grant, and when by the county's time."""

    login: Login
    grant: Grant
    now: datetime

    @property
    def today(self) -> str:
        """The day in Asia/Shanghai: `2024-05-11`."""
        return self.now.astimezone(SHANGHAI).date().isoformat()


@dataclass(frozen=True)
class Action:
    """A form about a row. `preset` gives inputs by name from the row; `when` says for which rows it makes sense."""

    type: str
    words: Text | None = None
    preset: Callable[[Row, Asking], Mapping[str, str]] = lambda row, asking: {}
    when: Callable[[Row, Asking], bool] = lambda row, asking: True
    subject: Callable[[Row], str | None] = lambda row: row.subject


@dataclass(frozen=True)
class Section:
    """The rows of `model` asked with `options`, as cards: `head` is what a card is called, `columns` its lines.

    `keep` chooses among rows (it sees at most `ASKED_ROWS`), `order` sorts them; `empty` is said where there is none.
    """

    name: str
    title: Text
    model: str
    head: str
    columns: tuple[str, ...]
    options: Callable[[Asking], Mapping[str, Any]]
    actions: tuple[Action, ...] = ()
    keep: Callable[[Row, Asking], bool] | None = None
    order: Callable[[Row], Any] | None = None
    empty: Text = NOTHING
    hint: Text | None = None


@dataclass(frozen=True)
class Fresh:
    """A form for something new, as a large button; `preset` from who looks. `address`: a form of the page's own."""

    type: str
    words: Text | None = None
    preset: Callable[[Asking], Mapping[str, str]] = lambda asking: {}
    address: str | None = None


@dataclass(frozen=True)
class Page:
    """The page of a role at `/<name>`."""

    name: str
    role: Role
    title: Text
    fresh: tuple[Fresh, ...]
    sections: tuple[Section, ...]

    def section(self, name: str) -> Section | None:
        """The section of a name."""
        return next((section for section in self.sections if section.name == name), None)


def at_place(asking: Asking) -> dict[str, Any]:
    """The options of whoever is for a place: what lies there or below."""
    return {"place": asking.grant.place}


def open_at_place(asking: Asking) -> dict[str, Any]:
    """As `at_place`, of what is not done yet, where a read model can be asked for that."""
    return {**at_place(asking), "is_open": True}


def of_unit(asking: Asking) -> dict[str, Any]:
    """The options of whoever is for a unit."""
    return {"unit": asking.grant.unit}


def of_person(asking: Asking) -> dict[str, Any]:
    """The options of whoever looks at what is their own."""
    return {"person": asking.login.person}
