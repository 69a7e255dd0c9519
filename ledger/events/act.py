"""act 志愿服务: one stream is one volunteer act."""

from __future__ import annotations

from ledger.event import Event
from ledger.fields import (
    ActivityRef,
    Count,
    Name,
    PersonRefs,
    PlaceRef,
    Reference,
    TeamRef,
    Text,
    Time,
    UnitRef,
)


class VolunteerActed(
    Event,
    type="volunteer.acted",
    term="志愿服务",
    sample={
        "persons": ["person/wang-55aa"],
        "team": "team/red-1",
        "place": "place/yuntai-garden",
        "kind": "home_service",
        "began": "2024-05-11T09:00:00+08:00",
        "ended": "2024-05-11T10:30:00+08:00",
        "beneficiaries": 1,
    },
):
    """Volunteers did something for residents (上门服务, 解决困难 …)."""

    persons: PersonRefs
    place: PlaceRef
    kind: Name
    began: Time
    ended: Time
    beneficiaries: Count = 0
    unit: UnitRef | None = None
    team: TeamRef | None = None
    activity: ActivityRef | None = None
    act: Reference | None = None


class VolunteerConfirmed(Event, type="volunteer.confirmed", term="服务确认", sample={"by": "place/yunxing"}):
    """The community confirmed the act."""

    by: PlaceRef


class VolunteerRefused(
    Event, type="volunteer.refused", term="服务不予确认", sample={"by": "place/yunxing", "reason": "重复登记"}
):
    """The community did not confirm the act, with a reason."""

    by: PlaceRef
    reason: Text | None = None
