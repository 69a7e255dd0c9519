"""Figures of a period: one text for one meaning, and what differs between two of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from audit.closing import subject_of
from audit.figures import COLUMNS, Figures, decoded, digest
from audit.references import references
from audit.restatement import Change, changes
from projections.read import TITLES, QuestionRefused, RuleUsed, read_models

AT = datetime(2024, 4, 2, tzinfo=UTC)
RULE = RuleUsed("workload", "hecun", "2024-1", "网格与网格员工作量")


def figures(*grids: dict[str, Any], **others: list[dict[str, Any]]) -> Figures:
    return Figures("place/zuoyun", "2024-03", AT, (RULE,), {"grids": list(grids), **others})


def test_the_same_figures_are_the_same_bytes() -> None:
    one = figures({"subject": "place/1", "cases": 3, "score": 0.1 + 0.2})
    other = figures({"score": 0.3, "cases": 3, "subject": "place/1"})
    assert one.encoded() == other.encoded()
    assert decoded(one.encoded()).encoded() == one.encoded()
    assert digest(one.encoded()) != digest(figures({"subject": "place/1", "cases": 3, "score": 0.300001}).encoded())
    zero, negative = ({"subject": "place/1", "score": score} for score in (0.0, -0.0))
    assert figures(zero).encoded() == figures(negative).encoded()


def test_a_change_is_named_by_its_path() -> None:
    def grid(numerator: int, score: float) -> dict[str, Any]:
        return {"subject": "place/1", "score": score, "terms": [{"term": "in_time", "numerator": numerator}]}

    same = {"subject": "place/2", "score": 7.0, "terms": []}
    assert changes(figures(grid(1, 5.0), same), figures(same, grid(1, 5.0))) == {}
    assert changes(figures(grid(1, 5.0), same), figures(grid(2, 6.0), same)) == {
        ("grids", "place/1"): [Change("score", 5.0, 6.0), Change("terms.in_time.numerator", 1, 2)]
    }


def test_rows_may_come_and_go() -> None:
    before, after = figures({"subject": "place/1", "cases": 1}), figures({"subject": "place/2", "cases": 4})
    assert changes(before, after) == {
        ("grids", "place/1"): [Change("cases", 1, None)],
        ("grids", "place/2"): [Change("cases", None, 4)],
    }


def test_the_whole_of_a_place_is_told_from_the_place_as_a_row() -> None:
    rows = [{"subject": "place/1", "is_overall": whole, "valid": 1 + whole} for whole in (True, False)]
    after = [rows[0] | {"valid": 9}, rows[1]]
    assert changes(figures(rates=rows), figures(rates=after)) == {
        ("rates", "place/1"): [Change("overall.valid", 2, 9)]
    }


def test_figures_are_columns_of_read_models() -> None:
    """And never what somebody carries at the moment."""
    rows = {kind.__name__: set(kind.__struct_fields__) for kind in TITLES}
    own = {"units": "UnitRow", "rates": "RatesRow", "grids": "GridRow", "workers": "WorkerRow"}
    assert own.keys() == COLUMNS.keys() <= read_models().keys()
    for name, columns in COLUMNS.items():
        assert set(columns) <= rows[own[name]]
        assert not {"open", "load", "overdue", "name", "is_away"} & set(columns)


@pytest.mark.parametrize(
    ("place", "period"),
    [("zuoyun", "2024-03"), ("unit/x", "2024-03"), ("place/", "2024-03"), ("place/x", "2024-03-01"), ("place/x", "")],
)
def test_a_period_is_whole_months_of_a_place(place: str, period: str) -> None:
    with pytest.raises(QuestionRefused):
        subject_of(place, period)
    assert subject_of("place/zuoyun", "2024-01..2024-03") == "period/zuoyun~2024-01..2024-03"


def test_references_are_found_wherever_they_stand() -> None:
    told = {"a": "place/1", "b": ["unit/2", {"c": "person/3", "text": "place/1 and more"}], "n": 4, "s": "sealed:1:xyz"}
    assert sorted(references(told)) == ["person/3", "place/1", "unit/2"]
