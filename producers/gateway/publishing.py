"""`POST /events`: from a request to its receipts."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from ledger.errors import EventRefused, OutcomeUnknown
from ledger.parties import Party
from producers.gateway import body, modes, problems, questions
from producers.gateway.access import party_of
from producers.gateway.answers import Accepted, Answer, outcome
from producers.gateway.aside import Side, aside
from producers.gateway.dry_run import dry_run
from producers.gateway.front import Busy
from producers.gateway.problems import Problem
from producers.gateway.rate import Rates
from producers.gateway.services import Services
from producers.gateway.waiting import Positions, seconds_of

REQUESTS_IN_WORK = 128  # of one publisher
BYTES_IN_WORK = 256 * 1024 * 1024  # of all: bodies are held until their events are acknowledged

DRY_RUN_SECONDS = 15.0  # of a full batch


class Publishing:
    """The way of a request; `answer` never raises for what a publisher did."""

    def __init__(self, services: Services, positions: Positions, dry_runs: Side, rates: Rates) -> None:
        self._services, self._positions, self._dry_runs, self._rates = services, positions, dry_runs, rates
        self._in_work: Counter[str] = Counter()
        self._bytes_in_work = 0

    async def answer(self, request: Request) -> Response:
        """201 (200 for a repeat) with the receipt; a batch: 200 where all were accepted, else 207 with every answer."""
        began = time.monotonic()
        if wrong := questions.wrong(request.query_params, "wait", "dry_run"):
            return wrong.response()
        wait_seconds = seconds_of(request.query_params.get("wait", "0s")) or 0.0
        party = await party_of(request, self._services.parties)
        if party is None:
            return problems.key_refused().response()
        if self._in_work[party.id] >= REQUESTS_IN_WORK:
            return problems.too_many_requests(REQUESTS_IN_WORK).response()
        size_bytes = body.declared_bytes(request)
        if self._bytes_in_work + size_bytes > BYTES_IN_WORK:
            return problems.not_ready("the gateway has too much in work").response()
        self._in_work[party.id] += 1
        self._bytes_in_work += size_bytes
        try:
            return await self._publish(request, party, wait_seconds, began)
        finally:
            self._in_work[party.id] -= 1
            self._bytes_in_work -= size_bytes

    async def _publish(self, request: Request, party: Party, wait_seconds: float, began: float) -> Response:
        given = modes.events_of(request.headers, await body.read(request))
        if over := self._rates.take(party.id, party.rate_per_second, len(given.events)):
            return problems.rate_exceeded(party.rate_per_second, over).response()
        if request.query_params.get("dry_run") == "true":
            return await self._dry_run(party, given)
        try:
            answers = await self._services.front.publish(party, given.events)
        except Busy as busy:
            return problems.not_ready(busy.what).response()
        self._count(answers, time.monotonic() - began)
        applied = await self._applied(answers, wait_seconds) if wait_seconds else {}
        return _of_batch(answers, applied) if given.is_batch else _of_one(answers[0], applied)

    async def _dry_run(self, party: Party, given: modes.Given) -> Response:
        with self._dry_runs.place(party.id):
            answers = await self._dry_runs.run(partial(dry_run, self._services, party, given.events), DRY_RUN_SECONDS)
        return _json(200, answers if given.is_batch else answers[0])

    async def _applied(self, answers: Sequence[Answer], wait_seconds: float) -> Mapping[tuple[int, int], bool]:
        """By place; a record that was read and found to be no event (its id was another's) is never applied."""
        places = [(one.partition, one.offset) for one in answers if isinstance(one, Accepted)]
        try:
            reached = await self._positions.reach(places, wait_seconds)
            refused = await aside(partial(self._services.receipts.quarantined, places))
        except OutcomeUnknown:
            return {}  # the events are in the ledger, and nobody can say yet how far the tables are
        return reached | dict.fromkeys(refused, False)

    def _count(self, answers: Sequence[Answer], seconds: float) -> None:
        metrics = self._services.metrics
        metrics.seconds.observe(seconds)
        for one in answers:
            if isinstance(one, EventRefused):
                metrics.refused.labels(one.code).inc()
            metrics.events.labels(outcome(one)).inc()


def _of_one(answer: Answer, applied: Mapping[tuple[int, int], bool]) -> Response:
    if isinstance(answer, Accepted):
        return _json(_status(answer), _receipt(answer, applied))
    return _problem(answer).response()


def _of_batch(answers: Sequence[Answer], applied: Mapping[tuple[int, int], bool]) -> Response:
    """An unknown outcome makes the whole answer 503: who looks at the status alone sends all of it again."""
    entries: list[dict[str, Any]] = []
    for one in answers:
        if isinstance(one, Accepted):
            entries.append({"status": _status(one), "receipt": _receipt(one, applied)})
        else:
            problem = _problem(one)
            entries.append({"status": problem.status, "problem": problem.content()})
    for one in answers:
        if isinstance(one, OutcomeUnknown):
            return problems.unknown(one)._replace(members={"results": entries}).response()
    is_whole = all(isinstance(one, Accepted) for one in answers)
    return _json(200 if is_whole else 207, {"results": entries})


def _status(answer: Accepted) -> int:
    return 200 if answer.is_repeat else 201


def _receipt(answer: Accepted, applied: Mapping[tuple[int, int], bool]) -> dict[str, Any]:
    receipt: dict[str, Any] = {
        "id": answer.id,
        "source": answer.source,
        "partition": answer.partition,
        "offset": answer.offset,
        "status": "repeat" if answer.is_repeat else "accepted",
    }
    place = (answer.partition, answer.offset)
    return receipt | {"applied": applied[place]} if place in applied else receipt


def _problem(answer: EventRefused | OutcomeUnknown) -> Problem:
    return problems.refused(answer) if isinstance(answer, EventRefused) else problems.unknown(answer)


def _json(status: int, content: Any) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")
