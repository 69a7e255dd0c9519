"""publisher 发布方: the parties that may publish, as the register announces them. Nothing secret."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from ledger.event import Event
from ledger.fields import Minutes, Name, PlaceRef, Text

_AT_MOST = Meta(max_length=100)
Granted = Annotated[tuple[Name, ...], _AT_MOST]
GrantedPlaces = Annotated[tuple[PlaceRef, ...], _AT_MOST]
Rate = Annotated[int, Meta(ge=1, le=100_000)]


class PublisherRegistered(
    Event,
    type="publisher.registered",
    term="发布方登记",
    sample={
        "name": "12345 热线平台",
        "sources": ["urn:example:hotline"],
        "types": ["case.*"],
        "places": ["place/xicheng"],
        "rate_per_second": 1000,
        "rhythm_minutes": 120,
    },
):
    """A party may publish from now on (发布方登记). No types: every type; no places: every place."""

    name: Name
    sources: Granted
    rate_per_second: Rate
    types: Granted = ()
    places: GrantedPlaces = ()
    rhythm_minutes: Minutes | None = None


class PublisherChanged(Event, type="publisher.changed", term="发布方变更", sample={"rate_per_second": 2000}):
    """What a party may publish changed; absent fields stay, a rhythm of 0 minutes ends the declared one."""

    name: Name | None = None
    sources: Granted | None = None
    types: Granted | None = None
    places: GrantedPlaces | None = None
    rate_per_second: Rate | None = None
    rhythm_minutes: Minutes | None = None


class PublisherRevoked(Event, type="publisher.revoked", term="发布方注销", sample={"reason": "合同到期"}):
    """A party may publish no longer."""

    reason: Text | None = None
