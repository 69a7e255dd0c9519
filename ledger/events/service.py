"""service 一门式服务事项: what a window offers (受理、查询、网上申报), and how often it is asked about."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from ledger.event import Event
from ledger.fields import Name, PlaceRef, WorkingDays

ServiceChannel = Literal["app", "window", "self_service", "hotline", "visit"]


class ServiceOffered(
    Event,
    type="service.offered",
    term="服务事项",
    sample={
        "item": "social-assistance",
        "name": "社会救助申请",
        "department": "左云县民政局",
        "kind": "apply",
        "promised_working_days": 10,
    },
):
    """An item is offered at every window and online (一站受理). `item` is its stable id: `service/<item>`."""

    item: Name
    name: Name
    department: Name
    kind: Literal["apply", "query", "handle"]
    promised_working_days: WorkingDays


class ServiceQueried(
    Event, type="service.queried", term="事项查询", sample={"community": "place/yunxing", "channel": "app", "count": 3}
):
    """People asked about the item, `count` of them.

    A stream holds at most 100 days of communities and channels: who tells every day gives each month a stream of its
    own, `service/<item>~<community>~<month>`, and names the item.
    """

    community: PlaceRef
    item: Name | None = None
    channel: ServiceChannel | None = None
    count: Annotated[int, Meta(ge=1, le=10_000)] = 1
