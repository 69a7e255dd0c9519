"""order 点餐式服务: ordered by a community, taken by a unit, done by its people, supervised by residents."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from ledger.events.order import OrderDone, OrderOverdue, OrderPlaced, OrderRated, OrderSupervised, OrderTaken
from ledger.record import Record
from projections.case_state import capped
from projections.family import LIST_ITEMS, Deadline, Fired, Share, State, Tally, day_of, minutes_between, running

VERSION = 1

_DONE = ("done", "solved", "confirmed", "rejected")
_RATED = ("rated", "satisfied", "overdue")
order_day = Tally("order_day", ("place", "day"), ("placed", "taken", *_DONE, *_RATED))
order_unit = Tally("order_unit", ("unit", "day"), ("taken", *_DONE, *_RATED, "confirmed_minutes"))
order_person = Tally("order_person", ("person", "day"), (*_DONE, "confirmed_minutes"))
TALLIES = (order_day, order_unit, order_person)

OrderEvent = OrderPlaced | OrderTaken | OrderDone | OrderSupervised | OrderRated | OrderOverdue


class Taker(Struct, frozen=True):
    """A unit that wanted an order which another had taken."""

    unit: str
    at: datetime


class Order(State, frozen=True):
    """One order. `too_late` are units that came after the taker; `same_act` names a deed told in several families."""

    title: str | None = None
    community: str | None = None
    estate: str | None = None
    due: datetime | None = None
    placed_at: datetime | None = None
    recorded_at: datetime | None = None
    unit: str | None = None
    taken_at: datetime | None = None
    too_late: tuple[Taker, ...] = ()
    persons: tuple[str, ...] = ()
    began: datetime | None = None
    ended: datetime | None = None
    same_act: str | None = None
    solved: bool | None = None
    done_at: datetime | None = None
    supervised_ok: bool | None = None
    supervised_at: datetime | None = None
    satisfaction: str | None = None
    rated_at: datetime | None = None
    fired: tuple[Fired, ...] = ()


def evolve(order: Order, record: Record[OrderEvent]) -> Order:
    """The first taker has it, the first doing that solved it stands, the last word of residents and community holds.

    What did not solve it is replaced by what comes next. Whatever comes before the order was placed waits for it.
    """
    match record.event:
        case OrderPlaced(title=title, community=community, estate=estate, due=due):
            if order.placed_at:
                return order
            placed = replace(order, title=title, community=community, estate=estate, due=due)
            return replace(placed, placed_at=record.time, recorded_at=record.stamp)
        case OrderTaken(unit=unit):
            if order.unit is None:
                return replace(order, unit=unit, taken_at=record.time)
            return order if unit == order.unit else _came_late(order, Taker(unit, record.time))
        case OrderDone() as event:
            return order if order.solved else _done(order, record.time, event)
        case OrderSupervised(ok=ok):
            return replace(order, supervised_ok=ok, supervised_at=record.time)
        case OrderRated(satisfaction=satisfaction):
            return replace(order, satisfaction=satisfaction, rated_at=record.time)
        case OrderOverdue(clock=clock, key=key, due=due):
            return replace(order, fired=capped(order.fired, Fired(clock, key or "", due)))
        case _:
            assert_never(record.event)


def _came_late(order: Order, taker: Taker) -> Order:
    return replace(order, too_late=capped(order.too_late, taker))


def _done(order: Order, time: datetime, event: OrderDone) -> Order:
    return replace(
        order,
        persons=tuple(sorted(set(event.persons))),
        began=event.began,
        ended=event.ended,
        same_act=event.act,
        solved=event.solved,
        done_at=time,
    )


def anomaly(order: Order, record: Record[OrderEvent]) -> str | None:
    """Why the event makes no sense for this order as it was before. A unit that comes too late is no anomaly."""
    match record.event:
        case OrderPlaced() if order.placed_at:
            return "placed twice"
        case OrderTaken(unit=unit) if unit == order.unit:
            return "taken twice by one unit"
        case OrderTaken() if len(order.too_late) >= LIST_ITEMS:
            return f"over {LIST_ITEMS} units wanted one order"
        case OrderDone(began=began, ended=ended) if ended < began:
            return "ended before it began"
        case OrderDone() if order.solved:
            return "done again after it was solved"
        case OrderDone() if not order.unit:
            return "done before it was taken"
        case OrderSupervised() | OrderRated() if order.done_at is None:
            return "supervised or rated before it was done"
        case OrderOverdue() if len(order.fired) >= LIST_ITEMS:
            return f"over {LIST_ITEMS} overdue in one order"
        case OrderTaken() | OrderOverdue() if not order.placed_at:
            return "taken or overdue before it was placed"
    return None


def contribute(order: Order) -> Iterator[Share]:
    """At its estate (else community) on the day it was placed, with its unit when taken, with people when they began.

    Confirmed is what was solved and residents found in order.
    """
    confirmed = bool(order.solved and order.supervised_ok)
    done = {
        "done": order.done_at is not None,
        "solved": bool(order.solved),
        "confirmed": confirmed,
        "rejected": order.supervised_ok is False,
    }
    rated = {
        "rated": order.satisfaction is not None,
        "satisfied": order.satisfaction == "satisfied",
        "overdue": len(order.fired) > 0,
    }
    minutes = minutes_between(order.began, order.ended) if confirmed and order.began and order.ended else 0
    place = order.estate or order.community
    if order.placed_at and place:
        taken = order.taken_at is not None
        yield order_day.share(place, day_of(order.placed_at), placed=1, taken=taken, **done, **rated)
    if order.unit and order.taken_at:
        everyone = minutes * len(order.persons)
        day = day_of(order.taken_at)
        yield order_unit.share(order.unit, day, taken=1, **done, **rated, confirmed_minutes=everyone)
    if order.began:
        for person in order.persons:
            yield order_person.share(person, day_of(order.began), **done, confirmed_minutes=minutes)


def deadlines(order: Order) -> Iterator[Deadline]:
    """By its stamped due, until it is solved; late is who took it."""
    if order.placed_at is None or order.recorded_at is None or order.due is None or order.solved:
        return
    clock = Deadline(
        clock="due",
        started_at=order.placed_at,
        recorded_at=order.recorded_at,
        due=order.due,
        holder=order.unit,
    )
    yield from running((clock,), order.fired)
