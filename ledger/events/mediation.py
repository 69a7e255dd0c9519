"""mediation 矛盾纠纷“三级七天调解法”: grid, community, town; 情理法诉; 心愿邮箱 and other channels."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from ledger.event import Event
from ledger.fields import Name, Personal, PersonRef, PlaceRef, Reference, SealedText, Text, Time
from ledger.overdue import Overdue


class MediationOpened(
    Event,
    type="mediation.opened",
    term="受理纠纷",
    sample={
        "channel": "wish_mailbox",
        "place": "place/yuntai-garden",
        "cause": "楼上漏水",
        "parties": ["household/7c21", "household/90ab"],
        "text": "楼上卫生间漏水，双方多次争执。",
        "mediator": "person/qian-0d2c",
        "remote": True,
        "first_responsible": "person/qian-0d2c",
        "level": "grid",
    },
):
    """A dispute came to a mediator (受理纠纷), by mailbox 心愿邮箱, window, grid or from a case; parties are opaque."""

    channel: Literal["wish_mailbox", "window", "grid", "case"]
    place: PlaceRef
    cause: Name
    parties: Annotated[tuple[Reference, ...], Meta(min_length=1, max_length=20)]
    text: Annotated[SealedText, Personal(Text)]
    mediator: PersonRef
    remote: bool
    first_responsible: PersonRef | None = None
    level: Literal["grid", "community", "town", "county"] = "grid"


class MediationRefused(
    Event, type="mediation.refused", term="一方不愿调解", sample={"party": "household/90ab"}
):
    """A party does not want mediation, and it ends unless they come round (一方不愿调解)."""

    party: Reference


class MediationMet(Event, type="mediation.met", term="调解", sample={"method": "reason"}):
    """The parties were brought together, by sentiment 情, reason 理, law 法 or guidance to court 诉 (调解)."""

    method: Literal["sentiment", "reason", "law", "litigation_guidance"]


class MediationPaused(
    Event, type="mediation.paused", term="中止调解", sample={"until": "2024-05-20T09:00:00+08:00"}
):
    """By agreement the clocks stand still until then (中止调解); a later one replaces what is left of it."""

    until: Time
    reason: Text | None = None


class MediationExtended(
    Event, type="mediation.extended", term="延长调解", sample={"due": "2024-05-31T18:00:00+08:00"}
):
    """By agreement there is time until then, at this level and in all (延长调解)."""

    due: Time
    reason: Text | None = None


class MediationEscalated(
    Event,
    type="mediation.escalated",
    term="提级调解",
    sample={"to": "community", "by": "urn:shanzhi:clock", "rule": "clocks-2024-1"},
):
    """The dispute went a level up, by the clock or by a person (提级调解)."""

    to: Literal["community", "town", "county"]
    by: Name
    rule: Name | None = None


class MediationSettled(
    Event,
    type="mediation.settled",
    term="调解成功",
    sample={"agreement": "楼上一周内修好，并赔偿粉刷费用。", "judicial_confirmation": False},
):
    """The parties agreed (调解成功), confirmed by the court where `judicial_confirmation` says so (司法确认)."""

    agreement: Annotated[SealedText, Personal(Text)]
    judicial_confirmation: bool = False


class MediationFailed(Event, type="mediation.failed", term="调解不成", sample={"to": "litigation"}):
    """Somebody says that it can't be settled, and where the parties turn (调解不成); no clock says this."""

    to: Literal["litigation", "arbitration", "administrative", "none"]


class MediationFollowedUp(Event, type="mediation.followed_up", term="回访", sample={"holds": True}):
    """It was asked afterwards whether the agreement holds (回访)."""

    holds: bool


class MediationOverdue(
    Overdue,
    type="mediation.overdue",
    term="调解超期",
    sample={
        "clock": "total",
        "due": "2024-05-18T10:00:00+08:00",
        "rule": "clocks-2024-1",
        "holder": "person/qian-0d2c",
    },
):
    """The seven days ran out without a settlement (调解超期)."""
