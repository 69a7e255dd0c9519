"""survey 居民满意打分卡: items that residents score, their cards and opinions, and what is changed for it."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from ledger.event import Event
from ledger.fields import Count, Name, PartyRef, Personal, PlaceRef, Reference, SealedText, Text, Time, TopicRef

MOST_ITEMS = 50
Score = Annotated[int, Meta(ge=0, le=100)]


class SurveyItem(Struct, frozen=True):
    """A service that is scored; `item` stays the same from survey to survey, so that changes can be seen."""

    item: Name
    provider: PartyRef
    method: Name
    form: Name


class ItemScore(Struct, frozen=True):
    """What one card gives one item, of 100."""

    item: Name
    score: Score


class SurveyOpened(
    Event,
    type="survey.opened",
    term="发放打分卡",
    sample={
        "estate": "place/yuntai-garden",
        "organiser": "place/yunxing",
        "until": "2024-06-30T18:00:00+08:00",
        "issued": 120,
        "items": [
            {"item": "保洁", "provider": "unit/anju-property", "method": "每日一次", "form": "外包"},
            {"item": "安保", "provider": "unit/anju-property", "method": "两班轮岗", "form": "自管"},
        ],
    },
):
    """Cards were given out at an estate (居民满意打分卡、居民意见卡)."""

    estate: PlaceRef
    organiser: Reference
    until: Time
    issued: Count
    items: Annotated[tuple[SurveyItem, ...], Meta(max_length=MOST_ITEMS)]


class CardSubmitted(
    Event,
    type="card.submitted",
    term="交卡",
    sample={
        "card_no": "0042",
        "scores": [{"item": "保洁", "score": 85}, {"item": "安保", "score": 55}],
        "opinion": "夜里没有人巡逻",
    },
):
    """A card came back: scores, an opinion, or both. One card a number."""

    card_no: Name
    scores: Annotated[tuple[ItemScore, ...], Meta(max_length=MOST_ITEMS)] = ()
    opinion: Annotated[SealedText, Personal(Text)] | None = None


class SurveyClosed(Event, type="survey.closed", term="打分截止", sample={}):
    """No more cards count: by the clock at `until`, or earlier by the organiser."""


class RemedyProposed(
    Event,
    type="remedy.proposed",
    term="提出整改",
    sample={"item": "安保", "topic": "topic/2024-0031", "change": "method", "to": "三班轮岗，夜间巡逻"},
):
    """A change was proposed for an item that failed or scored low (更换服务者、服务方法、服务形式)."""

    item: Name
    topic: TopicRef
    change: Literal["provider", "method", "form"]
    to: Name


class RemedyAdopted(
    Event, type="remedy.adopted", term="通过整改", sample={"item": "安保", "authority": "conference"}
):
    """The change was adopted by a conference or by the owners' vote, which a property company's dismissal needs."""

    item: Name
    authority: Literal["conference", "owners_vote"]
