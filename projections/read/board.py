"""Boards: the sums of one tally by place at any level, by unit, by person, by any other key, by day, month or year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, cast

from msgspec import defstruct

from projections.family import day_of
from projections.read.answer import LIMIT, Answer, Row, answer_of, arguments_of, asked, freshness, plain_rows, reading
from projections.read.board_sql import columns_of, statement
from projections.read.declared import LEVELS, TREES, Board
from projections.read.models import of_kind
from projections.read.period import Period, QuestionRefused

_TITLES = {"place": "地点编号", "unit": "单位编号", "person": "人员编号", "day": "日", "month": "月", "year": "年"}
_NAME_TITLES = {"place": "地点", "unit": "单位"}


def board_options(board: Board) -> tuple[str, ...]:
    """The options of `board` that this one takes."""
    columns = columns_of(board)
    of_places = ("level", "tree") if "place" in columns.roles else ()
    return (*columns.roles, *of_places, "by", *(("period",) if columns.has_days else ()), "as_of", "limit")


def board(
    connection: Any,
    generation: str,
    name: str | Board,
    *,
    place: str | None = None,
    level: str | None = None,
    unit: str | None = None,
    person: str | None = None,
    by: Sequence[str] | None = None,
    period: str | Period | None = None,
    tree: str | None = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[Any]:
    """The sums of a board over all days or a period, the whole first, then each group.

    `place` counts what lies there or below. `by` are place (at `level`, community by default), unit, person, other
    key columns, day, month or year; where it is left out, the one that the board is named for.
    `tree`: `today`, or `then`: where each place stood at the end of the row's own day (a board without days: of
    `as_of`'s). Places that no place of the level holds, and unknown ones, keep a row of their own.
    Raises `QuestionRefused`.
    """
    model = of_kind(Board, name)
    question = asked(period, as_of, limit, always=False)
    parties = {"place": place, "unit": unit, "person": person}
    _check(model, {**parties, "level": level, "tree": tree, "period": period})
    groups = _groups(model, by)
    told = statement(
        model, groups, tree=tree or "today", has_period=period is not None,
        filters=[party for party, wanted in parties.items() if wanted is not None],
    )  # fmt: skip
    arguments = {**parties, "level": level or "community", "today": day_of(question.as_of)}
    kind = board_row(model, groups)
    with reading(connection, generation) as cursor:
        cursor.execute(told, arguments_of(question, **arguments))
        rows = [kind(**row) for row in plain_rows(cursor)]
        fresh = freshness(cursor, question.as_of)
    return answer_of(generation, question, rows, fresh)


@cache
def board_row(board: Board, groups: tuple[str, ...]) -> type[Row]:
    """The type of a board's rows: the groups with the names of places and units, then measures and shares."""
    titles: dict[str, str] = {}
    for group in groups:
        titles[group] = _title(board, group)
        if group in _NAME_TITLES:
            titles[f"{group}_name"] = _NAME_TITLES[group]
    titles |= board.titles
    titles |= {name: ratio.title for name, ratio in board.ratios.items()}
    titles |= {name: distinct.title for name, distinct in board.distinct.items()}
    of_place = ("place_level", "place_parent") if "place" in groups else ()
    fields = [(name, Any) for name in ("is_overall", "is_registered", *of_place, *titles)]
    named = f"{board.name.title().replace('-', '')}Row"
    return cast(type[Row], defstruct(
        named, fields, bases=(Row,), namespace={"titles": titles}, frozen=True, kw_only=True
    ))  # fmt: skip


def _title(board: Board, group: str) -> str:
    """Who a `party` is only the board can say."""
    if group == "person" and (own := board.columns.get(columns_of(board).roles["person"])):
        return own
    return _TITLES.get(group) or board.columns.get(group, group)


def _groups(board: Board, by: Sequence[str] | None) -> tuple[str, ...]:
    known = columns_of(board).groupings
    groups = tuple(by if by is not None else (board.first or known[0],))
    for group in groups:
        _one_of("grouping", group, known)
    if len(set(groups)) < len(groups):
        raise QuestionRefused(f"{', '.join(groups)} names a grouping twice", "Name each once.")
    return groups


def _check(board: Board, given: Mapping[str, object]) -> None:
    options = board_options(board)
    for option, value in given.items():
        if value is not None and option not in options:
            raise QuestionRefused(f"{board.name} takes no {option}", f"It takes {', '.join(options)}.")
    _one_of("level", given["level"] or LEVELS[0], LEVELS)
    _one_of("tree", given["tree"] or TREES[0], TREES)


def _one_of(what: str, value: object, known: Sequence[str]) -> None:
    if value not in known:
        raise QuestionRefused(f"There is no {what} {value} here", f"Choose one of {', '.join(known)}.")
