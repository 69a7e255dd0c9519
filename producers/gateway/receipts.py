"""`GET /receipts`: what became of an event of one's own."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from functools import partial
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from ledger.envelope import identity
from ledger.protocols import First, Quarantined
from ledger.refusal import refusal, short, show
from producers.gateway import problems, questions
from producers.gateway.access import party_of
from producers.gateway.aside import aside
from producers.gateway.problems import Problem
from producers.gateway.services import Services
from producers.gateway.waiting import Positions, seconds_of

QUESTIONS_IN_WORK = 128  # of one publisher, waiting or not
_LOOK_SECONDS, _LOOK_AT_MOST_SECONDS = 0.05, 0.4


class Standing:
    """Answers {status: accepted | repeat | quarantined, partition, offset, applied}."""

    def __init__(self, services: Services, positions: Positions) -> None:
        self._services, self._positions = services, positions
        self._in_work: Counter[str] = Counter()

    async def answer(self, request: Request) -> Response:
        """By source and id; with partition and offset of a receipt in hand, also whether that one was a repeat."""
        asked = request.query_params
        source, id_ = asked.get("source", ""), asked.get("id", "")
        party = await party_of(request, self._services.parties)
        if party is None:
            return problems.key_refused().response()
        if wrong := questions.wrong(asked, "source", "id", "partition", "offset", "wait"):
            return wrong.response()
        for name, value in (("source", source), ("id", id_)):
            if not value:
                return problems.question_refused(name, value, "is missing", "缺少此参数").response()
        wait_seconds = seconds_of(asked.get("wait", "0s")) or 0.0
        if source not in party.sources:
            granted = short(", ".join(party.sources), 200)
            raise refusal("source_not_granted", "/source", show(source), party=party.id, granted=granted)
        if self._in_work[party.id] >= QUESTIONS_IN_WORK:
            return problems.too_many_requests(QUESTIONS_IN_WORK).response()
        self._in_work[party.id] += 1
        try:
            place = _at_hand(asked.get("partition"), asked.get("offset"))
            found, is_applied = await self._found(request, identity(source, id_), place, wait_seconds)
        finally:
            self._in_work[party.id] -= 1
        if found is None:
            return _not_found(source, id_)
        return Response(orjson.dumps(_standing(found, is_applied, place)), media_type="application/json")

    async def _found(
        self, request: Request, name: str, place: tuple[int, int] | None, wait_seconds: float
    ) -> tuple[First | Quarantined | None, bool]:
        """What is found, once an event is and has been applied, or the time is up, or nobody waits any more.

        A quarantined record is the answer at once where it is the one at hand; else an event may still come.
        """
        deadline, look_seconds = time.monotonic() + wait_seconds, _LOOK_SECONDS
        find = partial(self._services.receipts.find, name, place)
        while not isinstance(found := await aside(find), First) and _place_of(found) != place:
            if time.monotonic() > deadline or await request.is_disconnected():
                return found, False
            await asyncio.sleep(min(look_seconds, max(0.0, deadline - time.monotonic())))
            look_seconds = min(_LOOK_AT_MOST_SECONDS, look_seconds * 1.5)
        if not isinstance(found, First):
            return found, False
        reached = await self._positions.reach([found[:2]], max(0.0, deadline - time.monotonic()))
        return found, reached[found[:2]]


def _at_hand(partition: str | None, offset: str | None) -> tuple[int, int] | None:
    return (int(partition), int(offset)) if partition and offset else None


def _place_of(found: First | Quarantined | None) -> tuple[int, int]:
    """Of a record of the ledger; of anything else a place that none has."""
    if isinstance(found, Quarantined) and found.topic == "ledger":
        return found.partition, found.offset
    return -1, -1


def _standing(found: First | Quarantined, is_applied: bool, place: tuple[int, int] | None) -> dict[str, Any]:
    if isinstance(found, Quarantined):
        return {"status": "quarantined", **found._asdict()}
    status = "repeat" if place and place != found[:2] else "accepted"
    return {"status": status, "partition": found.partition, "offset": found.offset, "applied": is_applied}


def _not_found(source: str, id_: str) -> Response:
    detail = (
        "没有收到，或尚未入表：稍后再查，或原样重发。 · Not received, or not indexed yet: ask again in a moment, "
        "or send the same event again."
    )
    return Problem("not-found", 404, detail, {"source": short(source, 200), "id": short(id_, 200)}).response()
