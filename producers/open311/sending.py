"""A report goes through the gateway's own front; sent again on the same day it is the same request."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import orjson

from ledger.envelope import identity
from ledger.errors import EventRefused, OutcomeUnknown
from ledger.parties import Party
from ledger.protocols import First
from producers.gateway import problems
from producers.gateway.answers import Answer, outcome
from producers.gateway.aside import aside
from producers.gateway.front import Busy
from producers.gateway.rate import Rates
from producers.gateway.services import Services
from producers.gateway.waiting import Positions
from producers.open311.filing import AGAIN, Report
from producers.open311.wire import Refused, refused_as

APPLIED_SECONDS = 1.0  # so that who has filed a report finds it, where the tables are not behind
_NOTICE = "已收到，凭编号查询进展 · received; the id shows what becomes of it"
_AGAIN = "此前已收到同一内容，编号不变 · the same was received before, under this id"
_FORBIDDEN = ("source_not_granted", "type_not_granted", "place_not_granted")


class Sent(NamedTuple):
    """The request's id; `is_repeat`: it was there before."""

    id: str
    is_repeat: bool

    @property
    def notice(self) -> str:
        """What the one who filed it is told."""
        return _AGAIN if self.is_repeat else _NOTICE


class Sending:
    """Reports under the first of a publisher's sources, at the publisher's rate."""

    def __init__(self, services: Services, positions: Positions, rates: Rates) -> None:
        self._services, self._positions, self._rates = services, positions, rates

    async def send(self, party: Party, report: Report) -> Sent:
        """Raises `Refused` (400, 403; 429, 503: the same report may be sent again), and `OutcomeUnknown`."""
        if over := self._rates.take(party.id, party.rate_per_second, 1):
            raise refused_as(problems.rate_exceeded(party.rate_per_second, over))
        source, now = party.sources[0], self._services.clock()
        id_, before = report.id_on(source, now), report.id_on(source, now - AGAIN)
        for known in dict.fromkeys((before, id_)):
            if await self._is_there(source, known):
                return Sent(known, True)
        event = orjson.dumps(report.event(source, party.id, id_, now))
        try:
            (answer,) = await self._services.front.publish(party, [event])
        except Busy as busy:
            raise refused_as(problems.not_ready(busy.what)) from None
        self._services.metrics.events.labels(outcome(answer)).inc()
        return await self._settled(id_, answer)

    async def _is_there(self, source: str, id_: str) -> bool:
        find = partial(self._services.receipts.find, identity(source, id_))
        return isinstance(await aside(find), First)

    async def _settled(self, id_: str, answer: Answer) -> Sent:
        """Another time under this id is the same report, on its way since a moment ago."""
        if isinstance(answer, EventRefused):
            if answer.code == "id_reused":
                return Sent(id_, True)
            raise Refused(403 if answer.code in _FORBIDDEN else 400, problems.refused(answer).detail)
        if isinstance(answer, OutcomeUnknown):
            raise refused_as(problems.unknown(answer))
        await self._positions.reach([(answer.partition, answer.offset)], APPLIED_SECONDS)
        return Sent(id_, answer.is_repeat)
