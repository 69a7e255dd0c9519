"""wish 微心愿: a small wish of a resident, reworded by the desk, claimed by one party, granted and confirmed."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from ledger.event import Event
from ledger.fields import (
    Name,
    PartyRef,
    Personal,
    PersonRef,
    PlaceRef,
    Reference,
    Score,
    SealedText,
    Text,
    Time,
)
from ledger.limits import LIST_ITEMS
from ledger.overdue import Overdue


class WishMade(
    Event,
    type="wish.made",
    term="许下微心愿",
    sample={"place": "place/yuntai-garden", "text": "希望有人教我用手机挂号。", "wisher": "person/zhao-9b1e"},
):
    """A resident made a small wish (微心愿); a wish without a wisher is its own owner."""

    place: PlaceRef
    text: Annotated[SealedText, Personal(Text, owner="wisher")]
    wisher: PersonRef | None = None


class WishPublished(Event, type="wish.published", term="发布微心愿", sample={"title": "教老人用手机挂号"}):
    """The desk reworded the wish and put it up for everybody (发布微心愿); the title is public."""

    title: Name


class WishClaimed(Event, type="wish.claimed", term="认领微心愿", sample={"by": "unit/finance-bureau"}):
    """A person or a unit claimed the wish (认领微心愿); the first claim holds."""

    by: PartyRef


class WishReleased(Event, type="wish.released", term="放弃认领", sample={"reason": "出差两个月"}):
    """Who had claimed the wish gave it back, and it is open again (放弃认领)."""

    reason: Text | None = None


class WishGranted(
    Event,
    type="wish.granted",
    term="实现微心愿",
    sample={
        "persons": ["person/wang-55aa"],
        "home_visit": True,
        "began": "2024-05-11T15:00:00+08:00",
        "ended": "2024-05-11T16:10:00+08:00",
    },
):
    """The wish was fulfilled by these persons (实现微心愿); `act` names the deed where it is told elsewhere too."""

    persons: Annotated[tuple[PersonRef, ...], Meta(min_length=1, max_length=LIST_ITEMS)]
    home_visit: bool
    began: Time
    ended: Time
    act: Reference | None = None


class WishConfirmed(Event, type="wish.confirmed", term="确认微心愿", sample={"score": 96}):
    """The wisher confirmed it and gave a score of 100 (确认微心愿)."""

    score: Score


class WishWithdrawn(Event, type="wish.withdrawn", term="撤回微心愿", sample={"reason": "家人已经办好"}):
    """The wish was taken back (撤回微心愿)."""

    reason: Text | None = None


class WishOverdue(
    Overdue,
    type="wish.overdue",
    term="无人认领",
    sample={"clock": "unclaimed", "due": "2024-05-26T09:00:00+08:00", "rule": "clocks-2024-1"},
):
    """Nobody claimed the wish in time (无人认领)."""
