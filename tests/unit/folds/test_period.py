"""What the fold keeps of closed periods: figures that were published stay published."""

from __future__ import annotations

from datetime import date

from ledger.events.period import PeriodClosed, RuleVersion
from projections.period import period_day
from tests.unit.test_folds import Spec, hours


def closed(cut: int) -> PeriodClosed:
    rules = (RuleVersion("unit_assessment", "2024-1"),)
    return PeriodClosed(scope="place/zuoyun", rules=rules, cut=(cut,) * 12, sha256="a" * 64)


def test_the_first_closing_holds_and_others_are_counted() -> None:
    period = Spec("period/zuoyun~2024-04").when(closed(7), delivered=2).odd(None)
    key = ("place/zuoyun", date(2024, 5, 11))
    period.then(period_day, {key: {"closed": 1}})
    period.when(closed(8)).odd("closed twice").then(period_day, {key: {"closed": 1, "restated": 1}})
    state = period.state()
    assert (state.cut[0], state.closed_at, state.closings) == (7, hours(0), 2)
