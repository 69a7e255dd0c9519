"""Photos: sealed under the key of their owner, kept outside the ledger, named in events by a fingerprint.

The fingerprint is a HMAC under a key of the vault's own: whoever has a picture can't look for it in the ledger, and
the key outlives every master key, since a rotation wraps it anew as any other.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from ledger import limits
from ledger.fields import Photo
from ledger.refusal import refuse
from ledger.sealing import ExistingKeys
from ledger.unsealing import PHOTO, Unsealer, UnsealRefused
from ledger.vault import Vault
from ledger.vault_connection import VaultConnection

MEDIA_TYPES = ("image/jpeg", "image/png", "image/webp")
FINGERPRINTS = "vault:photo-fingerprint"  # no subject and no person: those are kind/id
_KEEP = (
    "insert into vault.photo (id, owner, media_type, bytes, fingerprint, sealed) values (%s, %s, %s, %s, %s, %s)"
    " on conflict (id) do nothing"
)
_FETCH = "select owner, media_type, sealed from vault.photo where id = %s"


class PhotoStore:
    """Photos by id. One per process, for several threads."""

    def __init__(self, database_url: str, vault: Vault) -> None:
        self._connection = VaultConnection(database_url)
        self._vault = vault

    def keep(self, owner: str, picture: bytes, media_type: str) -> Photo:
        """Seals and keeps a picture without metadata, and gives what an event says of it.

        The same picture of the same owner is the same photo, so that an event sent again stays a repeat. Raises
        `EventRefused` for another format or over 5 MiB, `PersonForgotten`, and what the vault raises.
        """
        if media_type not in MEDIA_TYPES or not picture:
            refuse("photo_unreadable", "", f"{len(picture)} bytes")
        if len(picture) > limits.PHOTO_BYTES:
            refuse("photo_too_large", "", f"{len(picture)} bytes", limit=limits.PHOTO_BYTES)
        keys = self._vault.for_owners([owner, FINGERPRINTS])
        fingerprint = hmac.new(keys[FINGERPRINTS], sha256(picture).digest(), sha256).hexdigest()
        id_ = sha256(f"{owner}\0{fingerprint}".encode()).hexdigest()[:32]
        sealed = AESSIV(keys[owner]).encrypt(picture, _place(id_))
        with self._connection.transaction() as cursor:
            cursor.execute(_KEEP, (id_, owner, media_type, len(picture), fingerprint, sealed))
        return Photo(id_, media_type, len(picture), fingerprint)

    def fetch(self, photo_id: str, unsealer: Unsealer) -> tuple[str, bytes] | None:
        """Media type and picture, for roles that may see photos; None where it is unknown or its owner forgotten.

        Every look is logged. Raises `UnsealRefused` for other roles.
        """
        with self._connection.transaction() as cursor:
            return fetch(cursor, self._vault, photo_id, unsealer)


def fetch(cursor: Any, keys: ExistingKeys, photo_id: str, unsealer: Unsealer) -> tuple[str, bytes] | None:
    """As `PhotoStore.fetch`, for those who keep none."""
    if not unsealer.may_see(PHOTO):
        raise UnsealRefused(
            f"角色 {unsealer.role} 不能查看照片 · role {unsealer.role} may not see photos",
            "请由有权限的角色查看 · Ask somebody at the desk or who handles the case.",
        )
    cursor.execute(_FETCH, (photo_id,))
    row = cursor.fetchone()
    if row is None:
        return None
    owner, media_type, sealed = row
    picture = _opened(keys.existing([owner]).get(owner), bytes(sealed), photo_id)
    unsealer.tell("photo", [owner], {"plain" if picture else "forgotten": 1})
    return (media_type, picture) if picture else None


def _place(id_: str) -> list[bytes]:
    """What the sealing is bound to: the bytes of one photo can't stand for another's."""
    return [b"photo", id_.encode()]


def _opened(key: bytes | None, sealed: bytes, id_: str) -> bytes | None:
    try:
        return AESSIV(key).decrypt(sealed, _place(id_)) if key else None
    except InvalidTag:
        return None
