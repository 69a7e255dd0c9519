"""duty 在职党员“双报到”“双服务”: one stream is one report to a community or one service there."""

from __future__ import annotations

from ledger.event import Event
from ledger.fields import Count, Name, PartyRef, PersonRef, PlaceRef, Reference, Text, Time, UnitRef


class DutyReported(
    Event,
    type="duty.reported",
    term="双报到",
    sample={"party": "person/zhang-1c2d", "unit": "unit/finance-bureau", "community": "place/yunxing"},
):
    """A unit or an in-service member reported to a community (到社区报到)."""

    party: PartyRef
    community: PlaceRef
    unit: UnitRef | None = None


class DutyServed(
    Event,
    type="duty.served",
    term="双服务",
    sample={
        "person": "person/zhang-1c2d",
        "unit": "unit/finance-bureau",
        "community": "place/yunxing",
        "kind": "义诊",
        "began": "2024-05-11T09:00:00+08:00",
        "ended": "2024-05-11T11:00:00+08:00",
        "beneficiaries": 12,
    },
):
    """An in-service member served in a community; it counts once the community confirms."""

    person: PersonRef
    unit: UnitRef
    community: PlaceRef
    kind: Name
    began: Time
    ended: Time
    beneficiaries: Count = 0
    act: Reference | None = None


class DutyConfirmed(Event, type="duty.confirmed", term="社区确认", sample={"by": "place/yunxing"}):
    """The community confirmed the report or service."""

    by: PlaceRef


class DutyRefused(
    Event, type="duty.refused", term="社区不予确认", sample={"by": "place/yunxing", "reason": "当天未到场"}
):
    """The community did not confirm it, with a reason."""

    by: PlaceRef
    reason: Text | None = None
