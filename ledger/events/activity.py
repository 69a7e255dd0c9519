"""activity 活动: clinics, lectures, culture and practice, planned and held."""

from __future__ import annotations

from typing import Literal

from ledger.event import Event
from ledger.fields import Count, Name, PlaceRef, Reference, Text, Time, UnitRefs

ActivityKind = Literal[
    "clinic",
    "counselling",
    "stairway_lecture",
    "mobile_service",
    "reading_day",
    "knowledge_contest",
    "skills_contest",
    "party_day",
    "culture",
    "practice",
]


class ActivityPlanned(
    Event,
    type="activity.planned",
    term="活动计划",
    sample={
        "title": "周末义诊进小区",
        "kind": "clinic",
        "campaign": "我为群众办实事",
        "place": "place/yuntai-garden",
        "organiser": "place/yunxing",
        "providers": ["unit/county-hospital"],
        "begins": "2024-05-18T09:00:00+08:00",
        "ends": "2024-05-18T11:00:00+08:00",
    },
):
    """An activity was planned (义诊, 心理辅导, 楼道党课, 读书日 …)."""

    title: Name
    kind: ActivityKind
    place: PlaceRef
    organiser: Reference
    begins: Time
    ends: Time
    providers: UnitRefs = ()
    campaign: Name | None = None
    brand: Name | None = None
    facility: Name | None = None


class ActivityHeld(Event, type="activity.held", term="活动开展", sample={"attendance": 46}):
    """A planned activity was held."""

    attendance: Count


class ActivityCancelled(Event, type="activity.cancelled", term="活动取消", sample={"reason": "天气原因"}):
    """A planned activity was cancelled."""

    reason: Text | None = None
