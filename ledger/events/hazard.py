"""hazard 安全隐患: found on a patrol or otherwise, fixed by whoever is responsible, and verified."""

from __future__ import annotations

from typing import Annotated, Literal

from ledger.event import Event
from ledger.fields import CaseRef, Location, Name, PartyRef, PatrolRef, Personal, PlaceRef, Reference, SealedText, Time
from ledger.overdue import Overdue


class HazardFound(
    Event,
    type="hazard.found",
    term="发现隐患",
    sample={
        "patrol": "patrol/20240511-3",
        "place": "place/yuntai-garden",
        "location": {"longitude": 112.703, "latitude": 40.012},
        "kind": "消防通道堵塞",
        "severity": "serious",
        "responsible": "unit/anju-property",
        "due": "2024-05-12T15:00:00+08:00",
    },
):
    """A hazard was found (发现隐患): serious 重大, moderate 较大 or minor 一般; `due` where the finder set one."""

    place: PlaceRef
    kind: Name
    severity: Literal["serious", "moderate", "minor"]
    responsible: PartyRef
    patrol: PatrolRef | None = None
    location: Annotated[SealedText, Personal(Location)] | None = None
    due: Time | None = None
    case: CaseRef | None = None


class HazardFixed(Event, type="hazard.fixed", term="隐患整改", sample={"by": "unit/anju-property"}):
    """Somebody fixed it (隐患整改)."""

    by: Reference


class HazardVerified(Event, type="hazard.verified", term="隐患销号", sample={"by": "person/wang-55aa"}):
    """Somebody saw that it is fixed (隐患销号)."""

    by: Reference


class HazardOverdue(
    Overdue,
    type="hazard.overdue",
    term="隐患超期",
    sample={
        "clock": "fix",
        "due": "2024-05-12T15:00:00+08:00",
        "rule": "clocks-2024-1",
        "holder": "unit/anju-property",
    },
):
    """The hazard was not fixed in time (隐患超期)."""
