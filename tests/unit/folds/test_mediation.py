"""What the fold makes of a dispute: levels, pauses and extensions by agreement, how it ended, and its clocks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

import pytest

from ledger.event import Event
from ledger.events import mediation as said
from projections.family import Deadline
from projections.mediation import deadlines
from projections.mediation_tallies import mediation_day, mediation_method, mediation_person
from tests.unit.test_folds import DAY, ESTATE, LI, WORDS, Spec, hours

SETTLED = said.MediationSettled(agreement=WORDS, judicial_confirmation=True)
FAILED, REFUSED = said.MediationFailed(to="litigation"), said.MediationRefused(party="household/2")
FOLLOWED_UP = said.MediationFollowedUp(holds=True)
OPENED_ONCE = {"opened": 1, "open": 1, "remote": 1}
MINUTES = {"settle_minutes": 60}


def opened(**changes: Any) -> said.MediationOpened:
    fields: dict[str, Any] = {
        "channel": "wish_mailbox",
        "place": ESTATE,
        "cause": "楼上漏水",
        "parties": ("household/1", "household/2"),
        "text": WORDS,
        "mediator": LI,
        "remote": True,
    }
    return said.MediationOpened(**fields | changes)


def escalated(to: Literal["community", "town", "county"]) -> said.MediationEscalated:
    return said.MediationEscalated(to=to, by="urn:shanzhi:clock", rule="clocks-2024-1")


def met(method: Literal["sentiment", "reason", "law", "litigation_guidance"] = "reason") -> said.MediationMet:
    return said.MediationMet(method=method)


def paused(until: datetime) -> said.MediationPaused:
    return said.MediationPaused(until=until)


OVERDUE = said.MediationOverdue(clock="total", due=hours(168), rule="clocks-2024-1", holder=LI)


@pytest.fixture
def mediation() -> Spec:
    return Spec("mediation/1")


def row(**counts: int) -> Any:
    return {(ESTATE, "wish_mailbox", "grid", DAY): counts}


def row_at(level: str, **counts: int) -> Any:
    return {(ESTATE, "wish_mailbox", level, DAY): counts}


def clocks(mediation: Spec) -> dict[tuple[str, str], Deadline]:
    return {(one.clock, one.key): one for one in deadlines(mediation.state())}


def test_a_dispute_is_open_at_the_grid_with_two_clocks(mediation: Spec) -> None:
    mediation.when(opened(), delivered=2).odd(None).then(mediation_day, row(**OPENED_ONCE))
    level, total = clocks(mediation)["level", "grid"], clocks(mediation)["total", ""]
    assert (level.span_class, level.due, level.started_at, level.holder) == ("grid", None, hours(0), LI)
    assert (total.span_class, total.due, total.started_at) == ("", None, hours(0))


def test_it_goes_up_level_by_level_and_is_settled_where_it_stands(mediation: Spec) -> None:
    mediation.given(opened(), met()).when(escalated("community"), at=hours(24), delivered=2).odd(None)
    assert clocks(mediation)["level", "community"].started_at == hours(24)
    assert ("level", "grid") not in clocks(mediation)
    mediation.when(escalated("town"), at=hours(72)).when(SETTLED, at=hours(80)).when(FOLLOWED_UP, at=hours(90))
    counts = {"remote": 1, "met": 1, "judicially_confirmed": 1, "followed_up": 1, "holding": 1}
    mediation.then(mediation_day, row_at("town", opened=1, settled=1, settle_minutes=80 * 60, **counts))
    assert clocks(mediation) == {}


def test_levels_only_go_up(mediation: Spec) -> None:
    mediation.given(opened(), escalated("town")).when(escalated("community"))
    mediation.odd("escalated to a level that it has reached")
    assert (mediation.state().level, mediation.state().level_since) == ("town", hours(1))


def test_an_escalation_told_late_still_gives_the_level_at_which_it_was_settled(mediation: Spec) -> None:
    mediation.given(opened()).when(SETTLED, at=hours(30)).when(escalated("community"), at=hours(30)).odd(None)
    assert mediation.state().level == "community"
    mediation.when(escalated("town"), at=hours(31)).odd("went on after it ended")
    assert mediation.state().level == "community"


def test_what_comes_before_the_opening_counts_once_that_arrives(mediation: Spec) -> None:
    mediation.when(escalated("community"), at=hours(24)).odd("came before the dispute was opened")
    mediation.then(mediation_day, {}).when(opened(), at=hours(0)).odd(None)
    mediation.then(mediation_day, row_at("community", **OPENED_ONCE))
    assert clocks(mediation)["level", "community"].started_at == hours(24)


def test_a_pause_ends_by_itself_and_a_later_one_replaces_what_is_left(mediation: Spec) -> None:
    mediation.given(opened(), paused(hours(50))).when(paused(hours(20)), at=hours(10), delivered=2).odd(None)
    pauses = ((hours(1), hours(10)), (hours(10), hours(20)))
    assert [clock.pauses for clock in clocks(mediation).values()] == [pauses, pauses]


def test_an_extension_gives_its_due_to_the_level_and_to_the_whole(mediation: Spec) -> None:
    mediation.given(opened()).when(said.MediationExtended(due=hours(300)), at=hours(5))
    assert {(one.due, one.started_at) for one in clocks(mediation).values()} == {(hours(300), hours(5))}
    mediation.when(escalated("community"), at=hours(6))
    assert clocks(mediation)["level", "community"].due is None, "another level, its own time"
    assert clocks(mediation)["total", ""].due == hours(300)


def test_the_seven_days_run_out_once_and_only_a_person_says_failed(mediation: Spec) -> None:
    mediation.given(opened()).when(OVERDUE, at=hours(168), delivered=2).odd(None)
    assert [*clocks(mediation)] == [("level", "grid")]
    mediation.then(mediation_day, row(**OPENED_ONCE)).when(FAILED, at=hours(170)).odd(None)
    mediation.then(mediation_day, row(opened=1, failed=1, remote=1))
    assert mediation.state().failed_to == "litigation"


def test_a_refusal_ends_it_unless_the_party_comes_round(mediation: Spec) -> None:
    mediation.given(opened()).when(REFUSED, delivered=2).odd(None)
    mediation.then(mediation_day, row(opened=1, refused=1, remote=1))
    assert clocks(mediation) == {}
    mediation.when(met()).odd(None).then(mediation_day, row(**OPENED_ONCE, met=1))
    assert mediation.state().refused_by == "household/2"


def test_a_meeting_told_late_does_not_take_a_refused_dispute_up_again(mediation: Spec) -> None:
    mediation.given(opened()).when(REFUSED, at=hours(9)).when(met(), at=hours(2)).odd(None)
    mediation.then(mediation_day, row(opened=1, refused=1, remote=1, met=1))


def test_the_last_of_settled_and_failed_holds(mediation: Spec) -> None:
    mediation.given(opened(), SETTLED).when(FAILED).odd("ended twice")
    mediation.then(mediation_person, {(LI, DAY): {"opened": 1, "failed": 1}})
    mediation.when(SETTLED, at=hours(1))
    mediation.then(mediation_person, {(LI, DAY): {"opened": 1, "settled": 1} | MINUTES})
    assert mediation.state().failed_to is None


def test_meetings_count_by_method_on_their_own_day(mediation: Spec) -> None:
    mediation.given(opened(), met("law"), met("law")).when(met("sentiment"), at=hours(20)).odd(None)
    mediation.then(
        mediation_method,
        {(ESTATE, "law", DAY): {"meetings": 2}, (ESTATE, "sentiment", date(2024, 5, 12)): {"meetings": 1}},
    )


@pytest.mark.parametrize(
    "before, event, reason",
    [
        ([opened()], opened(), "opened twice"),
        ([opened()], paused(hours(0)), "paused until before the pause"),
        ([opened()], FOLLOWED_UP, "followed up before it was settled"),
        ([opened(), SETTLED], met(), "went on after it ended"),
        ([], SETTLED, "came before the dispute was opened"),
    ],
)
def test_what_makes_no_sense_is_said(mediation: Spec, before: list[Event], event: Event, reason: str) -> None:
    mediation.given(*before).when(event).odd(reason)
