"""topic 议题: what residents want dealt with, from its collection to its solution."""

from __future__ import annotations

from typing import Literal

from ledger.event import Event
from ledger.fields import CaseRef, ConferenceRef, Name, PartyRef, PlaceRef, Reference, SurveyRef, Time
from ledger.overdue import Overdue


class TopicCollected(
    Event,
    type="topic.collected",
    term="收集议题",
    sample={
        "estate": "place/yuntai-garden",
        "category": "停车管理",
        "by": "person/li-7f3a",
        "title": "小区外围停车场整改",
    },
):
    """A problem was collected for a conference (收集问题); `survey` and `item` where a low score is the reason."""

    estate: PlaceRef
    category: Name
    by: Reference
    title: Name
    case: CaseRef | None = None
    survey: SurveyRef | None = None
    item: Name | None = None


class TopicTabled(Event, type="topic.tabled", term="上会", sample={"conference": "conference/2024-0007"}):
    """The topic was put before a conference (上会商议)."""

    conference: ConferenceRef


class TopicDecided(
    Event,
    type="topic.decided",
    term="议定",
    sample={"outcome": "agreed", "responsible": "unit/anju-property", "due": "2024-06-30T18:00:00+08:00"},
):
    """The conference settled what is to be done, by whom and until when (议定)."""

    outcome: Literal["agreed", "deferred", "referred", "rejected"]
    responsible: PartyRef | None = None
    due: Time | None = None


class TopicCarriedOut(Event, type="topic.carried_out", term="落实", sample={}):
    """What was agreed has been done (落实)."""


class TopicSolved(Event, type="topic.solved", term="解决", sample={"confirmed_by": "person/wang-55aa"}):
    """Somebody who is concerned confirmed that the problem is gone (解决)."""

    confirmed_by: Reference


class TopicOverdue(
    Overdue,
    type="topic.overdue",
    term="议题超期",
    sample={
        "clock": "carry_out",
        "due": "2024-06-30T18:00:00+08:00",
        "rule": "clocks-2024-1",
        "holder": "unit/anju-property",
    },
):
    """What was agreed was not carried out by its due (议题超期)."""
