"""What the fold makes of an application: filed, accepted, returned for more, decided, delivered."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ledger.events.application import (
    ApplicationAccepted,
    ApplicationDecided,
    ApplicationDelivered,
    ApplicationFiled,
    ApplicationOverdue,
    ApplicationReturned,
)
from projections.application import application_day, application_person, deadlines
from projections.family import LIST_ITEMS, Deadline
from tests.unit.test_folds import Spec, hours

YUNXING, LI = "place/yunxing", "person/li"
DAY = date(2024, 5, 11)
KEY = (YUNXING, "relief", "window", DAY)
ACCEPTED, DELIVERED = ApplicationAccepted(), ApplicationDelivered()
RETURNED = ApplicationReturned(missing="收入证明")
GRANTED, DENIED = ApplicationDecided(granted=True), ApplicationDecided(granted=False)


def filed(**changes: Any) -> ApplicationFiled:
    fields: dict[str, Any] = {
        "item": "relief", "person": "person/zhao", "channel": "window", "community": YUNXING,
        "first_responsible": LI, "promised_working_days": 10,
    }  # fmt: skip
    return ApplicationFiled(**fields | changes)


@pytest.fixture
def application() -> Spec:
    return Spec("application/1")


def test_it_counts_on_the_day_of_filing_in_its_community_and_with_who_took_it_in(application: Spec) -> None:
    application.when(filed(), delivered=2).odd(None)
    application.then(application_day, {KEY: {"filed": 1}}).then(application_person, {(LI, DAY): {"filed": 1}})
    assert list(deadlines(application.state())) == [], "promised days begin on acceptance"
    application.given(ACCEPTED, GRANTED).when(DELIVERED, delivered=2, at=hours(90)).odd(None)
    seen_through = {"filed": 1, "accepted": 1, "decided": 1, "granted": 1, "delivered": 1}
    application.then(application_day, {KEY: seen_through}).then(application_person, {(LI, DAY): seen_through})


def test_the_clock_runs_from_acceptance_in_promised_working_days_until_it_is_decided(application: Spec) -> None:
    application.given(filed()).when(ACCEPTED, delivered=2).odd(None)
    clock = Deadline(
        clock="promised", started_at=hours(1), recorded_at=hours(1), span_class="10", holder=LI
    )
    assert list(deadlines(application.state())) == [clock]
    application.when(DENIED).odd(None)
    assert list(deadlines(application.state())) == []
    application.then(application_day, {KEY: {"filed": 1, "accepted": 1, "decided": 1}})


@pytest.mark.parametrize(
    ("filing", "acceptance", "span"), [(10, None, "10"), (10, 3, "3"), (None, 0, "0"), (None, None, "")]
)
def test_days_promised_on_acceptance_go_before_those_of_filing(
    application: Spec, filing: int | None, acceptance: int | None, span: str
) -> None:
    accepted = ApplicationAccepted(promised_working_days=acceptance)
    application.given(filed(promised_working_days=filing), accepted)
    assert [one.span_class for one in deadlines(application.state())] == [span]
    early = Spec("application/2").given(accepted, filed(promised_working_days=filing))
    assert [one.span_class for one in deadlines(early.state())] == [span], "in whatever order they arrive"


def test_time_stands_still_while_something_is_missing(application: Spec) -> None:
    application.given(filed(), ACCEPTED).when(RETURNED, delivered=2).odd(None)
    assert [one.pauses for one in deadlines(application.state())] == [((hours(2), None),)]
    application.when(RETURNED).odd(None).when(ACCEPTED, at=hours(50)).odd(None)
    (clock,) = deadlines(application.state())
    assert (clock.started_at, clock.pauses) == (hours(1), ((hours(2), hours(50)),))
    assert application.state().returns == 2
    application.then(application_day, {KEY: {"filed": 1, "accepted": 1, "returned": 1}})


def test_the_first_of_each_holds(application: Spec) -> None:
    application.given(filed(), ACCEPTED).when(filed(item="licence")).odd("filed twice")
    application.when(ACCEPTED).odd("accepted twice")
    application.when(GRANTED).odd(None).when(DENIED).odd("decided twice")
    application.when(DELIVERED).odd(None).when(DELIVERED).odd("delivered twice")
    assert (application.state().item, application.state().granted) == ("relief", True)


def test_whatever_comes_before_the_filing_waits_for_it(application: Spec) -> None:
    application.when(ACCEPTED).odd("came before it was filed").then(application_day, {})
    application.when(filed()).odd(None).then(application_day, {KEY: {"filed": 1, "accepted": 1}})
    Spec("application/2").given(filed()).when(GRANTED).odd("decided before it was accepted")
    Spec("application/3").given(filed()).when(DELIVERED).odd("delivered before it was decided")


def test_a_clock_that_ran_out_fires_once(application: Spec) -> None:
    overdue = ApplicationOverdue(clock="promised", due=hours(400), rule="clocks-2024-1", holder=LI)
    application.given(filed(), ACCEPTED).when(overdue, delivered=2, at=hours(400)).odd(None)
    assert list(deadlines(application.state())) == []
    application.then(application_day, {KEY: {"filed": 1, "accepted": 1, "overdue": 1}})
    application.given(*[overdue] * (LIST_ITEMS - 1)).when(overdue).odd(f"over {LIST_ITEMS} overdue in one application")


def test_returns_beyond_the_limit_are_named(application: Spec) -> None:
    application.given(filed(), *[RETURNED, ACCEPTED] * LIST_ITEMS)
    application.when(RETURNED).odd(f"returned over {LIST_ITEMS} times")
    assert len(application.state().pauses) == LIST_ITEMS
