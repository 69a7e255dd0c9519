"""The one entrance: any question, answered inside the caller's transaction, which nothing is left in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from audit.explain.cells import explain_cells
from audit.explain.explanation import Explanation
from audit.explain.page import BRIEF, WHOLE, Page
from audit.explain.question import CellQuestion, Question
from audit.explain.scores import explain_scores
from audit.explain.streams import Ledger, Report, silent
from projections.families import fingerprint
from projections.store.generation import current_of
from projections.store.streams import Fetch

__all__ = ["BRIEF", "WHOLE", "Page", "explain", "explain_all"]


def explain(
    cursor: Any, question: Question, fetch: Fetch, page: Page = BRIEF, report: Report = silent
) -> Explanation:
    """The figure in the current tables, opened and computed anew from the ledger.

    The cursor's transaction should be repeatable read, so that all of it is of one state; it may not be read-only,
    for scores are computed anew in a schema that is gone afterwards. `fetch` is a `ledger.reader.RecordFetcher`.
    Raises `OutcomeUnknown` where Kafka is away, `LedgerUnsound` where it holds something else than was applied,
    `StoreUnsound` where the tables were folded by other folds, `QuestionRefused`.
    """
    return explain_all(cursor, [question], fetch, page, report)[0]


def explain_all(
    cursor: Any, questions: Sequence[Question], fetch: Fetch, page: Page = BRIEF, report: Report = silent
) -> list[Explanation]:
    """As `explain`, for many questions at once: the stream of an entity is read once for all cells it gives to."""
    generation = current_of(cursor, fingerprint())
    ledger = Ledger(cursor, generation, fetch, report)
    cells = [one for one in questions if isinstance(one, CellQuestion)]
    scores = [one for one in questions if not isinstance(one, CellQuestion)]
    of_cells = iter(explain_cells(cursor, generation, ledger, cells, page))
    of_scores = iter(explain_scores(cursor, generation, ledger, scores, page))
    return [next(of_cells if isinstance(one, CellQuestion) else of_scores) for one in questions]
