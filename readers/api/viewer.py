"""Who asks: a login by its cookie, a publisher by its key, or nobody; and how far each of them sees."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from ledger.parties import Parties
from readers.accounts.login import Login
from readers.accounts.rights import Scope, scope_of
from readers.asking import login_of
from readers.refusals import LoginNeeded

_KEY_CHARACTERS = 200
_NOBODYS = Scope(frozenset(), frozenset(), None, False)


@dataclass(frozen=True)
class Viewer:
    """Somebody with a scope. A key without places sees the whole county; `login` is None for a key."""

    scope: Scope
    login: Login | None = None
    is_somebody: bool = True


NOBODY = Viewer(_NOBODYS, is_somebody=False)


async def viewer_of(request: Request, parties: Parties) -> Viewer:
    """Who asks. Raises `LoginNeeded` for a key that is nobody's, `OutcomeUnknown` where nobody can tell."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return await _of_key(key.strip(), parties)
    login = login_of(request)
    return NOBODY if login is None else Viewer(scope_of(login), login)


async def _of_key(key: str, parties: Parties) -> Viewer:
    party = None
    if 0 < len(key) <= _KEY_CHARACTERS:
        party = parties.remembered(key) or await run_in_threadpool(parties.of_key, key)
    if party is None:
        raise LoginNeeded(
            "密钥无效 · the key is nobody's",
            "密钥由管理员发给 · An administrator makes one: shanzhi publisher add",
        )
    return Viewer(Scope(frozenset(party.places), frozenset(), None, not party.places))
