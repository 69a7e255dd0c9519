"""Scores: the same read model over the tables, and over tables that the ledger's events alone make.

What an entity gives to a score is what the score would lose without it, by the same SQL function once more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from audit.explain.explanation import Contribution, Explanation, Figure, RuleInForce, Told
from audit.explain.page import Page
from audit.explain.question import ScoreQuestion
from audit.explain.reach import reached
from audit.explain.scored import Scored, scored
from audit.explain.scratch import filled, scratch_tables, without
from audit.explain.streams import Ledger
from projections.family import State
from projections.read import QuestionRefused
from projections.rules import adopted

_REGISTER = ("place", "rule", "unit")
"""Families that a score only looks things up in: nothing of it would be counted less without one of them."""


class _Read(NamedTuple):
    """An entity as it was read again; `state` is None where nothing stands."""

    state: State | None
    told: list[Told]
    events: int


def explain_scores(
    cursor: Any, generation: str, ledger: Ledger, questions: Sequence[ScoreQuestion], page: Page
) -> list[Explanation]:
    """The scores of units, places, grids or people, one after another in the same scratch tables."""
    if not questions:
        return []
    with scratch_tables(cursor) as schema:
        return [_explained(cursor, generation, schema, ledger, question, page) for question in questions]


def _explained(
    cursor: Any, generation: str, schema: str, ledger: Ledger, question: ScoreQuestion, page: Page
) -> Explanation:
    stands = scored(cursor, generation, question)
    read = {
        stream.subject: _Read(stream.state, stream.told(page.events), len(stream.standing))
        for stream in ledger.refold(reached(cursor, generation, question, stands.rules))
        if stream.standing
    }
    with filled(cursor, schema, {subject: one.state for subject, one in read.items() if one.state is not None}):
        again = scored(cursor, schema, question)
        shown = sorted(read, key=lambda subject: (subject.partition("/")[0] in _REGISTER, subject))[: page.entities]
        given = {
            subject: dict(_given(cursor, schema, question, again, subject, read[subject].state))
            for subject in shown[: page.weighed]
        }
    entities = [
        Contribution(
            subject=subject, gives=given.get(subject), events=read[subject].told, events_total=read[subject].events
        )
        for subject in shown
    ]
    figures = _figures(stands, again)
    if not figures:
        raise QuestionRefused(
            f"{' '.join(stands.of.values())}：没有可解释的 · there is nothing to explain",
            "换一个编号或时段 · Ask for another id or period: shanzhi show",
        )
    differences = list(_differences(stands, again, figures))
    return Explanation(
        what=stands.what, of=stands.of, generation=generation, until=ledger.until, as_of=question.as_of,
        rules=_rules(cursor, generation, question, stands), figures=figures, terms=stands.terms, entities=entities,
        entities_total=len(read), events_total=sum(one.events for one in read.values()),
        differences=differences, equal=not differences,
    )  # fmt: skip


def _given(
    cursor: Any, schema: str, question: ScoreQuestion, whole: Scored, subject: str, state: State | None
) -> Iterator[tuple[str, Any]]:
    if state is not None and subject.partition("/")[0] not in _REGISTER:
        with without(cursor, schema, subject, state):
            rest = scored(cursor, schema, question)
        yield from _lost(whole, rest)


def _lost(whole: Scored, rest: Scored) -> Iterator[tuple[str, Any]]:
    """Terms as numerator/denominator, figures that are numbers by their difference."""
    others = {term.name: term for term in rest.terms}
    for term in whole.terms:
        other = others.get(term.name)
        numerator = term.numerator - (other.numerator if other else 0)
        denominator = term.denominator - (other.denominator if other else 0)
        if numerator or denominator:
            yield term.name, f"{numerator:g}/{denominator:g}"
    for name, value in whole.figures.items():
        less = round((value or 0) - (rest.figures.get(name) or 0), 6) if name in whole.summed else 0
        if less:
            yield name, less


def _figures(stands: Scored, again: Scored) -> list[Figure]:
    names = [*stands.figures, *(name for name in again.figures if name not in stands.figures)]
    titles = {**again.titles, **stands.titles}
    return [
        Figure(
            name=name, title=titles.get(name, name), value=stands.figures.get(name),
            recomputed=again.figures.get(name), is_compared=name not in stands.by_others,
        )
        for name in names
    ]  # fmt: skip


def _differences(stands: Scored, again: Scored, figures: list[Figure]) -> Iterator[str]:
    for one in figures:
        if not one.equal:
            yield f"{one.name}: 表中 in the tables {one.value}，总账 by the ledger {one.recomputed}"
    for what, here, there in (("term", stands.terms, again.terms), ("rule", list(stands.rules), list(again.rules))):
        for number in range(max(len(here), len(there))):
            sides = [msgspec.json.encode(part[number : number + 1]).decode() for part in (here, there)]
            if sides[0] != sides[1]:
                yield f"{what}: 表中 in the tables {sides[0]}，总账 by the ledger {sides[1]}"


def _rules(cursor: Any, generation: str, question: ScoreQuestion, stands: Scored) -> list[RuleInForce]:
    found = []
    for used in stands.rules:
        versions = [
            one for one in adopted(cursor, generation, used.rule)
            if one.preset and one.effective_from <= question.period.starts
        ]  # fmt: skip
        since = versions[-1] if versions else None
        found.append(
            RuleInForce(
                rule=used.rule, name=used.name, version=used.version, title=used.title,
                effective_from=since.effective_from if since else None,
                adopted_by=since.adopted_by if since else None,
            )
        )  # fmt: skip
    return found
