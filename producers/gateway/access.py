"""Whose request is it? The key in `Authorization: Bearer shz_…`, looked up beside the event loop."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request

from ledger.parties import Parties, Party
from producers.gateway.aside import aside

_KEY_CHARACTERS = 200


async def party_of(request: Request, parties: Parties) -> Party | None:
    """The publisher whose key it is, None for no key or nobody's. Raises `OutcomeUnknown` where nobody can tell."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return await party_of_key(key.strip(), parties) if scheme.lower() == "bearer" else None


async def party_of_key(key: str, parties: Parties) -> Party | None:
    """As `party_of`, of a key that was given otherwise."""
    if not 0 < len(key) <= _KEY_CHARACTERS:
        return None
    return parties.remembered(key) or await aside(partial(parties.of_key, key))
