"""curtain 窗帘行动: a household's curtain is to be open by a time of day; if not, the watcher knocks (一老一小)."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from ledger.event import Event
from ledger.fields import Name, PersonRef, PlaceRef, Reference, Shape, Text, Time

TimeOfDay = Annotated[str, Meta(min_length=5, max_length=5), Shape(r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]


class CurtainAgreed(
    Event,
    type="curtain.agreed",
    term="窗帘约定",
    sample={
        "household": "household/7c21",
        "group": "elder",
        "watcher": "person/li-7f3a",
        "by_time": "09:00",
        "grid": "place/grid-17",
        "consent": True,
    },
):
    """A household agreed with a watcher that its curtain is open by a time of day in Shanghai (窗帘约定).

    `household` is opaque and shown on no board; without `consent` nothing is watched.
    """

    household: Reference
    group: Literal["elder", "child"]
    watcher: PersonRef
    by_time: TimeOfDay
    grid: PlaceRef
    consent: bool


class CurtainSeen(Event, type="curtain.seen", term="窗帘已拉开", sample={}):
    """The curtain was seen open (窗帘已拉开)."""


class CurtainPaused(Event, type="curtain.paused", term="暂停守望", sample={"reason": "住院一周"}):
    """Nothing is watched until it is resumed (暂停守望)."""

    reason: Text | None = None


class CurtainResumed(Event, type="curtain.resumed", term="恢复守望", sample={}):
    """The curtain is watched again (恢复守望)."""


class CurtainEnded(Event, type="curtain.ended", term="结束守望", sample={"reason": "随子女搬走"}):
    """The agreement ended (结束守望)."""

    reason: Text | None = None


class CurtainMissed(
    Event,
    type="curtain.missed",
    term="窗帘未拉开",
    sample={"due": "2024-05-11T09:00:00+08:00", "rule": "clocks-2024-1"},
):
    """The time of day passed and nobody saw the curtain open: the watcher is to knock (窗帘未拉开)."""

    due: Time | None = None
    rule: Name | None = None


class CurtainChecked(Event, type="curtain.checked", term="上门查看", sample={"outcome": "safe"}):
    """The watcher knocked: all is well, or help was given (上门查看)."""

    outcome: Literal["safe", "helped"]


class CurtainUnanswered(
    Event,
    type="curtain.unanswered",
    term="敲门无应答",
    sample={"due": "2024-05-11T09:30:00+08:00", "rule": "clocks-2024-1"},
):
    """Nobody told in time what the knock came to: an emergency case follows (敲门无应答)."""

    due: Time | None = None
    rule: Name | None = None
