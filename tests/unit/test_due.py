"""When a clock runs out: stamped dues, spans by class, working days, and time that stood still."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.family import Deadline
from projections.rules import Clocks, RuleRefused, default_preset, parse_preset, preset, shipped_calendar
from projections.rules.clocks import Span, WorkingDays, spans
from projections.rules.due import Pause, due_of, due_with_pauses, end_of, least_of
from tests.unit.test_calendar import MOMENTS, at
from tests.unit.test_rules import text_of

SPANS = spans(default_preset(Clocks).parameters)
CALENDAR = shipped_calendar()
START = datetime(2024, 5, 6, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOURS = st.integers(-5, 30).map(lambda hours: START + hours * HOUR)
PAUSES = st.lists(st.tuples(HOURS, st.none() | HOURS), max_size=4)


def due(family: str, clock: str, span_class: str = "", **more: object) -> datetime | None:
    """Of a clock that began on Friday 2024-05-10 at 17:30."""
    began = at("2024-05-10 17:30")
    deadline = Deadline(clock=clock, started_at=began, recorded_at=began, span_class=span_class)
    return due_of(family, msgspec.structs.replace(deadline, **more), SPANS, CALENDAR)


@pytest.mark.parametrize(
    ("family", "clock", "span_class", "expected"),
    [
        ("case", "dispatch", "emergency", "2024-05-10 18:30"),
        ("case", "dispatch", "ordinary", "2024-05-11 17:30"),
        ("case", "report", "emergency", "2024-05-10 18:00"),
        ("case", "handle", "h2", "2024-05-10 19:30"),
        ("case", "handle", "d7", "2024-05-17 17:30"),
        ("case", "handle", "consultation", "2024-05-12 00:00"),  # 1 working day: the make-up Saturday
        ("case", "handle", "help", "2024-05-17 00:00"),
        ("case", "handle", "complaint", "2024-05-24 00:00"),
        ("mediation", "level", "grid", "2024-05-11 17:30"),
        ("mediation", "level", "town", "2024-05-14 17:30"),
        ("mediation", "total", "", "2024-05-17 17:30"),
        ("curtain", "knock", "", "2024-05-10 18:00"),
        ("hazard", "fix", "moderate", "2024-05-13 17:30"),
        ("wish", "unclaimed", "", "2024-05-25 17:30"),
        ("application", "promised", "0", "2024-05-11 00:00"),
        ("application", "promised", "3", "2024-05-15 00:00"),
        ("application", "promised", "", "2024-06-07 00:00"),  # 20 working days, nothing promised
    ],
)
def test_every_span_of_the_default(family: str, clock: str, span_class: str, expected: str) -> None:
    assert due(family, clock, span_class) == at(expected)


def test_a_stamped_due_goes_before_the_rule() -> None:
    stamped = at("2024-05-11 09:00")
    assert due("case", "handle", "complaint", due=stamped) == stamped
    assert due("topic", "carry_out", due=stamped) == stamped, "a clock that the rule says nothing of"


def test_without_due_and_span_nothing_runs_out() -> None:
    assert due("case", "handle", "no such class") is None
    assert due("topic", "carry_out") is None


def test_paused_time_does_not_count() -> None:
    grid = at("2024-05-11 17:30")
    one_day = (at("2024-05-11 08:00"), at("2024-05-12 08:00"))
    assert due("mediation", "level", "grid", pauses=(one_day,)) == grid + timedelta(days=1)
    assert due("mediation", "level", "grid", pauses=(one_day, one_day)) == grid + timedelta(days=1), "once"
    early = (at("2024-05-09 08:00"), at("2024-05-10 18:30"))
    assert due("mediation", "level", "grid", pauses=(early,)) == grid + HOUR, "only what lies after the start"
    late = (at("2024-05-11 18:00"), at("2024-05-12 08:00"))
    assert due("mediation", "level", "grid", pauses=(late,)) == grid, "it had run out by then"
    assert due("mediation", "level", "grid", pauses=((late[0], None),)) == grid
    assert due("mediation", "level", "grid", pauses=((one_day[0], None),)) is None, "until it is resumed"


@given(HOURS.filter(lambda due: due >= START), PAUSES)
def test_law_the_due_is_the_last_moment_by_which_no_more_time_than_allowed_has_run(
    due: datetime, pauses: list[Pause]
) -> None:
    """Against a clock that is read each half hour."""
    moved = due_with_pauses(due, START, pauses)
    far = START + 200 * HOUR

    def has_run(until: datetime) -> timedelta:
        ticks = [START + number * HOUR / 2 for number in range((until - START) // (HOUR / 2))]
        still = [any(since <= tick and (end is None or tick < end) for since, end in pauses) for tick in ticks]
        return (len(ticks) - sum(still)) * HOUR / 2

    if moved is None:
        assert has_run(far) <= due - START
    else:
        assert has_run(moved) == due - START
        assert has_run(moved + HOUR / 2) > due - START


@given(st.sampled_from([*SPANS.values()]), MOMENTS)
def test_law_no_span_ends_before_the_least_that_the_scan_waits_for(span: Span, moment: datetime) -> None:
    if isinstance(span, WorkingDays) and span.days > 100:
        span = WorkingDays(span.days % 100)
    assert end_of(span, moment, CALENDAR) >= moment + least_of(span)


def test_the_other_preset_gives_two_days_for_reporting() -> None:
    ours, theirs = default_preset(Clocks).parameters, preset(Clocks, "duchang").parameters
    assert (ours.report_minutes.ordinary, theirs.report_minutes.ordinary) == (24 * 60, 48 * 60)
    assert theirs.report_minutes.emergency == 30


def test_a_county_of_its_own_level_has_four_and_others_have_no_such_clock() -> None:
    four = spans(preset(Clocks, "four_levels").parameters)
    assert [four["mediation", "level", name].days for name in ("grid", "community", "town", "county")] == [1, 1, 2, 3]
    assert ("mediation", "level", "county") not in SPANS


def test_the_levels_of_a_mediation_make_up_its_days() -> None:
    text = text_of("clocks.qinglong")
    with pytest.raises(RuleRefused, match="mediation_days add to 8, not 7"):
        parse_preset(text.replace("town = 4", "town = 5"))
