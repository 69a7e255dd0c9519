"""What the fold makes of an order: placed, taken by the first, done, supervised, rated."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ledger.events.order import OrderDone, OrderOverdue, OrderPlaced, OrderRated, OrderSupervised, OrderTaken
from projections.family import LIST_ITEMS, Deadline
from projections.order import deadlines, order_day, order_person, order_unit
from tests.unit.test_folds import Spec, hours

COMMUNITY, ESTATE, POWER, BANK = "place/yunxing", "place/garden", "unit/power", "unit/bank"
ZHANG, LI = "person/zhang", "person/li"
DAY, NEXT_DAY = date(2024, 5, 11), date(2024, 5, 12)
PLACED = OrderPlaced(title="照明维修", community=COMMUNITY, estate=ESTATE, due=hours(72))
TAKEN = OrderTaken(unit=POWER)
HELD, NOT_HELD = OrderSupervised(ok=True), OrderSupervised(ok=False)


def done(solved: bool = True, **changes: Any) -> OrderDone:
    fields: dict[str, Any] = {"persons": (ZHANG, LI), "solved": solved, "began": hours(20), "ended": hours(22)}
    return OrderDone(**fields | changes)


@pytest.fixture
def order() -> Spec:
    return Spec("order/1")


def test_a_placed_order_counts_at_its_estate_and_its_clock_runs(order: Spec) -> None:
    order.when(PLACED, delivered=2).odd(None).then(order_day, {(ESTATE, DAY): {"placed": 1}})
    clock = Deadline(clock="due", started_at=hours(0), recorded_at=hours(0), due=hours(72))
    assert list(deadlines(order.state())) == [clock]
    elsewhere = Spec("order/2").when(OrderPlaced(title="照明维修", community=COMMUNITY, due=hours(72)))
    elsewhere.then(order_day, {(COMMUNITY, DAY): {"placed": 1}})


def test_the_first_taker_has_it_and_the_others_are_remembered(order: Spec) -> None:
    order.given(PLACED, TAKEN).when(OrderTaken(unit=BANK), delivered=2).odd(None)
    order.then(order_unit, {(POWER, DAY): {"taken": 1}})
    assert (order.state().unit, [one.unit for one in order.state().too_late]) == (POWER, [BANK])
    assert [one.holder for one in deadlines(order.state())] == [POWER]
    order.when(TAKEN).odd("taken twice by one unit")
    order.given(*[OrderTaken(unit=f"unit/{number}") for number in range(LIST_ITEMS - 1)])
    order.when(OrderTaken(unit="unit/last")).odd(f"over {LIST_ITEMS} units wanted one order")


def test_minutes_count_once_residents_confirm_what_was_solved(order: Spec) -> None:
    order.given(PLACED, TAKEN).when(done(), delivered=2).odd(None)
    solved = {"done": 1, "solved": 1}
    order.then(order_person, {(ZHANG, NEXT_DAY): solved, (LI, NEXT_DAY): solved})
    order.when(HELD, delivered=2).odd(None)
    confirmed = solved | {"confirmed": 1}
    order.then(order_person, {(who, NEXT_DAY): confirmed | {"confirmed_minutes": 120} for who in (ZHANG, LI)})
    order.then(order_unit, {(POWER, DAY): confirmed | {"taken": 1, "confirmed_minutes": 240}})
    order.then(order_day, {(ESTATE, DAY): confirmed | {"placed": 1, "taken": 1}})
    assert list(deadlines(order.state())) == []


def test_what_residents_reject_is_no_credit_and_their_last_word_holds(order: Spec) -> None:
    order.given(PLACED, TAKEN, done(), HELD).when(NOT_HELD).odd(None)
    order.then(order_day, {(ESTATE, DAY): {"placed": 1, "taken": 1, "done": 1, "solved": 1, "rejected": 1}})
    assert order.state().supervised_ok is False


def test_what_did_not_solve_it_is_replaced_by_what_did_and_that_stands(order: Spec) -> None:
    order.given(PLACED, TAKEN, done(solved=False, persons=(LI,)))
    assert [one.clock for one in deadlines(order.state())] == ["due"], "not solved is not done"
    order.given(HELD).then(order_person, {(LI, NEXT_DAY): {"done": 1}})
    order.when(done(persons=(ZHANG,)), at=hours(30)).odd(None)
    assert (order.state().persons, order.state().done_at) == ((ZHANG,), hours(30))
    order.when(done(solved=False, persons=(LI,))).odd("done again after it was solved")
    order.then(order_person, {(ZHANG, NEXT_DAY): {"done": 1, "solved": 1, "confirmed": 1, "confirmed_minutes": 120}})


def test_a_rating_counts_with_place_and_unit(order: Spec) -> None:
    order.given(PLACED, TAKEN, done()).when(OrderRated(satisfaction="satisfied"), delivered=2).odd(None)
    rated = {"taken": 1, "done": 1, "solved": 1, "rated": 1, "satisfied": 1}
    order.then(order_unit, {(POWER, DAY): rated}).then(order_day, {(ESTATE, DAY): rated | {"placed": 1}})
    order.when(OrderRated(satisfaction="fairly")).odd(None)
    order.then(order_unit, {(POWER, DAY): {name: 1 for name in rated if name != "satisfied"}})


def test_whatever_comes_before_the_order_waits_for_it(order: Spec) -> None:
    order.when(TAKEN).odd("taken or overdue before it was placed").then(order_day, {})
    order.when(done()).odd(None).when(PLACED).odd(None)
    order.then(order_day, {(ESTATE, DAY): {"placed": 1, "taken": 1, "done": 1, "solved": 1}})
    early = Spec("order/2").when(done()).odd("done before it was taken").when(HELD).odd(None)
    early.then(order_unit, {})
    Spec("order/3").when(HELD).odd("supervised or rated before it was done")


def test_a_clock_that_ran_out_fires_once(order: Spec) -> None:
    overdue = OrderOverdue(clock="due", due=hours(72), rule="clocks-2024-1", holder=POWER)
    order.given(PLACED, TAKEN).when(overdue, delivered=2, at=hours(72)).odd(None)
    assert list(deadlines(order.state())) == []
    order.then(order_day, {(ESTATE, DAY): {"placed": 1, "taken": 1, "overdue": 1}})
    order.given(*[overdue] * (LIST_ITEMS - 1)).when(overdue).odd(f"over {LIST_ITEMS} overdue in one order")


def test_contradictions_are_named(order: Spec) -> None:
    order.given(PLACED).when(PLACED).odd("placed twice")
    order.given(TAKEN).when(done(ended=hours(19))).odd("ended before it began")
    order.given(HELD).then(order_person, {
        (who, NEXT_DAY): {"done": 1, "solved": 1, "confirmed": 1} for who in (ZHANG, LI)
    })  # fmt: skip
