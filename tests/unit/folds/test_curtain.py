"""What the fold makes of a curtain: the awaited morning, the knock, the emergency, pauses, what is told late."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import pytest

from ledger.event import Event
from ledger.events import curtain as said
from projections.curtain import deadlines
from projections.curtain_tallies import curtain_day, curtain_group, curtain_person
from projections.family import LIST_ITEMS, SHANGHAI
from tests.unit.test_folds import GRID, LI, Spec

SEEN, MISSED, UNANSWERED = said.CurtainSeen(), said.CurtainMissed(), said.CurtainUnanswered()
PAUSED, RESUMED, ENDED = said.CurtainPaused(), said.CurtainResumed(), said.CurtainEnded()
ELDERS = (GRID, "elder")


def agreed(by_time: str = "09:00", consent: bool = True) -> said.CurtainAgreed:
    return said.CurtainAgreed(
        household="household/7", group="elder", watcher=LI, by_time=by_time, grid=GRID, consent=consent
    )


def checked(outcome: Literal["safe", "helped"] = "safe") -> said.CurtainChecked:
    return said.CurtainChecked(outcome=outcome)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A time of day in Shanghai in May 2024; the first event of a `Spec` is told on the 11th at nine."""
    return datetime(2024, 5, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


class Told(Spec):
    """A curtain, and what it waits for."""

    def tell(self, *events: tuple[Event, datetime]) -> Told:
        for event, time in events:
            self.when(event, at=time)
        return self

    def waits(self) -> tuple[Any, ...]:
        """The clock that runs: its name, key, and due (by_time) or start (knock)."""
        return next(((one.clock, one.key, one.due or one.started_at) for one in deadlines(self.state())), ())


@pytest.fixture
def curtain() -> Told:
    return Told("curtain/1").tell((agreed(), at(11, 15)))


def test_the_first_morning_is_that_of_the_next_day_or_of_today_if_it_is_still_to_come(curtain: Told) -> None:
    assert curtain.waits() == ("by_time", "2024-05-12", at(12, 9))
    assert Told("curtain/2").tell((agreed("17:00"), at(11, 15))).waits() == ("by_time", "2024-05-11", at(11, 17))
    assert Told("curtain/3").tell((agreed("15:00"), at(11, 15))).waits() == ("by_time", "2024-05-12", at(12, 15))
    (clock,) = deadlines(curtain.state())
    assert (clock.started_at, clock.recorded_at, clock.holder) == (at(11, 15), at(11, 15), LI)


def test_what_is_seen_awaits_the_next_morning(curtain: Told) -> None:
    curtain.when(SEEN, at=at(12, 7, 40), delivered=2).odd(None)
    assert curtain.waits() == ("by_time", "2024-05-13", at(13, 9))
    curtain.when(SEEN, at=at(12, 8)).odd("seen twice on one day")
    curtain.then(curtain_group, {ELDERS: {"agreed": 1, "active": 1, "seen": 1}})


def test_a_morning_is_in_shanghai_whatever_the_day_in_utc() -> None:
    early = Told("curtain/1").tell((agreed("06:30"), at(11, 15)), (SEEN, at(12, 6)))
    assert early.waits() == ("by_time", "2024-05-13", at(13, 6, 30))


def test_a_missed_curtain_waits_for_the_knock_and_then_for_the_next_morning(curtain: Told) -> None:
    curtain.when(MISSED, at=at(12, 9), delivered=2).odd(None)
    assert curtain.waits() == ("knock", "2024-05-12", at(12, 9))
    curtain.when(checked("helped"), at=at(12, 9, 20), delivered=2).odd(None)
    assert curtain.waits() == ("by_time", "2024-05-13", at(13, 9))
    day = (*ELDERS, date(2024, 5, 12))
    curtain.then(curtain_day, {day: {"missed": 1, "helped": 1, "answer_minutes": 20}})
    curtain.then(curtain_person, {(LI,): {"agreed": 1, "active": 1, "missed": 1, "helped": 1}})
    assert curtain.store.requests == {}


def test_a_knock_that_nobody_answered_asks_for_one_emergency_case(curtain: Told) -> None:
    curtain.tell((MISSED, at(12, 9)), (UNANSWERED, at(12, 9, 30)), (UNANSWERED, at(12, 9, 31)))
    (request,) = curtain.store.requests.values()
    assert (request.kind, request.key) == ("emergency_case", "2024-05-12")
    assert request.details == {"grid": GRID, "household": "household/7", "watcher": LI, "group": "elder"}
    assert curtain.waits() == ("by_time", "2024-05-13", at(13, 9))
    curtain.odd("unanswered without a knock that was awaited")
    curtain.when(checked(), at=at(12, 11)).odd(None)
    counts = {"missed": 1, "unanswered": 1, "safe": 1, "answer_minutes": 120}
    curtain.then(curtain_day, {(*ELDERS, date(2024, 5, 12)): counts})


def test_what_was_checked_is_no_emergency(curtain: Told) -> None:
    curtain.tell((MISSED, at(12, 9)), (checked(), at(12, 9, 10))).when(UNANSWERED, at=at(12, 9, 30))
    curtain.odd("unanswered without a knock that was awaited")
    assert curtain.store.requests == {}


def test_a_curtain_that_is_seen_while_somebody_is_on_the_way_ends_the_alarm(curtain: Told) -> None:
    curtain.tell((MISSED, at(12, 9)), (SEEN, at(12, 9, 5)))
    assert curtain.waits() == ("by_time", "2024-05-13", at(13, 9))
    day = (*ELDERS, date(2024, 5, 12))
    curtain.then(curtain_day, {day: {"missed": 1, "seen_late": 1, "answer_minutes": 5}})


def test_what_was_seen_in_time_but_told_late_ends_the_alarm_too(curtain: Told) -> None:
    curtain.tell((MISSED, at(12, 9)), (SEEN, at(12, 8)))
    assert curtain.waits() == ("by_time", "2024-05-13", at(13, 9))
    curtain.then(curtain_day, {(*ELDERS, date(2024, 5, 12)): {"missed": 1, "seen_late": 1}})


def test_a_miss_of_a_day_on_which_it_was_seen_alarms_nobody(curtain: Told) -> None:
    curtain.tell((SEEN, at(12, 8))).when(MISSED, at=at(12, 9)).odd("missed on a day on which it was seen")
    assert curtain.waits() == ("by_time", "2024-05-13", at(13, 9))


def test_what_is_told_days_late_moves_nothing_back(curtain: Told) -> None:
    curtain.tell((SEEN, at(14, 8)), (SEEN, at(12, 8)), (MISSED, at(13, 9)))
    (clock,) = deadlines(curtain.state())
    assert (clock.due, clock.started_at, clock.recorded_at) == (at(15, 9), at(14, 8), at(14, 8))


def test_nothing_is_awaited_while_it_is_paused(curtain: Told) -> None:
    curtain.tell((PAUSED, at(12, 8)))
    assert curtain.waits() == ()
    curtain.then(curtain_group, {ELDERS: {"agreed": 1, "paused": 1}})
    curtain.when(RESUMED, at=at(20, 10), delivered=2).odd(None)
    assert curtain.waits() == ("by_time", "2024-05-21", at(21, 9))


def test_of_a_pause_and_a_resumption_the_later_one_holds_in_whatever_order_they_are_told(curtain: Told) -> None:
    curtain.tell((RESUMED, at(20, 8)), (PAUSED, at(12, 8)))
    assert curtain.waits() == ("by_time", "2024-05-20", at(20, 9))
    curtain.tell((PAUSED, at(22, 8)), (RESUMED, at(21, 8)))
    assert curtain.waits() == ()


def test_an_ended_agreement_watches_nothing_until_it_is_agreed_again(curtain: Told) -> None:
    curtain.tell((ENDED, at(12, 8))).when(SEEN, at=at(13, 8)).odd("came after it ended")
    assert curtain.waits() == ()
    curtain.when(agreed("10:00"), at=at(20, 15)).odd(None)
    assert curtain.waits() == ("by_time", "2024-05-21", at(21, 10))


def test_without_consent_nothing_is_watched() -> None:
    curtain = Told("curtain/1").when(agreed(consent=False)).odd("agreed without consent")
    assert list(deadlines(curtain.state())) == []
    curtain.then(curtain_group, {ELDERS: {"agreed": 1}})


def test_what_is_seen_before_the_agreement_arrives_counts_once_it_does() -> None:
    curtain = Told("curtain/1").when(SEEN, at=at(12, 8)).odd("came before the curtain was agreed")
    curtain.then(curtain_group, {}).when(agreed(), at=at(11, 15))
    assert curtain.odd(None).state().seen == 1
    assert [clock.due for clock in deadlines(curtain.state())] == [at(13, 9)]


def test_an_answer_after_midnight_settles_the_day_of_its_alarm() -> None:
    curtain = Told("curtain/1").tell((agreed("23:45"), at(11, 15)))
    curtain.tell((MISSED, at(11, 23, 45)), (checked(), at(12, 0, 10)))
    assert curtain.waits() == ("by_time", "2024-05-12", at(12, 23, 45))


def test_clocks_go_on_when_the_list_of_misses_is_full(curtain: Told) -> None:
    first = at(12, 9)
    for day in range(LIST_ITEMS):
        curtain.tell((MISSED, first + day * timedelta(days=1)), (UNANSWERED, first + timedelta(days=day, minutes=30)))
    last = first + timedelta(days=LIST_ITEMS)
    curtain.when(MISSED, at=last).odd(f"over {LIST_ITEMS} misses of one curtain")
    assert curtain.waits()[0] == "knock"
    curtain.when(UNANSWERED, at=last + timedelta(minutes=30))
    assert len(curtain.store.requests) == LIST_ITEMS + 1
    assert len(curtain.state().alarms) == LIST_ITEMS


@pytest.mark.parametrize(
    "before, event, reason",
    [
        ([], agreed(), "agreed twice"),
        ([], checked(), "checked without being missed"),
        ([], RESUMED, "resumed without being paused"),
        ([PAUSED], PAUSED, "paused twice"),
        ([PAUSED], MISSED, "missed while paused"),
        ([MISSED], MISSED, "missed twice on one day"),
        ([ENDED], ENDED, "ended twice"),
    ],
)
def test_what_makes_no_sense_is_said(curtain: Told, before: list[Event], event: Event, reason: str) -> None:
    curtain.tell(*[(one, at(12, 9)) for one in before]).when(event, at=at(12, 9, 1)).odd(reason)
