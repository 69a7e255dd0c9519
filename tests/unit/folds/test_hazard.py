"""What the fold makes of a hazard: found, fixed, verified, and the clock of its fixing."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.event import Event
from ledger.events import hazard as said
from projections.hazard import deadlines, hazard_day, hazard_unit
from tests.unit.test_folds import CITY, DAY, ESTATE, LI, Spec, hours

FIXED, VERIFIED = said.HazardFixed(by=CITY), said.HazardVerified(by=LI)
OVERDUE = said.HazardOverdue(clock="fix", due=hours(24), rule="clocks-2024-1", holder=CITY)
KEY = (ESTATE, "serious", DAY)


def found(**changes: Any) -> said.HazardFound:
    fields: dict[str, Any] = {"place": ESTATE, "kind": "线路老化", "severity": "serious", "responsible": CITY}
    return said.HazardFound(**fields | changes)


@pytest.fixture
def hazard() -> Spec:
    return Spec("hazard/1")


def test_a_hazard_is_open_until_it_is_fixed_and_then_verified(hazard: Spec) -> None:
    hazard.when(found(patrol="patrol/3"), delivered=2).odd(None)
    hazard.then(hazard_day, {KEY: {"found": 1, "on_patrol": 1, "open": 1}})
    hazard.when(FIXED, delivered=2).odd(None)
    done = {"found": 1, "on_patrol": 1, "fixed": 1, "fix_minutes": 60}
    hazard.then(hazard_day, {KEY: done}).when(VERIFIED).odd(None)
    hazard.then(hazard_unit, {(CITY, "serious", DAY): done | {"verified": 1}})


def test_the_clock_runs_by_severity_or_to_the_stamped_due(hazard: Spec) -> None:
    hazard.given(found())
    (clock,) = deadlines(hazard.state())
    assert (clock.clock, clock.span_class, clock.due, clock.holder) == ("fix", "serious", None, CITY)
    hazard.when(found(due=hours(24))).odd("found twice")
    assert [clock.due for clock in deadlines(hazard.state())] == [hours(24)]
    hazard.when(OVERDUE, at=hours(24), delivered=2).odd(None)
    assert list(deadlines(hazard.state())) == []


@pytest.mark.parametrize("end", [FIXED, VERIFIED], ids=lambda end: type(end).__name__)
def test_what_is_fixed_or_verified_has_no_clock(hazard: Spec, end: Event) -> None:
    hazard.given(found()).when(end)
    assert list(deadlines(hazard.state())) == []


def test_the_first_fixing_holds(hazard: Spec) -> None:
    hazard.given(found(), FIXED).when(said.HazardFixed(by=LI)).odd("fixed twice")
    assert (hazard.state().fixed_at, hazard.state().fixed_by) == (hours(1), CITY)


def test_what_is_verified_without_a_word_of_fixing_is_open_no_more(hazard: Spec) -> None:
    hazard.given(found()).when(VERIFIED).odd("verified before it was fixed")
    hazard.then(hazard_day, {KEY: {"found": 1, "fixed": 1, "verified": 1, "fix_minutes": 60}})


def test_a_fixing_that_comes_early_counts_once_the_hazard_is_known(hazard: Spec) -> None:
    hazard.when(FIXED, at=hours(5)).odd("came before the hazard was found").then(hazard_day, {})
    hazard.when(found(responsible=LI), at=hours(1)).odd(None)
    hazard.then(hazard_day, {KEY: {"found": 1, "fixed": 1, "fix_minutes": 240}}).then(hazard_unit, {})
