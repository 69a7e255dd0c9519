"""The figures of a place and period: what is published when the period is closed 考核期结账, as canonical JSON.

They are what the rules make of the period: the league of units, the three rates, the months of grids and what
workers did. What somebody carries at the moment is no figure of a period and is left out, as are names. The same
tables, asked as of the same moment, give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Struct

from projections import read
from projections.read import MOST_ROWS, Answer, QuestionRefused, RuleUsed, parse_period
from projections.read.snapshot import Snapshot

DIGITS = 6
"""Numbers are rounded to so many: sums of fractions may differ in the last bits with the order of rows."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "units": (
        "total", "total_uncontested", "rank", "grade", "is_ranked", "measured_weight", "contested", "indicators",
        "quarters", "joint", "joint_uncontested", "bonus", "deduction", "final", "final_uncontested", "final_rank",
        "final_grade",
    ),
    "rates": (
        "called", "valid", "contacted", "resolved", "satisfied", "fairly", "dissatisfied", "response", "resolution",
        "satisfaction", "score", "score_with_excluded", "score_without_disputed",
        "score_with_excluded_without_disputed", "valid_excluded", "valid_disputed",
    ),
    "grids": ("cases", "operation", "duty", "staff", "measured", "score", "bonus", "terms"),
    "workers": ("dispatched", "accepted", "handled"),
}  # fmt: skip
"""The read models that figures are of, and which of their columns speak of the period."""

_IDLE = {"grids": ("cases", "terms"), "workers": ("dispatched", "accepted", "handled")}


class Figures(Struct, frozen=True):
    """Rows by read model, each with its `subject`; `rules` in the order in which they were first used."""

    place: str
    period: str
    as_of: datetime
    rules: tuple[RuleUsed, ...]
    rows: dict[str, list[dict[str, Any]]]

    def encoded(self) -> bytes:
        """The canonical JSON: keys sorted, no spaces, numbers rounded."""
        return msgspec.json.encode(_rounded(msgspec.to_builtins(self)), order="sorted")


def decoded(text: bytes) -> Figures:
    """The figures of a canonical JSON."""
    return msgspec.json.decode(text, type=Figures)


def digest(text: bytes) -> str:
    """SHA-256 as 64 hex digits."""
    return sha256(text).hexdigest()


def figures(tables: Snapshot, generation: str, place: str, period: str, as_of: datetime) -> Figures:
    """The figures of whole months as of a moment. Raises `QuestionRefused`, also where there are none at all."""
    days = parse_period(period).in_whole_months()
    asked: dict[str, Any] = {"place": place, "period": days, "as_of": as_of, "limit": MOST_ROWS}
    answers: dict[str, Answer[Any]] = {name: read.named(tables, generation, name, **asked) for name in COLUMNS}
    if cut := [name for name, answer in answers.items() if answer.is_cut]:
        raise QuestionRefused(
            f"{place} {period}：{', '.join(cut)} 超过 {MOST_ROWS} 行 · more rows than that",
            "请按下级地点分别结账 · Close the places below it, each by itself.",
        )
    rows = {
        name: sorted((_figures(name, row) for row in answer if not _is_idle(name, row)), key=_order)
        for name, answer in answers.items()
    }
    is_empty = not any(row.get("called", True) for listed in rows.values() for row in listed)
    if is_empty:
        raise QuestionRefused(
            f"{place} 在 {period} 没有任何数字 · nothing was counted there and then",
            "核对地点编号和考核期 · Check the place and the period: shanzhi show places, shanzhi show grids.",
        )
    rules = dict.fromkeys(rule for answer in answers.values() for rule in answer.rules)
    return Figures(place, period, as_of, tuple(rules), rows)


def _figures(name: str, row: Any) -> dict[str, Any]:
    whole = {"is_overall": row.is_overall} if name == "rates" else {}
    told = {column: msgspec.to_builtins(getattr(row, column)) for column in COLUMNS[name]}
    return {"subject": row.subject, **whole, **told}


def _order(row: dict[str, Any]) -> tuple[bool, str]:
    """The whole first. Read models list by what is carried now, which is not of the period."""
    return not row.get("is_overall", False), row["subject"] or ""


def _is_idle(name: str, row: Any) -> bool:
    """Listed for what it carries now, and without a figure of the period."""
    return name in _IDLE and not any(getattr(row, column) for column in _IDLE[name])


def _rounded(value: Any) -> Any:
    match value:
        case float():
            return round(value, DIGITS) + 0.0  # never -0.0
        case dict():
            return {name: _rounded(one) for name, one in value.items()}
        case list() | tuple():
            return [_rounded(one) for one in value]
    return value
