"""assessment 协同考核: one stream is one unit's assessment of one period, `assessment/<unit id>~<period>`.

The period is a month or a quarter: `assessment/finance-bureau~2024-05`, `assessment/finance-bureau~2024-Q2`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from ledger.event import Event
from ledger.fields import Name, PartyRef, PlaceRef, Text

Points = Annotated[float, Meta(ge=0, le=1000)]


class AssessmentScored(
    Event,
    type="assessment.scored",
    term="协同考核打分",
    sample={
        "assessor": "place/yunxing",
        "tier": "community",
        "item": "联席会出席",
        "kind": "points",
        "points": 8.5,
        "max": 10,
    },
):
    """A town or community gave a unit points for an item, a bonus or a deduction (协同考核打分)."""

    assessor: PlaceRef
    tier: Literal["town", "community"]
    item: Name
    kind: Literal["points", "bonus", "deduction"]
    points: Points
    most: Points = field(name="max")
    note: Text | None = None


class AssessmentContested(
    Event,
    type="assessment.contested",
    term="考核申诉",
    sample={
        "assessor": "place/yunxing",
        "item": "联席会出席",
        "by": "unit/finance-bureau",
        "reason": "已派副职参会",
    },
):
    """The unit disputes the points of an item (考核申诉); the score is shown both ways until ruled."""

    assessor: PlaceRef
    item: Name
    by: PartyRef
    reason: Text


class AssessmentRuled(
    Event,
    type="assessment.ruled",
    term="申诉裁定",
    sample={"assessor": "place/yunxing", "item": "联席会出席", "upheld": True, "points": 10},
):
    """A contested item was ruled on (申诉裁定). Upheld with `points`: these count instead; without: none do."""

    assessor: PlaceRef
    item: Name
    upheld: bool
    points: Points | None = None
