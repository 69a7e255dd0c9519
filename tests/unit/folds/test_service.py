"""What the fold makes of a service item: offered, and asked about by community, channel and day."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ledger.events.service import ServiceOffered, ServiceQueried
from projections.family import LIST_ITEMS
from projections.service import service_day, service_offer
from tests.unit.test_folds import Spec, hours

YUNXING, WEST = "place/yunxing", "place/west"
DAY, NEXT_DAY = date(2024, 5, 11), date(2024, 5, 12)


def offered(**changes: Any) -> ServiceOffered:
    fields: dict[str, Any] = {"item": "relief", "name": "社会救助", "department": "民政局", "kind": "apply"}
    return ServiceOffered(**fields | {"promised_working_days": 10} | changes)


def queried(community: str = YUNXING, **more: Any) -> ServiceQueried:
    return ServiceQueried(community=community, **more)


@pytest.fixture
def service() -> Spec:
    return Spec("service/relief")


def test_an_offered_item_counts_with_its_department_and_the_last_offer_holds(service: Spec) -> None:
    service.when(offered(), delivered=2).odd(None)
    service.then(service_offer, {("民政局", "apply"): {"offered": 1, "promised_working_days": 10}})
    service.when(offered(promised_working_days=5)).odd(None)
    service.then(service_offer, {("民政局", "apply"): {"offered": 1, "promised_working_days": 5}})
    assert service.state().offered_at == hours(0)
    service.when(offered(item="licence")).odd("another item in one stream")


def test_questions_of_a_day_are_added_up_by_community_and_channel(service: Spec) -> None:
    service.given(offered(), queried(channel="app"), queried(WEST)).when(queried(channel="app", count=3), delivered=2)
    service.odd(None).then(service_day, {
        (YUNXING, "relief", "app", DAY): {"queried": 4}, (WEST, "relief", "", DAY): {"queried": 1}
    })  # fmt: skip
    service.when(queried(channel="app"), at=hours(15)).odd(None)  # midnight in Shanghai
    assert service.state().queried == 6
    assert len(service.state().queries) == 3


def test_questions_about_what_is_not_offered_count_under_the_subjects_own_id(service: Spec) -> None:
    service.when(queried()).odd(None).then(service_day, {(YUNXING, "relief", "", DAY): {"queried": 1}})
    service.when(offered(item="item-3")).odd(None)
    service.then(service_day, {(YUNXING, "item-3", "", DAY): {"queried": 1}})
    month = Spec("service/relief~yunxing~2024-05").when(queried(item="relief"))
    month.then(service_day, {(YUNXING, "relief", "", DAY): {"queried": 1}}).then(service_offer, {})


def test_days_beyond_the_limit_are_named_and_known_days_go_on_counting(service: Spec) -> None:
    service.given(*[queried(f"place/{number}") for number in range(LIST_ITEMS)])
    last = service.state().queries[-1]
    service.when(queried("place/more"), at=last.at).odd(f"over {LIST_ITEMS} days of questions in one stream")
    assert (service.state().queried, len(service.state().queries)) == (LIST_ITEMS, LIST_ITEMS)
    service.when(queried(last.community), at=last.at).odd(None)
    assert service.state().queried == LIST_ITEMS + 1
