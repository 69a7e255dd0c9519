"""contract 契约化共建: what units owe to communities by contract, item by item, against their due days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from ledger.events.contract import (
    ContractAccepted,
    ContractDelivered,
    ContractEnded,
    ContractOverdue,
    ContractRefused,
    ContractSigned,
)
from ledger.record import Record
from projections.case_state import capped
from projections.family import LIST_ITEMS, SHANGHAI, Deadline, Fired, Share, State, Tally, day_of, running

VERSION = 1

contract_day = Tally(
    "contract_day",
    ("community", "unit", "day"),
    ("signed", "ended", "items", "delivered", "accepted", "refused", "overdue", "scored", "score"),
)
TALLIES = (contract_day,)

ContractEvent = (
    ContractSigned | ContractDelivered | ContractAccepted | ContractRefused | ContractEnded | ContractOverdue
)


class Owed(Struct, frozen=True):
    """One item. `due` is when its last day ends in Shanghai; None where the contract does not have the item (yet)."""

    item: str
    quantity: int = 0
    due: datetime | None = None
    delivered_at: datetime | None = None
    accepted_at: datetime | None = None
    refused_at: datetime | None = None
    score: int | None = None

    @property
    def is_delivered(self) -> bool:
        """Delivered or accepted, and not refused since."""
        return self.accepted_at is not None or (self.delivered_at is not None and self.refused_at is None)


class Contract(State, frozen=True):
    """One contract with all its items."""

    community: str | None = None
    unit: str | None = None
    listings: tuple[str, ...] = ()
    items: tuple[Owed, ...] = ()
    signed_at: datetime | None = None
    recorded_at: datetime | None = None
    ended_at: datetime | None = None
    fired: tuple[Fired, ...] = ()


def evolve(contract: Contract, record: Record[ContractEvent]) -> Contract:
    """The first signing holds, the last of accepted and refused, and the first delivery that was not refused.

    A refused item is owed again by its old due: the next delivery is its delivery. What is said of an item before
    the contract is signed is kept and completed by it.
    """
    time = record.time
    match record.event:
        case ContractSigned() as event:
            return contract if contract.signed_at else _signed(contract, record, event)
        case ContractDelivered(item=item):
            owed = _owed(contract, item)
            if owed.refused_at is not None and owed.refused_at < time:
                owed = replace(owed, delivered_at=time, refused_at=None)
            return _owing(contract, replace(owed, delivered_at=owed.delivered_at or time))
        case ContractAccepted(item=item, score=score):
            owed = _owed(contract, item)
            return _owing(contract, replace(owed, accepted_at=time, refused_at=None, score=score))
        case ContractRefused(item=item, score=score):
            owed = _owed(contract, item)
            return _owing(contract, replace(owed, refused_at=time, accepted_at=None, score=score))
        case ContractEnded():
            return replace(contract, ended_at=contract.ended_at or time)
        case ContractOverdue(clock=clock, key=key, due=due):
            return replace(contract, fired=capped(contract.fired, Fired(clock, key or "", due)))
        case _:
            assert_never(record.event)


def _signed(contract: Contract, record: Record[ContractEvent], event: ContractSigned) -> Contract:
    contract = replace(
        contract,
        community=event.community,
        unit=event.unit,
        listings=tuple(event.listings),
        signed_at=record.time,
        recorded_at=record.stamp,
    )
    for one in event.items:
        owed = _owed(contract, one.item)
        if owed.due is None:
            contract = _owing(contract, replace(owed, quantity=one.quantity, due=_end_of(one.due)))
    return contract


def _end_of(day: str) -> datetime | None:
    """The midnight that ends the day; None for a day that no calendar has (30 February)."""
    try:
        begins = datetime(int(day[:4]), int(day[5:7]), int(day[8:]), tzinfo=SHANGHAI)
        return (begins + timedelta(days=1)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _owed(contract: Contract, item: str) -> Owed:
    for one in contract.items:
        if one.item == item:
            return one
    return Owed(item)


def _owing(contract: Contract, owed: Owed) -> Contract:
    kept = tuple([owed if one.item == owed.item else one for one in contract.items])
    return replace(contract, items=kept if owed in kept else capped(contract.items, owed))


def anomaly(contract: Contract, record: Record[ContractEvent]) -> str | None:
    """Why the event makes no sense for this contract as it was before."""
    match record.event:
        case ContractSigned() if contract.signed_at:
            return "signed twice"
        case ContractSigned(items=items) if any(_end_of(one.due) is None for one in items):
            return "an item is due on a day that does not exist"
        case ContractSigned(items=items) if len({one.item for one in items}) < len(items):
            return "an item is named twice"
        case ContractDelivered(item=item) | ContractAccepted(item=item) | ContractRefused(item=item):
            return _odd_item(contract, record, _owed(contract, item))
        case ContractEnded() if contract.ended_at:
            return "ended twice"
        case ContractEnded() if not contract.signed_at:
            return "ended before it was signed"
        case ContractOverdue() if len(contract.fired) >= LIST_ITEMS:
            return f"over {LIST_ITEMS} overdue items in one contract"
    return None


def _odd_item(contract: Contract, record: Record[ContractEvent], owed: Owed) -> str | None:
    if owed not in contract.items and len(contract.items) >= LIST_ITEMS:
        return f"over {LIST_ITEMS} items in one contract"
    if contract.signed_at is None:
        return "delivered or judged before it was signed"
    if owed not in contract.items:
        return "not an item of the contract"
    match record.event:
        case ContractDelivered() if owed.delivered_at and owed.is_delivered:
            return "delivered twice"
        case ContractAccepted() | ContractRefused() if owed.delivered_at is None:
            return "judged before it was delivered"
        case ContractAccepted() if owed.accepted_at:
            return "accepted twice"
    return None


def contribute(contract: Contract) -> Iterator[Share]:
    """All of it counts on the day of signing, on which what is owed began."""
    if not (contract.signed_at and contract.community and contract.unit):
        return
    owed = [one for one in contract.items if one.due]
    scores = [one.score for one in owed if one.score is not None]
    yield contract_day.share(
        contract.community,
        contract.unit,
        day_of(contract.signed_at),
        signed=1,
        ended=contract.ended_at is not None,
        items=len(owed),
        delivered=len([one for one in owed if one.is_delivered]),
        accepted=len([one for one in owed if one.accepted_at]),
        refused=len([one for one in owed if one.refused_at]),
        overdue=len(contract.fired),
        scored=len(scores),
        score=sum(scores),
    )


def deadlines(contract: Contract) -> Iterator[Deadline]:
    """One clock an item, by its stamped due, until it is delivered or the contract ends."""
    return running(_started(contract), contract.fired)


def _started(contract: Contract) -> Iterator[Deadline]:
    if contract.signed_at is None or contract.recorded_at is None or contract.ended_at is not None:
        return
    for one in contract.items:
        if one.due is not None and not one.is_delivered:
            yield Deadline(
                clock="item",
                key=one.item,
                started_at=contract.signed_at,
                recorded_at=contract.recorded_at,
                due=one.due,
                holder=contract.unit,
            )
