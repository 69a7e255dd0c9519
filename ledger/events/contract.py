"""contract 契约化共建: what a unit undertakes for a community, item by item, and what became of it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from ledger.event import Event
from ledger.fields import Day, ListingRefs, Name, PlaceRef, Quantity, Score, Text, UnitRef
from ledger.overdue import Overdue

ITEMS = 50
"""A contract has at most so many items."""


class ContractItem(Struct, frozen=True):
    """One thing that is owed. `item` is its stable id within the contract, `due` its last day."""

    item: Name
    quantity: Quantity
    due: Day


ContractItems = Annotated[tuple[ContractItem, ...], Meta(min_length=1, max_length=ITEMS)]


class ContractSigned(
    Event,
    type="contract.signed",
    term="签约",
    sample={
        "listings": ["listing/need-7", "listing/resource-3"],
        "community": "place/yunxing",
        "unit": "unit/county-hospital",
        "items": [{"item": "义诊", "quantity": 2, "due": "2024-05-31"}],
    },
):
    """A unit and a community signed what the unit is to deliver, and by when (共驻共建协议)."""

    community: PlaceRef
    unit: UnitRef
    items: ContractItems
    listings: ListingRefs = ()


class ContractDelivered(Event, type="contract.delivered", term="履约交付", sample={"item": "义诊"}):
    """The unit delivered an item."""

    item: Name


class ContractAccepted(Event, type="contract.accepted", term="验收通过", sample={"item": "义诊", "score": 95}):
    """The community accepted what was delivered, with a score of 0 to 100."""

    item: Name
    score: Score


class ContractRefused(
    Event, type="contract.refused", term="验收不通过", sample={"item": "义诊", "score": 40, "reason": "医生未到场"}
):
    """The community refused what was delivered; the item is owed again."""

    item: Name
    score: Score | None = None
    reason: Text | None = None


class ContractEnded(Event, type="contract.ended", term="契约终止", sample={"reason": "履约完毕"}):
    """The contract ended; nothing more is owed."""

    reason: Text | None = None


class ContractOverdue(
    Overdue,
    type="contract.overdue",
    term="履约超期",
    sample={
        "clock": "item",
        "key": "义诊",
        "holder": "unit/county-hospital",
        "due": "2024-06-01T00:00:00+08:00",
        "rule": "clocks-2024-1",
    },
):
    """An item was not delivered by its due time."""
