"""publisher: who may publish what, as the register announced it (发布方登记册)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from ledger.events.publisher import PublisherChanged, PublisherRegistered, PublisherRevoked
from ledger.record import Record
from projections.family import Share, State, Tally

VERSION = 1

publisher_state = Tally("publisher_state", ("state",), ("publishers", "with_rhythm"))
TALLIES = (publisher_state,)

PublisherEvent = PublisherRegistered | PublisherChanged | PublisherRevoked


class Publisher(State, frozen=True):
    """One party as it is now. No types: every type; no places: every place."""

    name: str | None = None
    sources: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    rate_per_second: int | None = None
    rhythm_minutes: int | None = None
    registered_at: datetime | None = None
    changed_at: datetime | None = None
    revoked_at: datetime | None = None


def evolve(publisher: Publisher, record: Record[PublisherEvent]) -> Publisher:
    """A change keeps what it does not name; a second registration corrects the first."""
    match record.event:
        case PublisherRegistered() as event:
            return replace(
                publisher,
                name=event.name,
                sources=event.sources,
                types=event.types,
                places=event.places,
                rate_per_second=event.rate_per_second,
                rhythm_minutes=event.rhythm_minutes or None,
                registered_at=publisher.registered_at or record.time,
            )
        case PublisherChanged() as event:
            rhythm = publisher.rhythm_minutes if event.rhythm_minutes is None else event.rhythm_minutes
            return replace(
                publisher,
                name=event.name or publisher.name,
                sources=event.sources or publisher.sources,
                types=publisher.types if event.types is None else event.types,
                places=publisher.places if event.places is None else event.places,
                rate_per_second=event.rate_per_second or publisher.rate_per_second,
                rhythm_minutes=rhythm or None,
                changed_at=record.time,
            )
        case PublisherRevoked():
            return replace(publisher, revoked_at=publisher.revoked_at or record.time)
        case _:
            assert_never(record.event)


def anomaly(publisher: Publisher, record: Record[PublisherEvent]) -> str | None:
    """Why the event makes no sense for this party as it was before."""
    match record.event:
        case PublisherRegistered() if publisher.registered_at:
            return "registered twice"
        case PublisherChanged() if publisher.revoked_at:
            return "changed after it was revoked"
        case PublisherRevoked() if publisher.revoked_at:
            return "revoked twice"
    return None


def contribute(publisher: Publisher) -> Iterator[Share]:
    """A registered party counts in its state."""
    if publisher.registered_at:
        state = "revoked" if publisher.revoked_at else "active"
        yield publisher_state.share(state, publishers=1, with_rhythm=publisher.rhythm_minutes is not None)
