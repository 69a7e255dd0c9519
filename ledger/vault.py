"""The data keys of people and cases, each wrapped by the master key, in PostgreSQL (schema `vault`).

Destroying a row's key forgets its owner: every sealed text of theirs, also in old segments and backups of the
ledger, is noise from then on.
"""

from __future__ import annotations

import os
import threading
import time
from base64 import urlsafe_b64decode
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

import psycopg2
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from psycopg2.extras import execute_values

from ledger.errors import OutcomeUnknown, PersonForgotten, StoreUnsound, VaultLocked
from ledger.sealing import KEY_BYTES

_PROVEN = b"the master key of this vault"
_KEYS_REMEMBERED = 20_000
_REMEMBERED_SECONDS = 60  # how long a key that another process destroyed may still seal here


def parse_master_key(text: str) -> bytes:
    """The master key from its base64 text (64 bytes). Raises `VaultLocked` with how to make one."""
    try:
        key = urlsafe_b64decode(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise VaultLocked(
            f"SHANZHI_MASTER_KEY has to be {KEY_BYTES} bytes in URL-safe base64",
            "Make one: python -c 'import base64,os;print(base64.urlsafe_b64encode(os.urandom(64)).decode())'",
        )
    return key


class Vault:
    """Data keys by owner. One per process; a lost connection is made anew at the next call."""

    def __init__(self, database_url: str, master_key: bytes) -> None:
        self._url = database_url
        self._wrapping = AESSIV(master_key)
        self._connection: Any = None
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

    def _fetch(self, owners: list[str]) -> dict[str, bytes]:
        made = [(owner, self._wrapping.encrypt(os.urandom(KEY_BYTES), [owner.encode()])) for owner in owners]
        try:
            rows = self._make_and_read(owners, made)
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
            # InterfaceError: the roll-back on a connection that the server had ended
            self._connection = None
            raise OutcomeUnknown(
                f"The vault did not answer ({(str(error).strip() or type(error).__name__).splitlines()[0]})",
                "Nothing was published; send the events again once PostgreSQL is back.",
            ) from error
        except (psycopg2.errors.InvalidSchemaName, psycopg2.errors.UndefinedTable) as error:
            raise StoreUnsound("The database has no vault", "Migrate it first.") from error
        forgotten = [owner for owner, wrapped in rows if wrapped is None]
        if forgotten:
            raise PersonForgotten(forgotten)
        return {owner: self._unwrap(owner, wrapped) for owner, wrapped in rows if wrapped is not None}

    def _make_and_read(self, owners: list[str], made: list[tuple[str, bytes]]) -> list[tuple[str, memoryview | None]]:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
        with self._connection, self._connection.cursor() as cursor:
            cursor.execute("set local statement_timeout = '10s'")
            execute_values(
                cursor,
                "insert into vault.data_key (owner, wrapped) values %s on conflict (owner) do nothing",
                made,
                page_size=1000,
            )
            cursor.execute("select owner, wrapped from vault.data_key where owner = any(%s)", (owners,))
            rows: list[tuple[str, memoryview | None]] = cursor.fetchall()
            return rows

    def _connect(self) -> Any:
        """A connection to the vault that this master key is of; the first key of an empty vault becomes its own."""
        made = psycopg2.connect(
            self._url,
            application_name="shanzhi vault",
            connect_timeout=5,
            keepalives_idle=5,
            keepalives_interval=2,
            keepalives_count=3,
            tcp_user_timeout=15_000,
        )
        proof = self._wrapping.encrypt(_PROVEN, [b"proof"])
        with made, made.cursor() as cursor:
            cursor.execute(
                "insert into vault.master_key (id, proof) values (1, %s) on conflict (id) do nothing", (proof,)
            )
            cursor.execute("select proof from vault.master_key order by id desc limit 1")
            ((kept,),) = cursor.fetchall()
        if bytes(kept) != proof:
            made.close()
            raise VaultLocked(
                "This master key is not the one of the vault",
                "Give the master key that this database was used with (SHANZHI_MASTER_KEY or its file).",
            )
        return made

    def _unwrap(self, owner: str, wrapped: memoryview) -> bytes:
        try:
            return self._wrapping.decrypt(bytes(wrapped), [owner.encode()])
        except InvalidTag:
            raise VaultLocked(
                f"The master key does not open the vault's key of {owner}",
                "Give the master key that this database was used with (SHANZHI_MASTER_KEY or its file).",
            ) from None
