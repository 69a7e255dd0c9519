"""listing 三张清单: what is needed, offered and planned, and who claimed it, up to its quantity (双向认领)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from ledger.events.listing import ListingClaimed, ListingPosted, ListingWithdrawn
from ledger.record import Record
from projections.family import LIST_ITEMS, Share, State, Tally, day_of

VERSION = 1

_MEASURES = ("posted", "taken_up", "filled", "withdrawn", "claims", "claims_refused", "own_claims", "own_granted")
_KEY = ("kind", "category", "day")
listing_place = Tally("listing_place", ("place", *_KEY), _MEASURES)
listing_unit = Tally("listing_unit", ("unit", *_KEY), _MEASURES)
TALLIES = (listing_place, listing_unit)

ListingEvent = ListingPosted | ListingClaimed | ListingWithdrawn


class Claim(Struct, frozen=True):
    """What somebody asked for, and how much of it they got. `refused` says why they did not get all of it."""

    by: str
    quantity: int
    granted: int
    at: datetime
    refused: str | None = None


class Listing(State, frozen=True):
    """One line of a list. `claimed` is what the claims were given together; `claims` in ledger order."""

    title: str | None = None
    kind: str | None = None
    category: str | None = None
    by: str | None = None
    quantity: int = 0
    unit_of_quantity: str | None = None
    needs: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    posted_at: datetime | None = None
    claims: tuple[Claim, ...] = ()
    claimed: int = 0
    withdrawn_at: datetime | None = None


def evolve(listing: Listing, record: Record[ListingEvent]) -> Listing:
    """The first posting holds. Claims are given what is left in the order of the ledger, and nothing once it is over.

    A claim for more than is left gets the rest. Over means withdrawn before the claim, or claimed after `until`; what
    was given before stands. Claims before the posting wait for it, and are then settled in their order.
    """
    match record.event:
        case ListingPosted() as event:
            return listing if listing.posted_at else _posted(listing, record.time, event)
        case ListingClaimed(by=by, quantity=quantity):
            if len(listing.claims) >= LIST_ITEMS:
                return listing
            refused = "withdrawn" if listing.withdrawn_at else None
            return _given(listing, Claim(by, quantity, 0, record.time, refused))
        case ListingWithdrawn():
            return replace(listing, withdrawn_at=listing.withdrawn_at or record.time)
        case _:
            assert_never(record.event)


def _posted(listing: Listing, time: datetime, event: ListingPosted) -> Listing:
    waiting = listing.claims
    listing = replace(
        listing,
        title=event.title,
        kind=event.kind,
        category=event.category,
        by=event.by,
        quantity=event.quantity,
        unit_of_quantity=event.unit_of_quantity,
        needs=tuple(event.needs),
        resources=tuple(event.resources),
        since=event.since,
        until=event.until,
        posted_at=time,
        claims=(),
    )
    for claim in waiting:
        listing = _given(listing, claim)
    return listing


def _given(listing: Listing, claim: Claim) -> Listing:
    """One more claim, with what it gets; before the posting nobody gets anything yet."""
    if listing.posted_at is None:
        return replace(listing, claims=(*listing.claims, claim))
    granted, refused = _granted(listing, claim, listing.quantity - listing.claimed)
    given = replace(claim, granted=granted, refused=refused)
    return replace(listing, claims=(*listing.claims, given), claimed=listing.claimed + granted)


def _granted(listing: Listing, claim: Claim, left: int) -> tuple[int, str | None]:
    if claim.refused == "withdrawn":
        return 0, claim.refused
    if listing.until is not None and claim.at > listing.until:
        return 0, "ended"
    return (claim.quantity, None) if claim.quantity <= left else (left, "taken")


def anomaly(listing: Listing, record: Record[ListingEvent]) -> str | None:
    """Why the event makes no sense for this listing as it was before. A lost claim is no anomaly."""
    match record.event:
        case ListingPosted() if listing.posted_at:
            return "posted twice"
        case ListingPosted(since=since, until=until) if until < since:
            return "ends before it begins"
        case ListingClaimed() if len(listing.claims) >= LIST_ITEMS:
            return f"over {LIST_ITEMS} claims of one listing"
        case ListingClaimed(by=by) if by == listing.by:
            return "claimed by who posted it"
        case ListingClaimed() if listing.withdrawn_at:
            return "claimed after it was withdrawn"
        case ListingWithdrawn() if listing.withdrawn_at:
            return "withdrawn twice"
        case ListingClaimed() | ListingWithdrawn() if not listing.posted_at:
            return "claimed or withdrawn before it was posted"
    return None


def contribute(listing: Listing) -> Iterator[Share]:
    """It counts with who posted it on that day, and each claim with who made it on the day of the claim."""
    if not (listing.posted_at and listing.by and listing.kind and listing.category):
        return
    yield _tally_of(listing.by).share(
        listing.by,
        listing.kind,
        listing.category,
        day_of(listing.posted_at),
        posted=1,
        taken_up=listing.claimed > 0,
        filled=listing.claimed == listing.quantity,
        withdrawn=listing.withdrawn_at is not None,
        claims=len(listing.claims),
        claims_refused=len([claim for claim in listing.claims if claim.refused]),
    )
    for claim in listing.claims:
        yield _tally_of(claim.by).share(
            claim.by,
            listing.kind,
            listing.category,
            day_of(claim.at),
            own_claims=1,
            own_granted=claim.granted > 0,
        )


def _tally_of(party: str) -> Tally:
    return listing_unit if party.startswith("unit/") else listing_place
