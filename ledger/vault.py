"""The data keys of people and cases, each wrapped by the master key, in PostgreSQL (schema `vault`).

Destroying a row's key forgets its owner: every sealed text of theirs, also in old segments and backups of the
ledger, is noise from then on.
"""

from __future__ import annotations

import threading
import time
from base64 import urlsafe_b64decode
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from psycopg2.extras import execute_values

from ledger import rotation
from ledger.errors import PersonForgotten, VaultLocked
from ledger.keyring import KeyRing, Opened
from ledger.sealing import KEY_BYTES
from ledger.vault_connection import VaultConnection

_KEYS_REMEMBERED = 20_000
_REMEMBERED_SECONDS = 10  # how long a key that another process destroyed may still seal here
_FOUND = "insert into vault.master_key (id, proof) values (1, %s) on conflict (id) do nothing"
# The lock makes a rotation wait for who is making keys under the old master key, and those after it see the new one.
_MASTERS = "lock table vault.master_key in row share mode; select id, proof from vault.master_key order by id"
_READ = "select owner, wrapped, master_key_id from vault.data_key where owner = any(%s)"
_MAKE = (
    "insert into vault.data_key (owner, wrapped, master_key_id) values %s on conflict (owner) do nothing"
    " returning owner"
)


def parse_master_key(text: str, variable: str = "SHANZHI_MASTER_KEY") -> bytes:
    """The master key from its base64 text (64 bytes). Raises `VaultLocked` with how to make one."""
    try:
        key = urlsafe_b64decode(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise VaultLocked(
            f"{variable} has to be {KEY_BYTES} bytes in URL-safe base64",
            "Make one: python -c 'import base64,os;print(base64.urlsafe_b64encode(os.urandom(64)).decode())'",
        )
    return key


class Vault:
    """Data keys by owner. One per process; a lost connection is made anew at the next call.

    `before` is the master key of before a rotation: with both, a process works ahead of it, while and after it runs.
    """

    def __init__(self, database_url: str, master_key: bytes, before: bytes | None = None) -> None:
        self._connection = VaultConnection(database_url)
        self._ring = KeyRing(master_key, *([before] if before else []))
        self._known: OrderedDict[str, bytes] = OrderedDict()
        self._known_since = time.monotonic()
        self._lock = threading.Lock()

    def for_owners(self, owners: Iterable[str]) -> Mapping[str, bytes]:
        """A key for each owner, made where there was none.

        Raises `PersonForgotten` where a key was destroyed, `OutcomeUnknown` where PostgreSQL is away
        (nothing was published then), `VaultLocked` where the master key is not the vault's.
        """
        with self._lock:
            wanted = set(owners)
            if time.monotonic() - self._known_since > _REMEMBERED_SECONDS:
                self._known.clear()
                self._known_since = time.monotonic()
            keys = {owner: self._known[owner] for owner in wanted if owner in self._known}
            missing = sorted(wanted - keys.keys())
            if missing:
                keys |= self._fetch(missing)
            for owner, key in keys.items():
                self._known[owner] = key
                self._known.move_to_end(owner)
            while len(self._known) > max(_KEYS_REMEMBERED, len(keys)):
                self._known.popitem(last=False)
            return keys

    def existing(self, owners: Iterable[str]) -> Mapping[str, bytes]:
        """The keys that are there: owners who are unknown or were forgotten have none. Never makes one.

        Always asks the database, so that somebody who was forgotten is so at once. Raises as `for_owners`.
        """
        wanted = sorted(set(owners))
        if not wanted:
            return {}
        with self._connection.transaction() as cursor:
            opened = self._ring.open(_masters(cursor))
            if opened is None:
                return {}
            return {owner: key for owner, key in _read(cursor, opened, wanted).items() if key is not None}

    def forgotten(self, owners: Iterable[str]) -> frozenset[str]:
        """Those of the owners whose key was destroyed. Opens nothing; raises `OutcomeUnknown`."""
        with self._connection.transaction() as cursor:
            cursor.execute(
                "select owner from vault.data_key where owner = any(%s) and wrapped is null", (sorted(set(owners)),)
            )
            return frozenset(owner for (owner,) in cursor.fetchall())

    def rotate(self, new_master_key: bytes, report: Callable[[int, int], None] = lambda done, total: None) -> int:
        """Wraps every data key by the new master key, and says how many that were; may be run again after a crash.

        `report` gets how many are done of how many, after each batch. Raises `VaultLocked` where this vault is
        another's, where keys remain that neither key opens, and for a master key that was in use before the last.
        """
        ring = self._ring.led_by(new_master_key)
        with self._connection.transaction() as cursor:
            opened = rotation.begin(cursor, ring)
            total = rotation.left(cursor, opened)
        self._ring = ring
        done, after = 0, ""
        while True:
            with self._connection.transaction() as cursor:
                owners = rotation.rewrap(cursor, opened, after)
                if not owners and not rotation.left(cursor, opened):
                    return done
            done, after = done + len(owners), owners[-1] if owners else ""
            report(done, max(done, total))

    def _fetch(self, owners: list[str]) -> dict[str, bytes]:
        with self._connection.transaction() as cursor:
            opened = self._ring.open(_masters(cursor)) or self._found(cursor)
            keys = _read(cursor, opened, owners)
            absent = [owner for owner in owners if owner not in keys]
            if absent:
                keys |= _make(cursor, opened, absent)
        forgotten = [owner for owner, key in keys.items() if key is None]
        if forgotten:
            raise PersonForgotten(forgotten)
        return {owner: key for owner, key in keys.items() if key is not None}

    def _found(self, cursor: Any) -> Opened:
        """The first key of an empty vault becomes its own; of two that come at once one does."""
        cursor.execute(_FOUND, (self._ring.proof,))
        opened = self._ring.open(_masters(cursor))
        assert opened is not None, "a row was just inserted"
        return opened


def _masters(cursor: Any) -> list[tuple[int, bytes]]:
    cursor.execute(_MASTERS)
    return [(number, bytes(proof)) for number, proof in cursor.fetchall()]


def _read(cursor: Any, opened: Opened, owners: list[str]) -> dict[str, bytes | None]:
    """By owner, None for who was forgotten."""
    cursor.execute(_READ, (owners,))
    return {
        owner: None if wrapped is None else opened.unwrap(owner, bytes(wrapped), number)
        for owner, wrapped, number in cursor.fetchall()
    }


def _make(cursor: Any, opened: Opened, owners: list[str]) -> dict[str, bytes | None]:
    """Keys for owners who had none; where another process was first, its keys. Owners are sorted: no deadlocks."""
    made = {owner: opened.make(owner) for owner in owners}
    rows = [(owner, wrapped, opened.newest) for owner, (_, wrapped) in made.items()]
    ours = {owner for (owner,) in execute_values(cursor, _MAKE, rows, page_size=1000, fetch=True)}
    keys: dict[str, bytes | None] = {owner: made[owner][0] for owner in ours}
    theirs = [owner for owner in owners if owner not in ours]
    return keys | _read(cursor, opened, theirs) if theirs else keys
