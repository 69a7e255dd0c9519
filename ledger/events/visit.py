"""visit 分片包楼入户、实地调研: one stream is one visit to a household or one field study."""

from __future__ import annotations

from typing import Annotated, Literal

from ledger.event import Event
from ledger.fields import CaseRef, Personal, PersonRef, PlaceRef, Reference, SealedText, TaskRef, Text, Time


class VisitPaid(
    Event,
    type="visit.paid",
    term="走访",
    sample={
        "person": "person/wang-55aa",
        "kind": "household",
        "place": "place/yuntai-garden",
        "household": "household/7c21",
        "helped": True,
        "findings": "老人独居，水龙头漏水，已联系维修。",
        "began": "2024-05-11T15:00:00+08:00",
        "ended": "2024-05-11T15:40:00+08:00",
    },
):
    """Somebody visited a household, or a leader studied a place on the spot (入户走访、实地调研).

    `helped`: a difficulty was solved on the spot. `case` and `task` are what came of it, `household` is opaque.
    """

    person: PersonRef
    kind: Literal["household", "field_study"]
    place: PlaceRef
    began: Time
    ended: Time
    household: Reference | None = None
    helped: bool | None = None
    findings: Annotated[SealedText, Personal(Text)] | None = None
    case: CaseRef | None = None
    task: TaskRef | None = None
    act: Reference | None = None
