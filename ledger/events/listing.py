"""listing 需求、资源、项目“三张清单”: what communities need, what units can give, and who claims it (双向认领)."""

from __future__ import annotations

from typing import Literal

from msgspec import field

from ledger.event import Event
from ledger.fields import ListingRefs, Name, PlaceOrUnitRef, Quantity, Text, Time

ListingKind = Literal["need", "resource", "project"]
ListingCategory = Literal["talent", "technology", "venue", "facility", "funds", "service"]


class ListingPosted(
    Event,
    type="listing.posted",
    term="清单发布",
    sample={
        "title": "小区周末义诊医生",
        "kind": "need",
        "category": "talent",
        "by": "place/yunxing",
        "quantity": 4,
        "unit_of_quantity": "人次",
        "from": "2024-05-06T00:00:00+08:00",
        "until": "2024-06-30T23:59:59+08:00",
    },
):
    """A need, a resource or a project entered its list (三张清单). A project names what it brings together."""

    title: Name
    kind: ListingKind
    category: ListingCategory
    by: PlaceOrUnitRef
    quantity: Quantity
    unit_of_quantity: Name
    since: Time = field(name="from")
    until: Time
    needs: ListingRefs = ()
    resources: ListingRefs = ()


class ListingClaimed(
    Event, type="listing.claimed", term="认领", sample={"by": "unit/county-hospital", "quantity": 2}
):
    """A unit or community claimed some of it (双向认领); what is more than is left is not given."""

    by: PlaceOrUnitRef
    quantity: Quantity


class ListingWithdrawn(Event, type="listing.withdrawn", term="清单撤回", sample={"reason": "场地改作他用"}):
    """It was taken off its list; what was claimed before stands."""

    reason: Text | None = None
