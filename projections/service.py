"""service 一门式服务事项: what windows offer, and how often it was asked about, by community, channel and day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from ledger.events.service import ServiceOffered, ServiceQueried
from ledger.record import Record
from projections.case_state import capped
from projections.family import LIST_ITEMS, Share, State, Tally, day_of

VERSION = 1

service_offer = Tally("service_offer", ("department", "kind"), ("offered", "promised_working_days"))
service_day = Tally("service_day", ("place", "item", "channel", "day"), ("queried",))
TALLIES = (service_offer, service_day)

ServiceEvent = ServiceOffered | ServiceQueried
_ID_FROM = len("service/")


class Queries(Struct, frozen=True):
    """How many asked in one community by one channel on the Shanghai day of `at`, its first question."""

    community: str
    channel: str
    at: datetime
    count: int


class Service(State, frozen=True):
    """One item as it is offered now, and questions about it. A stream may hold either; `own_id` is its subject's."""

    own_id: str | None = None
    item: str | None = None
    name: str | None = None
    department: str | None = None
    kind: str | None = None
    promised_working_days: int | None = None
    offered_at: datetime | None = None
    queries: tuple[Queries, ...] = ()
    queried: int = 0


def evolve(service: Service, record: Record[ServiceEvent]) -> Service:
    """The last offer holds, since departments change their promises. Questions count, offered or not.

    Where no event names the item it is the subject's own id. Questions of a day beyond the limit of days are dropped.
    """
    match record.event:
        case ServiceOffered() as event:
            return replace(
                service,
                item=event.item,
                name=event.name,
                department=event.department,
                kind=event.kind,
                promised_working_days=event.promised_working_days,
                offered_at=service.offered_at or record.time,
            )
        case ServiceQueried(item=item) as event:
            named = replace(service, item=item or service.item, own_id=record.subject[_ID_FROM:])
            return _asked(named, record.time, event)
        case _:
            assert_never(record.event)


def _asked(service: Service, time: datetime, event: ServiceQueried) -> Service:
    before = _of_that_day(service, time, event)
    if before is None:
        one = Queries(event.community, event.channel or "", time, event.count)
        queries = capped(service.queries, one)
    else:
        more = replace(before, count=before.count + event.count)
        queries = tuple([more if one is before else one for one in service.queries])
    counted = event.count if before or len(queries) > len(service.queries) else 0
    return replace(service, queries=queries, queried=service.queried + counted)


def _of_that_day(service: Service, time: datetime, event: ServiceQueried) -> Queries | None:
    day, channel = day_of(time), event.channel or ""
    for one in service.queries:
        if (one.community, one.channel) == (event.community, channel) and day_of(one.at) == day:
            return one
    return None


def anomaly(service: Service, record: Record[ServiceEvent]) -> str | None:
    """Why the event makes no sense for this item as it was before."""
    match record.event:
        case ServiceQueried() as event if len(service.queries) >= LIST_ITEMS:
            known = _of_that_day(service, record.time, event) is not None
            return None if known else f"over {LIST_ITEMS} days of questions in one stream"
        case ServiceQueried(item=str(item)) | ServiceOffered(item=item) if service.item and item != service.item:
            return "another item in one stream"
    return None


def contribute(service: Service) -> Iterator[Share]:
    """An offered item counts with its department, questions where and when they were asked."""
    if service.offered_at and service.department and service.kind:
        days = service.promised_working_days or 0
        yield service_offer.share(service.department, service.kind, offered=1, promised_working_days=days)
    for one in service.queries:
        item = service.item or service.own_id or ""
        yield service_day.share(one.community, item, one.channel, day_of(one.at), queried=one.count)
