"""What the fold makes of a list's line: posted, claimed by several up to its quantity, withdrawn."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ledger.events.listing import ListingClaimed, ListingPosted, ListingWithdrawn
from projections.family import LIST_ITEMS
from projections.listing import listing_place, listing_unit
from tests.unit.test_folds import Spec, hours

COMMUNITY, HOSPITAL, BANK = "place/yunxing", "unit/hospital", "unit/bank"
DAY = date(2024, 5, 11)
NEED, OFFER = ("need", "talent", DAY), ("resource", "talent", DAY)


def posted(quantity: int = 4, **changes: Any) -> ListingPosted:
    fields: dict[str, Any] = {
        "title": "义诊医生", "kind": "need", "category": "talent", "by": COMMUNITY, "quantity": quantity,
        "unit_of_quantity": "人次", "since": hours(0), "until": hours(24 * 30),
    }  # fmt: skip
    return ListingPosted(**fields | changes)


def claimed(by: str, quantity: int) -> ListingClaimed:
    return ListingClaimed(by=by, quantity=quantity)


def granted(listing: Spec) -> list[tuple[str, int, str | None]]:
    return [(claim.by, claim.granted, claim.refused) for claim in listing.state().claims]


@pytest.fixture
def listing() -> Spec:
    return Spec("listing/1")


def test_a_posted_need_counts_with_its_community_and_a_resource_with_its_unit(listing: Spec) -> None:
    listing.when(posted(), delivered=2).odd(None)
    listing.then(listing_place, {(COMMUNITY, *NEED): {"posted": 1}}).then(listing_unit, {})
    other = Spec("listing/2").when(posted(kind="resource", by=HOSPITAL))
    other.then(listing_unit, {(HOSPITAL, *OFFER): {"posted": 1}}).then(listing_place, {})


def test_competing_claims_are_given_what_is_left_in_the_order_of_the_ledger(listing: Spec) -> None:
    listing.given(posted(4), claimed(HOSPITAL, 3)).when(claimed(BANK, 2), delivered=2).odd(None)
    assert granted(listing) == [(HOSPITAL, 3, None), (BANK, 1, "taken")]
    assert listing.state().claimed == 4
    listing.when(claimed(BANK, 1)).odd(None)
    assert granted(listing)[2:] == [(BANK, 0, "taken")]
    both = {"posted": 1, "taken_up": 1, "filled": 1, "claims": 3, "claims_refused": 2}
    listing.then(listing_place, {(COMMUNITY, *NEED): both})
    hospital, bank = {"own_claims": 1, "own_granted": 1}, {"own_claims": 2, "own_granted": 1}
    listing.then(listing_unit, {(HOSPITAL, *NEED): hospital, (BANK, *NEED): bank})


def test_who_claims_just_what_is_left_gets_all_of_it(listing: Spec) -> None:
    listing.given(posted(4), claimed(HOSPITAL, 1)).when(claimed(BANK, 3)).odd(None)
    assert granted(listing) == [(HOSPITAL, 1, None), (BANK, 3, None)]


def test_claims_before_the_posting_wait_for_it_and_keep_their_order(listing: Spec) -> None:
    listing.when(claimed(HOSPITAL, 3)).odd("claimed or withdrawn before it was posted")
    listing.then(listing_unit, {})
    listing.given(claimed(BANK, 3)).when(posted(4)).odd(None)
    assert granted(listing) == [(HOSPITAL, 3, None), (BANK, 1, "taken")]


def test_what_was_claimed_before_the_withdrawal_stands_and_nothing_is_given_after_it(listing: Spec) -> None:
    listing.given(posted(4), claimed(HOSPITAL, 2)).when(ListingWithdrawn(), delivered=2).odd(None)
    listing.when(claimed(BANK, 1)).odd("claimed after it was withdrawn")
    assert granted(listing) == [(HOSPITAL, 2, None), (BANK, 0, "withdrawn")]
    rows = {"posted": 1, "taken_up": 1, "withdrawn": 1, "claims": 2, "claims_refused": 1}
    listing.then(listing_place, {(COMMUNITY, *NEED): rows})
    listing.when(ListingWithdrawn()).odd("withdrawn twice")


def test_a_claim_after_its_end_gets_nothing(listing: Spec) -> None:
    listing.given(posted(4, until=hours(5))).when(claimed(BANK, 1), at=hours(6)).odd(None)
    listing.when(claimed(HOSPITAL, 1), at=hours(5)).odd(None)
    assert granted(listing) == [(BANK, 0, "ended"), (HOSPITAL, 1, None)]


def test_the_first_posting_holds(listing: Spec) -> None:
    listing.given(posted(4)).when(posted(9, by=BANK)).odd("posted twice")
    assert (listing.state().quantity, listing.state().by) == (4, COMMUNITY)
    listing.when(claimed(COMMUNITY, 1)).odd("claimed by who posted it")
    Spec("listing/2").when(posted(until=hours(-1))).odd("ends before it begins")


def test_what_does_not_fit_the_list_of_claims_is_named(listing: Spec) -> None:
    listing.given(posted(1_000), *[claimed(f"unit/{number}", 1) for number in range(LIST_ITEMS)])
    listing.when(claimed(BANK, 1)).odd(f"over {LIST_ITEMS} claims of one listing")
    assert listing.state().claimed == len(listing.state().claims) == LIST_ITEMS
