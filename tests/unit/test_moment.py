"""Moments as people write them."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.moment import parse_moment
from ledger.limits import EARLIEST, LATEST
from projections.family import SHANGHAI
from projections.read import QuestionRefused

MOMENTS = {
    "2024-05-31T24:00": datetime(2024, 5, 31, 16, tzinfo=UTC),
    "2024-06-01T00:00": datetime(2024, 5, 31, 16, tzinfo=UTC),
    "2024-12-31T24:00:00": datetime(2024, 12, 31, 16, tzinfo=UTC),
    "2024-05-31T24:00Z": datetime(2024, 6, 1, tzinfo=UTC),
    "2024-05-31T24:00+02:00": datetime(2024, 5, 31, 22, tzinfo=UTC),
    "2024-02-29 09:30": datetime(2024, 2, 29, 1, 30, tzinfo=UTC),
    "2024-05-31T09:00:07.25+08:00": datetime(2024, 5, 31, 1, 0, 7, 250_000, tzinfo=UTC),
    "2024-05-31": datetime(2024, 5, 30, 16, tzinfo=UTC),
}


@pytest.mark.parametrize("text", MOMENTS)
def test_what_people_write_is_one_moment(text: str) -> None:
    assert parse_moment(text, "TIME") == MOMENTS[text]
    assert parse_moment(text, "TIME").tzinfo is UTC


def test_a_day_may_mean_its_end() -> None:
    assert parse_moment("2024-05-31", "--to", day_ends=True) == parse_moment("2024-05-31T24:00", "--to")
    assert parse_moment("2024-05-31T09:00", "--to", day_ends=True) == parse_moment("2024-05-31T09:00", "--to")


@given(
    st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 30)),
    st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
def test_every_time_is_read_as_python_writes_it(time: datetime, zone: timezone) -> None:
    assert parse_moment(time.replace(tzinfo=zone).isoformat(), "TIME") == time.replace(tzinfo=zone)
    assert parse_moment(time.isoformat(), "TIME") == time.replace(tzinfo=SHANGHAI)


@given(st.text(max_size=30) | st.from_regex(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}\Z"))
def test_whatever_else_is_written_is_refused_or_within_bounds(text: str) -> None:
    with suppress(QuestionRefused):
        assert EARLIEST <= parse_moment(text, "TIME") <= LATEST


WRONG = ("", "2024-02-30", "2024-13-01", "2024-05-31T24:01", "2024-05-31T25:00", "1969-12-31", "2024-05", "９" * 99)


@pytest.mark.parametrize("text", WRONG)
def test_a_refusal_names_field_value_and_what_to_write(text: str) -> None:
    with pytest.raises(QuestionRefused) as refused:
        parse_moment(text, "--from")
    assert refused.value.what.startswith(f"--from：“{text[:40]}”")
    assert "2024-05-31T24:00" in refused.value.remedy
