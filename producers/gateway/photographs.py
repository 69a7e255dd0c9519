"""`POST /photos`: a photo, taken apart so that only its picture is kept, sealed under its owner's key."""

from __future__ import annotations

import re
import time
from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ledger import limits
from ledger.fields import SUBJECT_PATTERN
from ledger.photo_owners import admit_photo
from producers.gateway import body, picture, problems, questions
from producers.gateway.access import party_of
from producers.gateway.aside import Side
from producers.gateway.rate import Rates
from producers.gateway.services import Services

PHOTOS_IN_WORK = 24  # that have come whole, at most 120 MiB; of each publisher some more may be on their way
PHOTOS_OF_ONE = 6  # of one publisher: of 40 megapixels they take half a minute, and others wait no longer than that
KEEP_SECONDS = 30.0  # to decode, encode and seal it, others waiting
PHOTOS_PER_SECOND = 5  # of one publisher: each costs as much as hundreds of events
_subject_matches = re.compile(SUBJECT_PATTERN).match


def side_of_photos() -> Side:
    """Where they are decoded and sealed: events may not wait for it."""
    return Side("photo", picture.AT_ONCE, PHOTOS_IN_WORK, PHOTOS_OF_ONE)


class Photographs:
    """Answers with what an event names the photo by: {id, media_type, bytes, fingerprint}."""

    def __init__(self, services: Services, side: Side) -> None:
        self._services, self._side = services, side
        self._rates = Rates(time.monotonic, burst=PHOTOS_PER_SECOND * 4)

    async def keep(self, request: Request) -> Response:
        """201 with the photo; the same picture of the same owner again is the same photo."""
        party = await party_of(request, self._services.parties)
        if party is None:
            return problems.key_refused().response()
        if wrong := questions.wrong(request.query_params, "owner"):
            return wrong.response()
        owner = request.query_params.get("owner", "")
        if not _subject_matches(owner):
            remedy = "give whose photo it is: kind/id, like case/20240511-0007"
            return problems.question_refused("owner", "", remedy, "写明照片属于谁，如 case/20240511-0007").response()
        admit_photo(party, owner)
        if over := self._rates.take(party.id, PHOTOS_PER_SECOND, 1):
            return problems.rate_exceeded(PHOTOS_PER_SECOND, over).response()
        with self._side.place(party.id):
            sent = await body.read(request, limits.PHOTO_BYTES)
            kept = await self._side.run(partial(self._keep, owner, sent), KEEP_SECONDS)
        return Response(kept, 201, media_type="application/json")

    def _keep(self, owner: str, sent: bytes) -> bytes:
        media_type, cleaned = picture.without_metadata(sent)
        return msgspec.json.encode(self._services.photos.keep(owner, cleaned, media_type))
