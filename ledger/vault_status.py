"""What a vault holds, in numbers: needs no key and opens nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from ledger.vault_connection import VaultConnection

_STATUS = (
    "select master.id, master.made_at, count(key.wrapped) from vault.master_key as master"
    " left join vault.data_key as key on key.master_key_id = master.id group by master.id order by master.id"
)
_REST = "select (select count(*) from vault.data_key where wrapped is null), (select count(*) from vault.photo)"


class MasterKeyRow(NamedTuple):
    """A master key that the vault has or had, and how many data keys it wraps."""

    id: int
    made_at: datetime
    keys: int


class VaultStatus(NamedTuple):
    """What a vault holds, in numbers. `destroyed` are the owners who were forgotten."""

    master_keys: Sequence[MasterKeyRow]
    destroyed: int
    photos: int


def vault_status(database_url: str) -> VaultStatus:
    """The master keys in the order of their use, and counts. Raises `OutcomeUnknown`, `StoreUnsound`."""
    with VaultConnection(database_url).transaction() as cursor:
        cursor.execute(_STATUS)
        masters = [MasterKeyRow(*row) for row in cursor.fetchall()]
        cursor.execute(_REST)
        destroyed, photos = cursor.fetchone()
        return VaultStatus(masters, destroyed, photos)
