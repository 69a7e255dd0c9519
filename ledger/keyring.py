"""The master keys that a process knows, and what each of them wraps. Pure: the rows come in as arguments.

A vault has a row for each master key that it ever had, with a proof: the sealing of a known text under it.
A ring finds its own keys among the rows by that proof, so no row ever says anything of a key itself.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from ledger.errors import VaultLocked
from ledger.sealing import KEY_BYTES

_PROVEN = b"the master key of this vault"


class KeyRing:
    """The master key, and the one of before a rotation where there is one."""

    def __init__(self, first: bytes, *others: bytes) -> None:
        self._keys = tuple(dict.fromkeys((first, *others)))
        self._ciphers = {proof_of(key): AESSIV(key) for key in self._keys}
        self.proof = proof_of(first)

    def led_by(self, first: bytes) -> KeyRing:
        """A ring with the same keys and `first` before them."""
        return KeyRing(first, *self._keys)

    def open(self, rows: Sequence[tuple[int, bytes]]) -> Opened | None:
        """What this ring can do with a vault of these master keys (id and proof, ids ascending); None: it has none.

        Raises `VaultLocked` where the newest of them is not in the ring: what it wraps could be neither read nor made.
        """
        if not rows:
            return None
        ciphers = {number: self._ciphers[proof] for number, proof in rows if proof in self._ciphers}
        newest = rows[-1][0]
        if newest not in ciphers:
            raise VaultLocked(
                "主密钥与密钥库不符 · this master key is not the one of the vault",
                "请使用该数据库的主密钥；轮换过密钥的，请使用新密钥 · Give the master key that this database was used "
                "with (SHANZHI_MASTER_KEY or its file); after a rotation the new one, and the old one as "
                "SHANZHI_MASTER_KEY_BEFORE while it goes on.",
            )
        return Opened(newest, ciphers)


class Opened:
    """A ring at a vault: data keys are made under the newest master key and read under every one that is known."""

    def __init__(self, newest: int, ciphers: Mapping[int, AESSIV]) -> None:
        self.newest = newest
        self._ciphers = ciphers

    @property
    def known(self) -> list[int]:
        """Ids of the master keys that this ring has."""
        return sorted(self._ciphers)

    def make(self, owner: str) -> tuple[bytes, bytes]:
        """A new data key, and how it is kept."""
        key = os.urandom(KEY_BYTES)
        return key, self.wrap(owner, key)

    def wrap(self, owner: str, key: bytes) -> bytes:
        """A data key as it is kept, under the newest master key."""
        return self._ciphers[self.newest].encrypt(key, [owner.encode()])

    def unwrap(self, owner: str, wrapped: bytes, number: int) -> bytes:
        """A data key that master key `number` wraps. Raises `VaultLocked` where that one does not open it."""
        if number not in self._ciphers:
            raise VaultLocked(
                f"{owner} 的密钥仍由旧的主密钥 {number} 保护 · the key of {owner} is still under master key {number}",
                "请把旧密钥填入 SHANZHI_MASTER_KEY_BEFORE，运行 shanzhi vault rotate · Give the old master key as "
                "SHANZHI_MASTER_KEY_BEFORE and finish the rotation: shanzhi vault rotate.",
            )
        try:
            return self._ciphers[number].decrypt(wrapped, [owner.encode()])
        except InvalidTag:
            raise VaultLocked(
                f"主密钥打不开 {owner} 的密钥 · the master key does not open the vault's key of {owner}",
                "请使用该数据库的主密钥 · Give the master key that this database was used with (SHANZHI_MASTER_KEY or "
                "its file); if it is the right one, the row is damaged: restore the vault from a backup.",
            ) from None


def proof_of(key: bytes) -> bytes:
    """What a vault keeps of a master key. Deterministic, and tells nothing of the key."""
    return AESSIV(key).encrypt(_PROVEN, [b"proof"])
