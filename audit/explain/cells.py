"""Cells of tallies: who contributes what by the tables, and what the same entities contribute by the ledger.

Contributors are sought in the family's table by what the fold itself says that each row contributes, so that no
tally needs a query of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from audit.explain.explanation import Contribution, Explanation, Figure, Told
from audit.explain.page import Page
from audit.explain.question import CellQuestion
from audit.explain.streams import Ledger
from projections import read
from projections.families import FAMILIES
from projections.family import Family, State, Tally
from projections.store.columns import entity_table

CONTRIBUTORS = "contributors"
ROWS_AT_ONCE = 2_000

Key = tuple[str | date, ...]
Cell = tuple[Tally, Key]
Sums = tuple[int, ...]
"""The measures of a cell in their order, and how many shares make it."""


class _Given(NamedTuple):
    """What one entity gives to a cell, by the tables and by the ledger, and the first of its `events` events."""

    subject: str
    by_tables: Sums
    by_ledger: Sums
    told: list[Told]
    events: int


def explain_cells(
    cursor: Any, generation: str, ledger: Ledger, questions: Sequence[CellQuestion], page: Page
) -> list[Explanation]:
    """One explanation for each question; a stream that several of the cells need is read once."""
    wanted = {(one.tally, one.key) for one in questions}
    found: dict[Cell, dict[str, Sums]] = {cell: {} for cell in wanted}
    for family in FAMILIES.values():
        own = {cell for cell in wanted if cell[0] in family.tallies}
        for subject, state in _candidates(cursor, generation, family, own):
            for cell, sums in shares_of(family, state, own).items():
                found[cell][subject] = sums
    given = _read_again(ledger, found, page)
    return [_explained(cursor, generation, ledger, one, given[one.tally, one.key], page) for one in questions]


def shares_of(family: Family, state: State | None, wanted: set[Cell]) -> dict[Cell, Sums]:
    """What a state gives to each of the cells to which it gives anything."""
    found: dict[Cell, Sums] = {}
    for share in () if state is None else family.contribute(state):
        cell = share.tally, share.key
        if cell in wanted:
            found[cell] = _added(found.get(cell), (*share.values, 1))
    return found


def _candidates(
    cursor: Any, generation: str, family: Family, cells: set[Cell]
) -> Iterator[tuple[str, State]]:
    """The entities that may contribute: `contribute` sees the state alone, so that a place or person of the key is
    spelled out in it."""
    if not cells:
        return
    table = entity_table(family.name)
    spelled = sorted({part for _, key in cells for part in key if isinstance(part, str) and "/" in part})
    is_narrowed = len(cells) == 1 and spelled
    where = " and ".join(["strpos(whole::text, %s) > 0"] * len(spelled)) if is_narrowed else "true"
    with cursor.connection.cursor("candidates") as rows:
        rows.itersize = ROWS_AT_ONCE
        rows.execute(
            f"select {table.names} from {generation}.{table.name} whole where {where}", spelled if is_narrowed else ()
        )
        for row in rows:
            yield row[0], table.decode(row)


def _read_again(ledger: Ledger, found: Mapping[Cell, Mapping[str, Sums]], page: Page) -> dict[Cell, list[_Given]]:
    of_subject: dict[str, set[Cell]] = {}
    for cell, by_subject in found.items():
        for subject in by_subject:
            of_subject.setdefault(subject, set()).add(cell)
    given: dict[Cell, list[_Given]] = {cell: [] for cell in found}
    for stream in ledger.refold(sorted(of_subject)):
        cells, subject = of_subject[stream.subject], stream.subject
        shares = shares_of(FAMILIES[subject.partition("/")[0]], stream.state, cells)
        told, events = stream.told(page.events), len(stream.standing)
        for cell in cells:
            by_tables = found[cell][subject]
            given[cell].append(_Given(subject, by_tables, shares.get(cell, (0,) * len(by_tables)), told, events))
    return given


def _explained(
    cursor: Any, generation: str, ledger: Ledger, question: CellQuestion, given: list[_Given], page: Page
) -> Explanation:
    tally, names = question.tally, (*question.tally.measures, CONTRIBUTORS)
    stands = _row(cursor, generation, question)
    summed = (0,) * len(names)
    for one in given:
        summed = _added(summed, one.by_ledger)
    titles = _titles(tally)
    figures = [
        Figure(name=name, title=titles.get(name, name), value=value, recomputed=again)
        for name, value, again in zip(names, stands, summed, strict=True)
        if question.measure in (None, name)
    ]
    shown = [one for one in given if question.measure is None or _measure(question, one)]
    shown.sort(key=lambda one: one.subject)
    differences = [*_of_entities(names, shown), *_of_figures(figures)]
    return Explanation(
        what=f"统计格 · cell {tally.name}",
        of={name: str(part) for name, part in zip(tally.key, question.key, strict=True)},
        generation=generation, until=ledger.until, as_of=None, rules=[], figures=figures, terms=[],
        entities=[_contribution(names, one) for one in shown[: page.entities]],
        entities_total=len(shown), events_total=sum(one.events for one in shown),
        differences=differences[: page.entities], equal=not differences,
    )  # fmt: skip


def _row(cursor: Any, generation: str, question: CellQuestion) -> Sums:
    """What stands in the cell; nothing but zeros where it has no row."""
    tally = question.tally
    where = " and ".join(f"{name} = %s" for name in tally.key)
    measures = ", ".join((*tally.measures, CONTRIBUTORS))
    cursor.execute(f"select {measures} from {generation}.{tally.table} where {where}", question.key)
    row: Sums = cursor.fetchone() or (0,) * (len(tally.measures) + 1)
    return row


def _contribution(names: Iterable[str], one: _Given) -> Contribution:
    gives = {name: value for name, value in zip(names, one.by_ledger, strict=True) if value and name != CONTRIBUTORS}
    return Contribution(subject=one.subject, gives=gives, events=one.told, events_total=one.events)


def _of_entities(names: Sequence[str], given: Iterable[_Given]) -> Iterator[str]:
    for one in given:
        for name, stands, again in zip(names, one.by_tables, one.by_ledger, strict=True):
            if stands != again:
                yield f"{one.subject}: {name} 表中 in the tables {stands}，总账 by the ledger {again}"


def _of_figures(figures: Iterable[Figure]) -> Iterator[str]:
    for one in figures:
        if not one.equal:
            yield f"{one.name}: 表中 in the tables {one.value}，总账 by the ledger {one.recomputed}"


def _measure(question: CellQuestion, one: _Given) -> bool:
    position = question.tally.measures.index(question.measure or "")
    return bool(one.by_tables[position] or one.by_ledger[position])


def _titles(tally: Tally) -> Mapping[str, str]:
    """The Chinese names of the measures, as the boards of the tally have them, else those of other tallies."""
    boards = [model for model in read.read_models().values() if isinstance(model, read.Board)]
    titles = {CONTRIBUTORS: "来源数"}
    for board in sorted(boards, key=lambda board: board.tally is tally):
        titles |= board.titles
    return titles


def _added(one: Sums | None, other: Sums) -> Sums:
    return other if one is None else tuple(map(int.__add__, one, other))
