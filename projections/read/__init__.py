"""The questions that people ask of the tables, each with a typed answer.

What passes through here: a connection, a generation and filters in; an `Answer` out, whose rows serialise to
JSON and which says what rules and versions it used, of what generation and time. Nothing here writes, and
nothing unseals: names and texts of people stay sealed.
"""

from projections.read.anomalies import AnomalyReasonRow, AnomalyRow, anomalies, anomaly_reasons
from projections.read.answer import LIMIT, MOST_ROWS, Answer, Row, RuleUsed
from projections.read.cases import CalledUnit, CaseRow, FunnelRow, cases, funnel
from projections.read.period import Period, QuestionRefused, parse_period
from projections.read.rates import RatesRow, rates
from projections.read.service import DutyRow, VolunteerRow, duty, volunteers
from projections.read.units import Indicator, UnitRow, units
from projections.read.workload import GridRow, Post, Term, WorkerRow, grids, workers

TITLES: dict[type[Row], dict[str, str]] = {row: row.titles for row in Row.__subclasses__()}
"""Column titles in Chinese by row type, in the order in which a table shows them."""

__all__ = [
    "LIMIT",
    "MOST_ROWS",
    "TITLES",
    "AnomalyReasonRow",
    "AnomalyRow",
    "Answer",
    "CalledUnit",
    "CaseRow",
    "DutyRow",
    "FunnelRow",
    "GridRow",
    "Indicator",
    "Period",
    "Post",
    "QuestionRefused",
    "RatesRow",
    "Row",
    "RuleUsed",
    "Term",
    "UnitRow",
    "VolunteerRow",
    "WorkerRow",
    "anomalies",
    "anomaly_reasons",
    "cases",
    "duty",
    "funnel",
    "grids",
    "parse_period",
    "rates",
    "units",
    "volunteers",
    "workers",
]
