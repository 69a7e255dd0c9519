"""care 结对帮扶: one stream is one pairing of a helper with somebody who needs help."""

from __future__ import annotations

from typing import Literal

from ledger.event import Event
from ledger.fields import PartyRef, PlaceRef, Reference, Text


class CarePaired(
    Event,
    type="care.paired",
    term="结对帮扶",
    sample={
        "helper": "person/wang-55aa",
        "recipient": "person/r-40c1",
        "group": "lone_elder",
        "place": "place/yuntai-garden",
    },
):
    """A helper was paired with somebody (结对帮扶); `recipient` is opaque and shown on no board."""

    helper: PartyRef
    recipient: Reference
    group: Literal["lone_elder", "hardship", "migrant_tenant", "child", "other"]
    place: PlaceRef


class CareVisited(Event, type="care.visited", term="帮扶走访", sample={}):
    """The helper went to see the other one (帮扶走访)."""


class CareEnded(Event, type="care.ended", term="结束帮扶", sample={"reason": "已由子女接走照料"}):
    """The pairing ended, with a reason (结束帮扶)."""

    reason: Text
