"""The two counties' year, folded: every figure of their reports is borne out by the tables, and by no accident."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest

from producers.simulator import Submitted
from producers.simulator.reports import Reports
from projections import read
from projections.read.home_services import home_services
from projections.read.reports import Exact, Over, Percent, ReportRow, reports
from tests.integration.test_read_models import County, forget

NOW = datetime(2025, 1, 31, tzinfo=UTC)
HENGYUAN = "place/hy24-hengyuan"


@pytest.fixture(scope="module")
def county(county_database: str) -> Iterator[County]:
    made = County(county_database)
    events = _events()
    while some := list(islice(events, 4_000)):
        made.given_all(some, NOW)
    yield made
    made.close()
    forget(county_database)


def _events() -> Iterator[dict[str, Any]]:
    return (arrival.event for arrival in Reports() if isinstance(arrival, Submitted))


def _figures(county: County) -> dict[str, ReportRow]:
    return {f"{row.county} {row.figure}": row for row in reports(county.connection, county.generation)}


def test_every_figure_of_the_reports_is_borne_out(county: County) -> None:
    figures = _figures(county)
    assert [name for name, row in figures.items() if not row.equal] == []
    assert len(figures) >= 26


def test_a_deed_that_was_told_twice_counts_once(county: County) -> None:
    told = read.book(county.connection, county.generation, "acts", place=HENGYUAN, limit=1_000)
    (whole, *_) = home_services(county.connection, county.generation, place=HENGYUAN)
    assert (len(told), whole.home_services, whole.wishes, whole.deeds) == (48, 40, 22, 62)


def test_a_report_that_were_wrong_would_not_fit() -> None:
    assert not Exact(23).fits(22)
    assert [number for number in range(640, 670) if Over(650).fits(number)] == list(range(651, 660))
    assert (Over(2000).next_round, Over(120).next_round, Over(60).next_round) == (3000, 130, 70)
    assert Percent(96).fits(96.0) and Percent(96).fits(95.6) and not Percent(96).fits(95.4)


def test_one_more_voided_case_and_the_figure_says_so(county: County) -> None:
    """The figures follow the ledger: without one home service there are 61."""
    before = _figures(county)["浑源 恒源首席上门服务、解决困难"].projection
    refused = {
        "specversion": "1.0",
        "id": "late-refusal",
        "source": "urn:test",
        "type": "volunteer.refused",
        "subject": "act/hy24-20",
        "time": "2024-12-30T10:00:00+08:00",
        "authid": HENGYUAN,
        "data": {"by": HENGYUAN, "reason": "当天未到场"},
    }
    county.given_all([refused], NOW)
    assert _figures(county)["浑源 恒源首席上门服务、解决困难"].projection == before - 1
