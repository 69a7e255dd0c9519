"""Every read model by its name: the boards, books and questions that the modules of `boards/` declare.

Declarations are checked once, when the first question comes: a name that is used twice, or a column that the tally
or state does not have, is an error of the program and says which module is to be corrected.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import TypeVar

from projections.families import FAMILIES
from projections.read import boards
from projections.read.board_sql import columns_of
from projections.read.declared import Board, Book, Question, ReadModel
from projections.read.period import QuestionRefused

M = TypeVar("M", Board, Book, Question)
_OF_ROWS = ("is_overall", "is_registered", "place_name", "place_level", "place_parent", "unit_name")
_LISTS = ("BOARDS", "BOOKS", "QUESTIONS")


@cache
def read_models() -> Mapping[str, ReadModel]:
    """All read models, sorted by name. Raises `ValueError` for a declaration that can't be answered."""
    found: dict[str, tuple[ReadModel, str]] = {}
    for module, model in _declared():
        if model.name in found:
            raise ValueError(f"two read models are named {model.name}: in {found[model.name][1]} and in {module}")
        if wrong := complaint(model):
            raise ValueError(f"{module}: {model.name} {wrong}")
        found[model.name] = (model, module)
    return MappingProxyType({name: found[name][0] for name in sorted(found)})


def read_model(name: str) -> ReadModel:
    """The read model of a name. Raises `QuestionRefused`, which names the nearest ones."""
    models = read_models()
    if name not in models:
        near = get_close_matches(name, models, n=3, cutoff=0.5)
        raise QuestionRefused(
            f"没有“{name}”这张表 · there is no read model {name}",
            f"是不是 · Perhaps {', '.join(near)}?" if near else "全部名称 · All names: shanzhi show",
        )
    return models[name]


def of_kind(kind: type[M], name: str | M) -> M:
    """The board, book or question of a name, or the one that was given. Raises `QuestionRefused`."""
    model = read_model(name) if isinstance(name, str) else name
    if not isinstance(model, kind):
        told = type(model).__name__.lower()
        raise QuestionRefused(f"{model.name} is a {told}", f"Ask for it as a {told}.")
    return model


def _declared() -> Iterator[tuple[str, ReadModel]]:
    for one in pkgutil.iter_modules(boards.__path__):
        module = import_module(f"{boards.__name__}.{one.name}")
        for models in _LISTS:
            for model in getattr(module, models, ()):
                yield module.__name__, model


def complaint(model: ReadModel) -> str | None:
    """What a declaration names that is not there, or twice; None where it can be answered."""
    if isinstance(model, Board):
        return _complaint_of_board(model)
    return _complaint_of_book(model) if isinstance(model, Book) else None


def _complaint_of_board(board: Board) -> str | None:
    if board.first not in (None, *columns_of(board).groupings):
        return f"comes by {board.first}, which it can't be grouped by"
    measures = {*board.titles, *(name for one in board.ratios.values() for name in (one.part, one.whole))}
    measures |= {one.measure for one in board.distinct.values()}
    columns = {*board.columns, *(one.column for one in board.distinct.values())}
    if unknown := (measures - {*board.tally.measures}) | (columns - {*board.tally.key}):
        return f"names {', '.join(sorted(unknown))}, which {board.tally.name} does not have"
    shown = [*board.titles, *board.ratios, *board.distinct, *columns_of(board).groupings, *_OF_ROWS]
    twice = {name for name in shown if shown.count(name) > 1}
    return f"names {', '.join(sorted(twice))} twice: rows have one column of a name" if twice else None


def _complaint_of_book(book: Book) -> str | None:
    family = FAMILIES.get(book.family)
    if family is None:
        return f"is of the family {book.family}, which there is not"
    named = {*book.titles, book.at, *book.places, *book.units, *book.persons}
    unknown = named - {"subject", *book.computed, *family.state.__struct_fields__}
    return f"names {', '.join(sorted(unknown))}, which the state of {book.family} does not have" if unknown else None
