"""Whose request is it? The key in `Authorization: Bearer shz_…`, looked up beside the event loop."""

from __future__ import annotations

import asyncio

from starlette.requests import Request

from ledger.parties import Parties, Party

_KEY_CHARACTERS = 200


async def party_of(request: Request, parties: Parties) -> Party | None:
    """The publisher whose key it is, None for no key or nobody's. Raises `OutcomeUnknown` where nobody can tell."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not 0 < len(key) <= _KEY_CHARACTERS:
        return None
    return parties.remembered(key) or await asyncio.to_thread(parties.of_key, key)
