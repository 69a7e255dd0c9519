"""What the fold makes of a small wish: two claims of one wish, a released one, what comes too early."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ledger.event import Event
from ledger.events import wish as said
from projections.wish import deadlines, wish_day, wish_person, wish_unit
from tests.unit.test_folds import CITY, DAY, ESTATE, HOUR, LI, POLICE, SUN, WORDS, Spec, hours

MADE = said.WishMade(place=ESTATE, text=WORDS, wisher="person/zhao")
PUBLISHED = said.WishPublished(title="教老人用手机挂号")
RELEASED, WITHDRAWN = said.WishReleased(), said.WishWithdrawn()
CONFIRMED = said.WishConfirmed(score=96)
OPEN = {"made": 1, "open": 1}


def claimed(by: str = CITY) -> said.WishClaimed:
    return said.WishClaimed(by=by)


def granted(*persons: str, home_visit: bool = True) -> said.WishGranted:
    return said.WishGranted(persons=persons or (LI,), home_visit=home_visit, began=hours(4), ended=hours(5))


def overdue(due: int) -> said.WishOverdue:
    return said.WishOverdue(clock="unclaimed", due=hours(due), rule="clocks-2024-1")


@pytest.fixture
def wish() -> Spec:
    return Spec("wish/1")


def clocks(wish: Spec) -> list[Any]:
    return list(deadlines(wish.state()))


def test_a_wish_that_is_made_and_published_waits_for_somebody(wish: Spec) -> None:
    wish.given(MADE).when(PUBLISHED, delivered=2).odd(None)
    wish.then(wish_day, {(ESTATE, DAY): OPEN | {"published": 1, "unclaimed": 1}})
    (clock,) = clocks(wish)
    assert (clock.clock, clock.started_at, clock.recorded_at, clock.due) == ("unclaimed", hours(1), hours(1), None)


def test_the_first_of_two_claims_holds_and_the_other_is_remembered(wish: Spec) -> None:
    wish.given(MADE, PUBLISHED, claimed(CITY)).when(claimed(POLICE), delivered=2)
    wish.odd("claimed while another claim holds")
    assert (wish.state().claimed_by, wish.state().also_claimed_by) == (CITY, (POLICE,))
    wish.then(wish_day, {(ESTATE, DAY): OPEN | {"published": 1, "claimed": 1, "contested": 1}})
    wish.then(wish_unit, {(CITY, DAY): {"claimed": 1}})
    assert clocks(wish) == []


def test_a_released_wish_is_open_again_and_the_refused_claim_gets_nothing_by_itself(wish: Spec) -> None:
    wish.given(MADE, PUBLISHED, claimed(CITY), claimed(POLICE)).when(RELEASED, delivered=2).odd(None)
    wish.then(wish_unit, {})
    wish.then(wish_day, {(ESTATE, DAY): OPEN | {"published": 1, "contested": 1, "released": 1, "unclaimed": 1}})
    assert [clock.started_at for clock in clocks(wish)] == [hours(4)]
    wish.when(claimed(POLICE)).odd(None)
    assert (wish.state().claimed_by, wish.state().also_claimed_by) == (POLICE, ())


def test_a_publication_told_after_a_release_does_not_start_the_clock_of_before(wish: Spec) -> None:
    wish.given(MADE).when(claimed(), at=hours(5)).when(RELEASED, at=hours(9)).when(PUBLISHED, at=hours(2)).odd(None)
    assert [clock.started_at for clock in clocks(wish)] == [hours(9)]


def test_a_granted_wish_leaves_the_open_list(wish: Spec) -> None:
    wish.given(MADE, claimed(CITY), granted(LI, SUN)).when(CONFIRMED, delivered=2).odd(None)
    done = {"granted": 1, "home_visits": 1, "confirmed": 1}
    wish.then(wish_day, {(ESTATE, DAY): done | {"made": 1, "claimed": 1, "score": 96, "score_at_most": 100}})
    wish.then(wish_unit, {(CITY, DAY): done | {"claimed": 1}})
    wish.then(wish_person, {(who, DAY): done | {"minutes": 60} for who in (LI, SUN)})


def test_granting_again_adds_its_persons_and_moves_nothing(wish: Spec) -> None:
    wish.given(MADE, claimed(LI), granted(LI)).when(granted(SUN, home_visit=False)).odd("granted twice")
    assert (wish.state().granted_at, wish.state().persons, wish.state().home_visit) == (hours(2), (LI, SUN), True)


def test_a_claim_that_comes_before_the_wish_holds_against_a_later_one(wish: Spec) -> None:
    wish.when(claimed(POLICE), at=hours(3)).odd("came before the wish was made").then(wish_day, {})
    wish.when(claimed(CITY), at=hours(2))
    wish.when(MADE, at=hours(0)).odd(None)
    assert (wish.state().claimed_by, wish.state().also_claimed_by) == (POLICE, (CITY,))
    wish.then(wish_day, {(ESTATE, DAY): OPEN | {"claimed": 1, "contested": 1}})


def test_the_clock_fires_once_and_runs_anew_after_a_release(wish: Spec) -> None:
    wish.given(MADE, PUBLISHED).when(overdue(361), delivered=2, at=hours(361)).odd(None)
    assert clocks(wish) == []
    wish.when(claimed(), at=hours(400)).when(RELEASED, at=hours(401))
    assert [clock.started_at for clock in clocks(wish)] == [hours(401)]


@pytest.mark.parametrize("end", [granted(), WITHDRAWN], ids=lambda end: type(end).__name__)
def test_an_ended_wish_waits_for_nobody(wish: Spec, end: Event) -> None:
    wish.given(MADE, PUBLISHED).when(end)
    assert clocks(wish) == []
    wish.when(claimed(POLICE)).odd("claimed after it was granted or withdrawn")


def test_a_claim_counts_for_its_unit_on_the_day_of_the_claim(wish: Spec) -> None:
    wish.given(MADE).when(claimed(), at=hours(24))
    wish.then(wish_unit, {(CITY, date(2024, 5, 12)): {"claimed": 1}})
    wish.then(wish_day, {(ESTATE, DAY): OPEN | {"claimed": 1}})


@pytest.mark.parametrize(
    "before, event, reason",
    [
        ([MADE], MADE, "made twice"),
        ([MADE, PUBLISHED], PUBLISHED, "published twice"),
        ([MADE, claimed()], claimed(), "claimed twice by one party"),
        ([MADE], RELEASED, "released without being claimed"),
        ([MADE], granted(), "granted without being claimed"),
        ([MADE, claimed(), WITHDRAWN], granted(), "granted after it was withdrawn"),
        ([MADE, claimed()], CONFIRMED, "confirmed before it was granted"),
        ([MADE, claimed(), granted()], WITHDRAWN, "withdrawn after it was granted"),
        ([], PUBLISHED, "came before the wish was made"),
    ],
)
def test_what_makes_no_sense_is_said(wish: Spec, before: list[Event], event: Event, reason: str) -> None:
    wish.given(*before).when(event).odd(reason)


def test_a_deed_that_ends_before_it_begins_has_no_minutes(wish: Spec) -> None:
    upside_down = said.WishGranted(persons=(LI,), home_visit=False, began=hours(5), ended=hours(5) - 2 * HOUR)
    wish.given(MADE, claimed()).when(upside_down).odd("ended before it began")
    wish.then(wish_person, {(LI, DAY): {"granted": 1}})
