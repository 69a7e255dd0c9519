"""What the fold makes of a contract: items owed by a day, delivered, accepted or owed again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ledger.events.contract import (
    ContractAccepted,
    ContractDelivered,
    ContractEnded,
    ContractItem,
    ContractOverdue,
    ContractRefused,
    ContractSigned,
)
from projections.contract import contract_day, deadlines
from projections.family import LIST_ITEMS, Deadline
from tests.unit.test_folds import Spec, hours

COMMUNITY, HOSPITAL = "place/yunxing", "unit/hospital"
KEY = (COMMUNITY, HOSPITAL, date(2024, 5, 11))
DUE = datetime(2024, 5, 31, 16, tzinfo=UTC)  # when the 31st ends in Shanghai
DELIVERED, ENDED = ContractDelivered(item="义诊"), ContractEnded()
ACCEPTED = ContractAccepted(item="义诊", score=95)
REFUSED = ContractRefused(item="义诊", score=40)


def signed(*items: tuple[str, str], **changes: Any) -> ContractSigned:
    owed = items or (("义诊", "2024-05-31"), ("讲座", "2024-06-30"))
    fields: dict[str, Any] = {"community": COMMUNITY, "unit": HOSPITAL, "listings": ("listing/1",)}
    fields["items"] = tuple(ContractItem(item=item, quantity=1, due=due) for item, due in owed)
    return ContractSigned(**fields | changes)


def clocks(contract: Spec) -> list[tuple[str, datetime | None]]:
    return [(one.key, one.due) for one in deadlines(contract.state())]


@pytest.fixture
def contract() -> Spec:
    return Spec("contract/1")


def test_each_item_is_owed_until_its_day_ends_in_shanghai(contract: Spec) -> None:
    contract.when(signed(), delivered=2).odd(None)
    contract.then(contract_day, {KEY: {"signed": 1, "items": 2}})
    first, second = deadlines(contract.state())
    assert first == Deadline(
        clock="item", key="义诊", started_at=hours(0), recorded_at=hours(0), due=DUE, holder=HOSPITAL
    )
    assert second.due == DUE + timedelta(days=30)


def test_a_delivered_item_is_owed_no_more_and_counts_with_its_score_once_accepted(contract: Spec) -> None:
    contract.given(signed()).when(DELIVERED, delivered=2).odd(None)
    assert clocks(contract) == [("讲座", DUE + timedelta(days=30))]
    contract.when(ACCEPTED, delivered=2).odd(None)
    rows = {"signed": 1, "items": 2, "delivered": 1, "accepted": 1, "scored": 1, "score": 95}
    contract.then(contract_day, {KEY: rows})
    contract.when(ACCEPTED).odd("accepted twice").when(DELIVERED).odd("delivered twice")
    assert contract.state().items[0].delivered_at == hours(1), "the first delivery counts"


def test_a_refused_item_is_owed_again_by_its_old_due_and_its_next_delivery_counts(contract: Spec) -> None:
    contract.given(signed(), DELIVERED).when(REFUSED, delivered=2).odd(None)
    contract.then(contract_day, {KEY: {"signed": 1, "items": 2, "refused": 1, "scored": 1, "score": 40}})
    assert clocks(contract)[0] == ("义诊", DUE)
    contract.when(DELIVERED, at=hours(50)).odd(None)
    contract.when(ACCEPTED).odd(None)
    (item, _) = contract.state().items
    assert (item.delivered_at, item.refused_at, item.score) == (hours(50), None, 95)
    contract.when(REFUSED, at=hours(60)).odd(None)
    assert contract.state().items[0].accepted_at is None, "the last word holds"


def test_what_was_refused_may_be_accepted_as_it_is(contract: Spec) -> None:
    contract.given(signed(), DELIVERED, REFUSED).when(ACCEPTED).odd(None)
    assert [item for item, _ in clocks(contract)] == ["讲座"]
    (item, _) = contract.state().items
    assert (item.delivered_at, item.refused_at, item.score) == (hours(1), None, 95)
    rows = {"signed": 1, "items": 2, "delivered": 1, "accepted": 1, "scored": 1, "score": 95}
    contract.then(contract_day, {KEY: rows})


def test_a_delivery_that_arrives_after_its_refusal_stays_refused(contract: Spec) -> None:
    contract.given(signed()).when(REFUSED, at=hours(9)).odd("judged before it was delivered")
    contract.when(DELIVERED, at=hours(8)).odd(None)
    assert ("义诊", DUE) in clocks(contract)
    assert contract.state().items[0].delivered_at == hours(8)


def test_what_comes_before_the_signing_is_completed_by_it(contract: Spec) -> None:
    contract.when(DELIVERED).odd("delivered or judged before it was signed")
    contract.then(contract_day, {}).when(signed()).odd(None)
    contract.then(contract_day, {KEY: {"signed": 1, "items": 2, "delivered": 1}})
    assert [one.item for one in contract.state().items] == ["义诊", "讲座"]
    assert contract.state().items[0].due == DUE


def test_what_the_contract_does_not_name_is_kept_and_not_counted(contract: Spec) -> None:
    contract.given(signed()).when(ContractDelivered(item="舞台")).odd("not an item of the contract")
    contract.then(contract_day, {KEY: {"signed": 1, "items": 2}})
    assert len(clocks(contract)) == 2


def test_an_ended_contract_owes_nothing(contract: Spec) -> None:
    contract.given(signed()).when(ENDED, delivered=2).odd(None)
    contract.then(contract_day, {KEY: {"signed": 1, "ended": 1, "items": 2}})
    assert clocks(contract) == []
    contract.when(ENDED).odd("ended twice")
    Spec("contract/2").when(ENDED).odd("ended before it was signed")


def test_a_clock_that_ran_out_fires_once(contract: Spec) -> None:
    overdue = ContractOverdue(clock="item", key="义诊", due=DUE, rule="clocks-2024-1", holder=HOSPITAL)
    contract.given(signed()).when(overdue, delivered=2, at=DUE).odd(None)
    assert [item for item, _ in clocks(contract)] == ["讲座"]
    contract.then(contract_day, {KEY: {"signed": 1, "items": 2, "overdue": 1}})


def test_the_first_signing_holds_and_odd_items_are_named(contract: Spec) -> None:
    contract.given(signed()).when(signed(("舞台", "2024-07-01"), unit="unit/bank")).odd("signed twice")
    assert contract.state().unit == HOSPITAL
    other = Spec("contract/2").when(signed(("义诊", "2024-02-30"))).odd("an item is due on a day that does not exist")
    assert clocks(other) == []
    twice = signed(("义诊", "2024-05-31"), ("义诊", "2024-06-30"))
    third = Spec("contract/3").when(twice).odd("an item is named twice")
    assert clocks(third) == [("义诊", DUE)], "the first of the name holds"


def test_what_does_not_fit_is_named(contract: Spec) -> None:
    contract.given(signed(), *[ContractDelivered(item=f"i{number}") for number in range(LIST_ITEMS - 2)])
    contract.when(ContractDelivered(item="more")).odd(f"over {LIST_ITEMS} items in one contract")
    assert len(contract.state().items) == LIST_ITEMS
    overdue = [
        ContractOverdue(clock="item", key=f"i{number}", due=hours(number), rule="r") for number in range(LIST_ITEMS)
    ]
    contract.given(*overdue).when(overdue[0]).odd(f"over {LIST_ITEMS} overdue items in one contract")
