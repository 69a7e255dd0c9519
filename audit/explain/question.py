"""What can be asked to be explained: a cell of a tally, or a score of a unit, place, grid or person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from difflib import get_close_matches

from msgspec import Struct

from projections.families import TALLIES
from projections.family import Tally
from projections.read import Period, QuestionRefused

_BY_NAME = {tally.name: tally for tally in TALLIES}


class CellQuestion(Struct, frozen=True):
    """One row of a tally; `measure` asks for one of its sums alone."""

    tally: Tally
    key: tuple[str | date, ...]
    measure: str | None = None


class UnitQuestion(Struct, frozen=True):
    """驻区单位协同考核: a unit's score over whole months. `as_of` as for `projections.read.units`."""

    unit: str
    period: Period
    as_of: datetime


class RatesQuestion(Struct, frozen=True):
    """接诉即办三率 of a place and all below it, by the call-back windows of a period."""

    place: str
    period: Period
    as_of: datetime


class GridQuestion(Struct, frozen=True):
    """网格工作量: what a grid, or another place, carries now, and the score of its months."""

    grid: str
    period: Period
    as_of: datetime


class PersonQuestion(Struct, frozen=True):
    """一事一记: a person's services of a period, the hours and points that they earn."""

    person: str
    period: Period
    as_of: datetime


ScoreQuestion = UnitQuestion | RatesQuestion | GridQuestion | PersonQuestion
Question = CellQuestion | ScoreQuestion


def cell_question(name: str, key: Mapping[str, str], measure: str | None = None) -> CellQuestion:
    """The question for a cell by the names of its tally, key columns and measure. Raises `QuestionRefused`."""
    tally = _BY_NAME.get(name.removeprefix("tally_"))
    if tally is None:
        near = get_close_matches(name, _BY_NAME, n=3, cutoff=0.4) or sorted(_BY_NAME)[:10]
        what = f"没有“{name}”这张统计表 · there is no tally {name}"
        raise QuestionRefused(what, f"例如 · Such as {', '.join(near)}.")
    if key.keys() != {*tally.key}:
        raise QuestionRefused(
            f"统计表 {tally.name} 的格子由 {', '.join(tally.key)} 指定 · a cell is named by all of these",
            f"例如 · For example: {tally.name} {' '.join(f'{one}={_example(one)}' for one in tally.key)}",
        )
    if measure not in (None, *tally.measures):
        raise QuestionRefused(
            f"统计表 {tally.name} 没有 {measure} 这一项 · it has no such measure",
            f"有 · It has {', '.join(tally.measures)}.",
        )
    return CellQuestion(tally, tuple(_value(one, key[one]) for one in tally.key), measure)


def _example(column: str) -> str:
    return "2024-03-05" if column == "day" else "…"


def _value(column: str, text: str) -> str | date:
    if column != "day":
        return text
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise QuestionRefused(f"“{text}” 不是日期 · is no day", "写成 2024-03-05 · Write it as 2024-03-05.") from None
