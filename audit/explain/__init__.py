"""Explanation 解释: a figure opened to its terms, its rule, the entities behind it and their events, and computed anew.

What passes through here: a question (`question`) and a cursor in; an `Explanation` out, which says what the tables
hold and what the same folds and the same SQL function make of the events as they are read from the ledger again.
"""

from audit.explain.answer import BRIEF, WHOLE, Page, explain, explain_all
from audit.explain.explanation import Contribution, Explanation, Figure, RuleInForce, Term, Told
from audit.explain.question import (
    CellQuestion,
    GridQuestion,
    PersonQuestion,
    Question,
    RatesQuestion,
    UnitQuestion,
    cell_question,
)

__all__ = [
    "BRIEF",
    "WHOLE",
    "CellQuestion",
    "Contribution",
    "Explanation",
    "Figure",
    "GridQuestion",
    "Page",
    "PersonQuestion",
    "Question",
    "RatesQuestion",
    "RuleInForce",
    "Term",
    "Told",
    "UnitQuestion",
    "cell_question",
    "explain",
    "explain_all",
]
