"""The row of one unit, place, grid or person in its read model, taken apart into figures and terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import msgspec
from msgspec import Struct

from audit.explain.explanation import Term
from audit.explain.question import GridQuestion, PersonQuestion, RatesQuestion, ScoreQuestion, UnitQuestion
from projections import read
from projections.read import Answer, Inside, Level, Row, RuleUsed
from projections.read.credits import credits
from projections.rules import ThreeRates, in_force

_LISTS = ("indicators", "quarters", "terms", "workers", "communities")


class Scored(Struct, frozen=True, kw_only=True):
    """Figures by name; of these, `summed` are numbers that entities add to, `by_others` depend on other rows too."""

    what: str
    of: Mapping[str, str]
    rules: tuple[RuleUsed, ...]
    figures: Mapping[str, Any]
    titles: Mapping[str, str]
    terms: list[Term]
    summed: tuple[str, ...] = ()
    by_others: tuple[str, ...] = ()


def scored(cursor: Any, schema: str, question: ScoreQuestion) -> Scored:
    """What the read model says over the tables of a schema, without figures where it has no such row."""
    match question:
        case UnitQuestion():
            return _unit(cursor, schema, question)
        case RatesQuestion():
            return _rates(cursor, schema, question)
        case GridQuestion():
            return _grid(cursor, schema, question)
        case PersonQuestion():
            return _person(cursor, schema, question)


def _unit(cursor: Any, schema: str, question: UnitQuestion) -> Scored:
    answer = read.units(
        Inside(cursor), schema, unit=question.unit, period=question.period, as_of=question.as_of
    )
    terms = [
        Term(
            name=one.indicator, numerator=one.numerator, denominator=one.denominator, share=one.share,
            weight=one.weight, points=one.points, points_of=one.points_of,
        )
        for row in answer for one in row.indicators
    ]  # fmt: skip
    row = answer.rows[0] if answer.rows else None
    quarters = {one.quarter: msgspec.to_builtins(one) for one in row.quarters} if row else {}
    made = _made("驻区单位协同考核 · unit assessment", {"unit": question.unit}, question, answer, row, terms)
    return msgspec.structs.replace(
        made, figures={**made.figures, **quarters}, by_others=("rank", "final_rank"),
        summed=("total", "final", "joint", "bonus", "deduction", "contested"),
    )  # fmt: skip


def _rates(cursor: Any, schema: str, question: RatesQuestion) -> Scored:
    answer = read.rates(
        Inside(cursor), schema, place=question.place, level=None, period=question.period, as_of=question.as_of
    )
    rule = in_force(cursor, schema, ThreeRates, question.period.starts).parameters
    row = next(one for one in answer if one.is_overall)  # there always is one
    parts = (
        ("response", row.contacted, row.response, rule.response_weight),
        ("resolution", row.resolved, row.resolution, rule.resolution_weight),
        ("satisfaction", row.satisfied + rule.fairly_worth * row.fairly, row.satisfaction, rule.satisfaction_weight),
    )
    terms = [
        Term(
            name=name, numerator=numerator, denominator=row.valid, share=share, weight=weight,
            points=None if share is None else round(weight * share, 2), points_of=weight,
        )
        for name, numerator, share, weight in parts
    ]  # fmt: skip
    made = _made("接诉即办三率 · the three rates", {"place": question.place}, question, answer, row, terms)
    return msgspec.structs.replace(made, summed=("called", "score"))


def _grid(cursor: Any, schema: str, question: GridQuestion) -> Scored:
    level = _level(cursor, schema, question.grid)
    answer = read.grids(
        Inside(cursor), schema, place=question.grid, level=level, period=question.period, as_of=question.as_of
    )
    row = next((one for one in answer if one.subject == question.grid), None)
    terms = [
        Term(name=f"{one.part}.{one.term}", numerator=one.numerator, denominator=one.denominator, share=one.share,
             weight=one.weight)
        for one in (row.terms if row else ())
    ]  # fmt: skip
    made = _made("网格工作量 · the grid's workload", {"grid": question.grid}, question, answer, row, terms)
    return msgspec.structs.replace(made, summed=("load", "open", "overdue", "cases", "score", "bonus"))


def _level(cursor: Any, schema: str, place: str) -> Level:
    """A place is scored among those of its level, one that nobody registered as a grid."""
    cursor.execute(f"select level from {schema}.entity_place where subject = %s", (place,))
    told = cursor.fetchone()
    return next((level for level in get_args(Level) if told and level == told[0]), "grid")


def _person(cursor: Any, schema: str, question: PersonQuestion) -> Scored:
    tables, person, period = Inside(cursor), question.person, question.period
    answer = read.volunteers(tables, schema, by="person", person=person, period=period, as_of=question.as_of)
    services = credits(
        tables, schema, person=person, period=period, as_of=question.as_of, limit=read.MOST_ROWS
    )
    row = answer.rows[0] if answer.rows else None
    terms = [
        Term(name=f"{one.subject} {one.reason or one.kind}", numerator=one.minutes if one.is_credited else 0,
             denominator=one.minutes, share=None, points=one.points)
        for one in services
    ]  # fmt: skip
    made = _made("一事一记 · one act, one credit", {"person": question.person}, question, answer, row, terms)
    summed = ("acts", "confirmed", "confirmed_minutes", "credited_minutes", "points")
    return msgspec.structs.replace(made, summed=summed)


def _made(
    what: str, of: Mapping[str, str], question: ScoreQuestion, answer: Answer[Any], row: Row | None, terms: list[Term]
) -> Scored:
    columns = {} if row is None else {name: value for name, value in msgspec.to_builtins(row).items()}
    period = f"{question.period.first} – {question.period.last}"
    return Scored(
        what=what, of={**of, "period": period}, rules=answer.rules,
        figures={name: value for name, value in columns.items() if name not in _LISTS and name != "subject"},
        titles=type(row).titles if row else {}, terms=terms,
    )  # fmt: skip
