"""Who may publish: parties by their secret keys, of which the database knows only SHA-256.

A key is 32 random bytes, so a hash without salt or stretching can't be guessed, and a lookup by the whole hash
takes as long for a wrong key as for a right one.
"""

from __future__ import annotations

import re
import threading
import time
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import inf
from typing import Any, NamedTuple

from ledger.errors import OutcomeUnknown
from ledger.postgres import Session

SECRET_BYTES = 32
REMEMBERED_SECONDS = 5.0  # how long a revoked key may still pass
TRUSTED_SECONDS = 60.0  # how long a proven key passes while PostgreSQL is away
PAUSE_SECONDS = 1.0  # PostgreSQL was away: nobody waits for it again so soon
KEYS_REMEMBERED = 10_000  # of each, proven ones and nobody's
_is_key = re.compile(r"shz_[A-Za-z0-9_-]{43}\Z").match

COLUMNS = "name, sources, types, places, rate_per_second, rhythm_minutes"
_FIND = f"""
select publisher.id, {COLUMNS},
    extract(epoch from expires_at - clock_timestamp())::float8
from shanzhi.publisher_key join shanzhi.publisher on publisher.id = publisher_key.publisher
where sha256 = %s and not revoked and revoked_at is null
    and (expires_at is null or expires_at > clock_timestamp())
"""


@dataclass(frozen=True)
class Party:
    """A publisher and what it may say. No types: every type; no places: every place."""

    id: str
    name: str
    sources: tuple[str, ...]
    types: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    rate_per_second: int = 1000
    rhythm_minutes: int | None = None


def party_of(row: Sequence[Any]) -> Party:
    """The party of `id` and `COLUMNS`."""
    id_, name, sources, types, places, rate, rhythm = row
    return Party(id_, name, tuple(sources), tuple(types), tuple(places), rate, rhythm)


class _Known(NamedTuple):
    """An answer of the database: whose a key is, when that was asked, when the key expires (monotonic seconds)."""

    party: Party | None
    asked_at: float
    ends_at: float = inf


def secret_of(random_bytes: bytes) -> str:
    """The secret key that these 32 random bytes are."""
    return "shz_" + urlsafe_b64encode(random_bytes).decode().rstrip("=")


def fingerprint(secret: str) -> bytes:
    """What the database knows of a key."""
    return sha256(secret.encode()).digest()


class Parties:
    """Parties by key. One per process, thread-safe; answers are remembered for 5 s, so that revoking is quick.

    `clock` gives monotonic seconds.
    """

    def __init__(self, database_url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._session = Session(database_url, "shanzhi parties")
        self._clock = clock
        self._asking = threading.Lock()  # of the session; what is remembered answers without it
        self._remembering = threading.Lock()
        self._proven: OrderedDict[bytes, _Known] = OrderedDict()
        self._nobodys: OrderedDict[bytes, _Known] = OrderedDict()  # apart: made-up keys push out no proven one
        self._pause_ends_at = -inf

    def of_key(self, secret: str) -> Party | None:
        """Whose key this is; None for a wrong, expired or revoked one.

        Raises `OutcomeUnknown` where PostgreSQL is away and the key was not proven within the last 60 s.
        """
        if not _is_key(secret):
            return None
        key = fingerprint(secret)
        known = self._fresh(key)
        if known is None:
            with self._asking:
                known = self._fresh(key) or self._ask(key)  # somebody else may have asked meanwhile
        return known.party

    def remembered(self, secret: str) -> Party | None:
        """Whose key this was within the last 5 s, None where `of_key` has to ask. Never waits."""
        known = self._fresh(fingerprint(secret))
        return known.party if known else None

    def of_keys(self, secrets: Iterable[str]) -> Mapping[str, Party]:
        """By key; nobody's keys are absent. Made-up ones, however many, cost one question together.

        Raises `OutcomeUnknown` where PostgreSQL is away.
        """
        keys = {secret: fingerprint(secret) for secret in secrets if _is_key(secret)}
        asked = [key for key in keys.values() if self._fresh(key) is None]
        strangers: set[bytes] = set()
        if len(asked) > 1:
            with self._asking:
                strangers = set(asked) - self._session.ask(lambda cursor: _made(cursor, asked))
        found = {secret: self.of_key(secret) for secret, key in keys.items() if key not in strangers}
        return {secret: party for secret, party in found.items() if party is not None}

    def close(self) -> None:
        """Ends the connection."""
        with self._asking:
            self._session.close()

    def _fresh(self, key: bytes) -> _Known | None:
        return self._remembered(key, REMEMBERED_SECONDS)

    def _remembered(self, key: bytes, seconds: float) -> _Known | None:
        now = self._clock()
        with self._remembering:
            known = self._proven.get(key) or self._nobodys.get(key)
        return known if known and now - known.asked_at < seconds and now < known.ends_at else None

    def _ask(self, key: bytes) -> _Known:
        asked_at = self._clock()
        try:
            row = self._row(key, asked_at)
        except OutcomeUnknown:
            trusted = self._remembered(key, TRUSTED_SECONDS)
            if trusted is None or trusted.party is None:
                raise
            return trusted
        known = _known(row, asked_at)
        self._remember(key, known)
        return known

    def _row(self, key: bytes, now: float) -> Any:
        if now < self._pause_ends_at:
            raise OutcomeUnknown("PostgreSQL does not answer", "Try again once it is back.")
        try:
            return self._session.ask(lambda cursor: _find(cursor, key))
        except OutcomeUnknown:
            self._pause_ends_at = self._clock() + PAUSE_SECONDS
            raise

    def _remember(self, key: bytes, known: _Known) -> None:
        with self._remembering:
            self._proven.pop(key, None)
            self._nobodys.pop(key, None)
            memory = self._proven if known.party else self._nobodys
            memory[key] = known
            if len(memory) > KEYS_REMEMBERED:
                memory.popitem(last=False)


def _find(cursor: Any, key: bytes) -> Any:
    cursor.execute(_FIND, (key,))
    return cursor.fetchone()


def _made(cursor: Any, keys: list[bytes]) -> set[bytes]:
    """Those of the keys that were ever made for somebody."""
    cursor.execute("select sha256 from shanzhi.publisher_key where sha256 = any(%s)", (keys,))
    return {bytes(key) for (key,) in cursor.fetchall()}


def _known(row: Any, asked_at: float) -> _Known:
    if row is None:
        return _Known(None, asked_at)
    *party, seconds_left = row
    return _Known(party_of(party), asked_at, inf if seconds_left is None else asked_at + seconds_left)
