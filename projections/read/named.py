"""Any read model by its name and with its options: what the command line and the API put to the tables."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from projections.read.answer import Answer
from projections.read.board import board, board_options
from projections.read.board_sql import columns_of
from projections.read.book import book, book_options
from projections.read.declared import LEVELS, TREES, Board, Book, ReadModel
from projections.read.models import read_model
from projections.read.period import QuestionRefused
from projections.store.now import now_of

_NOT_OPTIONS = ("connection", "generation")


def options_of(model: ReadModel) -> tuple[str, ...]:
    """The filters and groupings that a read model takes."""
    if isinstance(model, Board):
        return board_options(model)
    if isinstance(model, Book):
        return book_options(model)
    return tuple(name for name in inspect.signature(model.ask).parameters if name not in _NOT_OPTIONS)


@cache
def choices_of(model: ReadModel) -> Mapping[str, tuple[str, ...]]:
    """The words that an option can be, for options that are not free; a board is grouped `by` several of its own."""
    if isinstance(model, Board):
        return {"level": LEVELS, "tree": TREES, "by": columns_of(model).groupings}
    if isinstance(model, Book):
        return {}
    hints = get_type_hints(model.ask)
    words = {name: tuple(_words(hints[name])) for name in options_of(model) if name in hints}
    return {name: found for name, found in words.items() if found}


def named(connection: Any, generation: str, name: str, **options: Any) -> Answer[Any]:
    """The answer of the read model of a name, as of the database's time or the injected one where nothing is said.

    Raises `QuestionRefused`, also for an option that it does not have.
    """
    model = read_model(name)
    known, choices = options_of(model), choices_of(model)
    for option, value in options.items():
        if option not in known:
            raise QuestionRefused(f"{name} takes no {option}", f"It takes {', '.join(known)}.")
        if isinstance(value, str) and value not in choices.get(option, (value,)):
            remedy = f"Choose one of {', '.join(choices[option])}."
            raise QuestionRefused(f"{name} knows no {option} {value}", remedy)
    if "as_of" in known and options.get("as_of") is None:
        with connection, connection.cursor() as cursor:
            options["as_of"] = now_of(cursor)
    if isinstance(model, Board):
        return board(connection, generation, model, **options)
    if isinstance(model, Book):
        return book(connection, generation, model, **options)
    answer: Answer[Any] = model.ask(connection, generation, **options)
    return answer


def _words(hint: Any) -> Iterator[str]:
    if get_origin(hint) is Literal:
        yield from get_args(hint)
    else:
        for part in get_args(hint):
            yield from _words(part)
