"""council 联席会议会: the standing council of a community and who sits on it."""

from __future__ import annotations

from typing import Literal

from ledger.event import Event
from ledger.fields import Name, PersonRef, PlaceRef, Text, UnitRef


class CouncilFormed(
    Event,
    type="council.formed",
    term="组建联席会议会",
    sample={"community": "place/yunxing", "name": "云兴街社区联席会议会"},
):
    """A community formed its council (社区联席会)."""

    community: PlaceRef
    name: Name | None = None


class CouncilSeated(
    Event,
    type="council.seated",
    term="吸纳委员",
    sample={"person": "person/zhao-31c0", "role": "member", "unit": "unit/finance-bureau"},
):
    """Somebody took a seat on the council (吸纳委员)."""

    person: PersonRef
    role: Literal["chair", "deputy", "secretary", "member"]
    unit: UnitRef | None = None


class CouncilLeft(
    Event, type="council.left", term="委员离任", sample={"person": "person/zhao-31c0", "reason": "工作调动"}
):
    """Somebody gave up the seat."""

    person: PersonRef
    reason: Text | None = None
