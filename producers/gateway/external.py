"""`GET /external/…`: how the cases stand that a publisher told under numbers of its own or of another system."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec
import orjson
from starlette.requests import Request
from starlette.responses import Response

from ledger.parties import Party
from ledger.protocols import ExternalStanding
from ledger.refusal import show
from producers.gateway import problems, questions
from producers.gateway.access import party_of
from producers.gateway.aside import Side
from producers.gateway.problems import Problem
from producers.gateway.services import Services
from producers.open311.notes import note, status

ROWS = 1_000  # of an answer; more come after `next`
OF_ONE_NUMBER = 10  # sources of one publisher that use the same number
READ_SECONDS = 8.0
_decode = msgspec.json.Decoder(tuple[str, str]).decode


class External:
    """Answers {results, next}; a publisher sees what its own sources told, and nothing else."""

    def __init__(self, services: Services, side: Side) -> None:
        self._services, self._side = services, side

    async def of_system(self, request: Request) -> Response:
        """All of a system, in the order of its numbers; `after` is the `next` of the answer before."""
        party = await party_of(request, self._services.parties)
        if party is None:
            return problems.key_refused().response()
        if wrong := questions.wrong(request.query_params, "after"):
            return wrong.response()
        try:
            after = _after(request.query_params.get("after", ""))
        except ValueError:
            remedy = "give `next` of the answer before as it is"
            return problems.question_refused("after", "", remedy, "原样写上一次答复的 next").response()
        found = await self._found(party, request.path_params["system"], None, after, ROWS + 1)
        more = _cursor(found[ROWS - 1]) if len(found) > ROWS else None
        return _json({"results": [_shown(one) for one in found[:ROWS]], "next": more})

    async def of_number(self, request: Request) -> Response:
        """One number, 404 where no source of the publisher has told of it, or the tables are not there yet."""
        party = await party_of(request, self._services.parties)
        if party is None:
            return problems.key_refused().response()
        if wrong := questions.wrong(request.query_params):
            return wrong.response()
        system, number = request.path_params["system"], request.path_params["number"]
        found = await self._found(party, system, number, ("", ""), OF_ONE_NUMBER)
        if not found:
            detail = "本发布方没有报过此编号，或尚未入表。 · No source of this publisher has told of it, or not yet."
            return Problem("not-found", 404, detail, {"system": show(system), "number": show(number)}).response()
        return _json({"results": [_shown(one) for one in found], "next": None})

    async def _found(
        self, party: Party, system: str, number: str | None, after: tuple[str, str], rows: int
    ) -> Sequence[ExternalStanding]:
        if "\0" in system or "\0" in (number or ""):
            return []  # no text of the tables holds it
        asked = partial(self._services.requests.external, party.sources, system, number, after, rows)
        with self._side.place(party.id):
            return await self._side.run(asked, READ_SECONDS)


def _after(text: str) -> tuple[str, str]:
    """(number, subject) of a cursor; the first of all where there is none. Raises `ValueError`."""
    if not text:
        return "", ""
    try:
        number, subject = _decode(urlsafe_b64decode(text.encode("ascii")))
    except msgspec.DecodeError as error:
        raise ValueError("no cursor") from error
    if "\0" in number or "\0" in subject:
        raise ValueError("NUL")
    return number, subject


def _cursor(one: ExternalStanding) -> str:
    return urlsafe_b64encode(orjson.dumps([one.number, one.subject])).decode()


def _shown(one: ExternalStanding) -> dict[str, Any]:
    standing = one._asdict()
    return {**standing, "status": status(one.is_open), "note": note(one.step, one.resolved, one.merged_into)}


def _json(content: Any) -> Response:
    return Response(orjson.dumps(content, option=orjson.OPT_UTC_Z), media_type="application/json")
