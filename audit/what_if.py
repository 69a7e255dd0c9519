"""What if 试算: scores, ranks and grades as they would be under a version of a rule that nobody has adopted yet.

Both sides are asked inside one read-only transaction, so that they are of one state and nothing can be written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from projections import read
from projections.read import Answer, Inside, Period, QuestionRefused, Row, RuleUsed
from projections.read.answer import reading
from projections.rules import Preset
from projections.store.generation import current_generation

Columns = tuple[str, str | None, str | None]
"""The column of a score, of its rank and of its grade."""

_SCORES: Mapping[str, Mapping[str, Columns]] = {
    "unit_assessment": {"ongoing": ("total", "rank", "grade"), "final": ("final", "final_rank", "final_grade")},
    "credit": {"ongoing": ("total", "rank", "grade"), "final": ("final", "final_rank", "final_grade")},
    "three_rates": {"rates": ("score", None, None)},
    "workload": {"month": ("score", None, None)},
}
"""Which scores a rule decides."""


class Move(Struct, frozen=True, kw_only=True):
    """One score before and after; `rank_delta` is positive for who rises. None where there is no score or rank."""

    before: float | None
    after: float | None
    delta: float | None
    rank_before: int | None = None
    rank_after: int | None = None
    rank_delta: int | None = None
    grade_before: str | None = None
    grade_after: str | None = None

    @property
    def is_change(self) -> bool:
        """Whether anything of it is another."""
        return (self.before, self.rank_before, self.grade_before) != (self.after, self.rank_after, self.grade_after)


class Moved(Struct, frozen=True, kw_only=True):
    """What changes for a unit or place; `subject` is None for the whole county."""

    subject: str | None
    name: str | None
    moves: dict[str, Move]


class WhatIf(Struct, frozen=True, kw_only=True):
    """Rows of all whom the rule scores, the greatest change first; `changed` of them are scored otherwise."""

    proposed: RuleUsed
    in_force: RuleUsed
    period: Period
    as_of: datetime
    generation: str
    rows: list[Moved]
    changed: int
    is_cut: bool


def what_if(
    connection: Any, proposed: Preset[Any], period: Period, as_of: datetime, place: str | None = None
) -> WhatIf:
    """Before and after, over the current tables. `place` as for the read model that shows the scores.

    Raises `QuestionRefused` for a rule that scores nothing, `StoreUnsound` where there are no tables.
    """
    if proposed.rule not in _SCORES:
        raise QuestionRefused(
            f"规则 {proposed.rule} 不直接产生得分，无法试算 · the rule {proposed.rule} makes no score to compare",
            f"可试算 · Those that do: {', '.join(_SCORES)}.",
        )
    generation = current_generation(connection)
    with reading(connection, generation) as cursor:
        before = _asked(cursor, generation, proposed.rule, None, period, as_of, place)
        after = _asked(cursor, generation, proposed.rule, proposed, period, as_of, place)
    rows = sorted(_moved(proposed.rule, before, after), key=_by_change)
    return WhatIf(
        proposed=_used(after, proposed.rule), in_force=_used(before, proposed.rule), period=period, as_of=as_of,
        generation=generation, rows=rows, changed=sum(any(map(_is_change, row.moves.values())) for row in rows),
        is_cut=before.is_cut or after.is_cut,
    )  # fmt: skip


def _asked(
    cursor: Any, generation: str, name: str, rule: Preset[Any] | None, period: Period, as_of: datetime,
    place: str | None,
) -> Answer[Any]:  # fmt: skip
    tables, rest = Inside(cursor), (generation,)
    match name:
        case "credit":
            return read.units(
                tables, *rest, place=place, period=period, credit=rule, as_of=as_of, limit=read.MOST_ROWS
            )
        case "three_rates":
            return read.rates(tables, *rest, place=place, period=period, rule=rule, as_of=as_of, limit=read.MOST_ROWS)
        case "workload":
            return read.grids(tables, *rest, place=place, period=period, rule=rule, as_of=as_of, limit=read.MOST_ROWS)
        case _:
            return read.units(tables, *rest, place=place, period=period, rule=rule, as_of=as_of, limit=read.MOST_ROWS)


def _moved(rule: str, before: Answer[Any], after: Answer[Any]) -> Iterator[Moved]:
    earlier, later = ({row.subject: row for row in answer} for answer in (before, after))
    for subject, row in (earlier | later).items():
        sides = earlier.get(subject), later.get(subject)  # another window may rate another place
        moves = {name: _move(*sides, columns) for name, columns in _SCORES[rule].items()}
        yield Moved(subject=subject, name=row.name, moves=moves)


def _move(old: Row | None, new: Row | None, columns: Columns) -> Move:
    (before, after), ranks, grades = ((_of(old, name), _of(new, name)) for name in columns)
    return Move(
        before=before, after=after, delta=None if None in (before, after) else round(after - before, 2),
        rank_before=ranks[0], rank_after=ranks[1], rank_delta=None if None in ranks else ranks[0] - ranks[1],
        grade_before=grades[0], grade_after=grades[1],
    )  # fmt: skip


def _of(row: Row | None, name: str | None) -> Any:
    return getattr(row, name) if row and name else None


def _is_change(move: Move) -> bool:
    return move.is_change


def _by_change(row: Moved) -> tuple[float, float, str]:
    """By the score, then by the rank, then whose score came or went."""
    moves = row.moves.values()
    return (
        -max(abs(move.delta or 0) for move in moves),
        -max(abs(move.rank_delta or 0) + move.is_change for move in moves),
        row.subject or "",
    )


def _used(answer: Answer[Any], rule: str) -> RuleUsed:
    return next(one for one in answer.rules if one.rule == rule)
