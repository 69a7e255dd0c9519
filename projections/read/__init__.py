"""The questions that people ask of the tables, each with a typed answer.

What passes through here: a connection, a generation and filters in; an `Answer` out, whose rows serialise to
JSON and which says what rules and versions it used, of what generation and time. Nothing here writes, and
nothing unseals: names and texts of people stay sealed.
"""

from projections.read.anomalies import AnomalyReasonRow, AnomalyRow, anomalies, anomaly_reasons
from projections.read.answer import LIMIT, MOST_ROWS, Answer, Inside, Row, RuleUsed
from projections.read.board import board, board_options, board_row
from projections.read.book import book, book_options, book_row
from projections.read.cases import CalledUnit, CaseRow, FunnelRow, cases, funnel
from projections.read.declared import LEVELS, TREES, Board, Book, Distinct, Level, Question, Ratio, ReadModel, Tree
from projections.read.external import ExternalRow, all_external, external
from projections.read.models import read_model, read_models
from projections.read.named import choices_of, named, options_of
from projections.read.names import names_of
from projections.read.period import Period, QuestionRefused, parse_period
from projections.read.rates import RatesRow, rates
from projections.read.reasons import reason_in_chinese
from projections.read.service import DutyRow, VolunteerRow, duty, volunteers
from projections.read.units import Indicator, UnitRow, units
from projections.read.words import WORDS, word
from projections.read.workload import GridRow, Post, Term, WorkerRow, grids, workers

TITLES: dict[type[Row], dict[str, str]] = {row: row.titles for row in Row.__subclasses__()}
"""Column titles in Chinese by row type, in the order in which a table shows them."""

__all__ = [
    "LEVELS",
    "LIMIT",
    "MOST_ROWS",
    "TITLES",
    "TREES",
    "WORDS",
    "AnomalyReasonRow",
    "AnomalyRow",
    "Answer",
    "Board",
    "Book",
    "CalledUnit",
    "CaseRow",
    "Distinct",
    "DutyRow",
    "ExternalRow",
    "FunnelRow",
    "GridRow",
    "Indicator",
    "Inside",
    "Level",
    "Period",
    "Post",
    "Question",
    "QuestionRefused",
    "RatesRow",
    "Ratio",
    "ReadModel",
    "Row",
    "RuleUsed",
    "Term",
    "Tree",
    "UnitRow",
    "VolunteerRow",
    "WorkerRow",
    "all_external",
    "anomalies",
    "anomaly_reasons",
    "board",
    "board_options",
    "board_row",
    "book",
    "book_options",
    "book_row",
    "cases",
    "choices_of",
    "duty",
    "external",
    "funnel",
    "grids",
    "named",
    "names_of",
    "options_of",
    "parse_period",
    "rates",
    "read_model",
    "read_models",
    "reason_in_chinese",
    "units",
    "volunteers",
    "word",
    "workers",
]
