"""What a family declares so that its tallies and entities can be asked for: boards, books and questions.

A board sums a tally by place at any level, by unit, by person, by day, month or year; a book lists entities; a
question is a function of its own. `projections.read.board` and `.book` answer what is declared here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from projections.family import Tally

Level = Literal["county", "town", "community", "estate", "building", "grid", "party_household"]
Tree = Literal["today", "then"]
LEVELS: tuple[str, ...] = get_args(Level)
TREES: tuple[str, ...] = get_args(Tree)


@dataclass(frozen=True)
class Ratio:
    """One measure as a share of another, both sums of the same rows."""

    part: str
    whole: str
    title: str


@dataclass(frozen=True)
class Distinct:
    """How many different values of a key column have a measure above 0: people are never summed over days."""

    column: str
    measure: str
    title: str


@dataclass(frozen=True, eq=False)
class Board:
    """A tally's question. `titles` names the measures that are shown, in Chinese and in order.

    Which filters and groupings it has follows from the names of the tally's key columns: `place`, `community`,
    `estate` and `grid` are places and roll up, `unit` and `person` (or `party`) are parties, `day` is the day; any
    other column can be grouped by, and `columns` names it in Chinese (the person or party too, where it is a
    certain one). `first` is what it is grouped by where nobody says: without it the first that it has.
    """

    name: str
    title: str
    tally: Tally
    titles: Mapping[str, str]
    ratios: Mapping[str, Ratio] = field(default_factory=dict)
    distinct: Mapping[str, Distinct] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    first: str | None = None


@dataclass(frozen=True, eq=False)
class Book:
    """A list of a family's entities. `titles` names its columns: fields of the state, or names in `computed`.

    `at` is the field by which periods choose and rows are ordered, newest first. `places`, `units` and `persons` are
    the fields that those filters look into (a field that holds a list counts where any of it does). `computed` are
    SQL expressions over `entity` (the row) and `%(as_of)s`; `only` is a condition that every row fulfils.
    """

    name: str
    title: str
    family: str
    titles: Mapping[str, str]
    at: str
    places: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()
    computed: Mapping[str, str] = field(default_factory=dict)
    only: str = "true"


@dataclass(frozen=True)
class Question:
    """A question with SQL of its own: `ask(connection, generation, *, place, unit, person, period, as_of, limit …)`.

    Which of these filters it has is read from the function's parameters.
    """

    name: str
    title: str
    ask: Callable[..., Any]


ReadModel = Board | Book | Question
