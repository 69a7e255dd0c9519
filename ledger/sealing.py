"""Personal data as sealed text: what the ledger holds for ever must be forgettable.

AES-SIV, because the same field of the same event has to seal to the same bytes (a resend is a repeat, not
`id_reused`) and a derived nonce would be fatal for GCM. The key belongs to the owner, the associated data
names event and field, so sealed text can't be moved to another place.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

KEY_BYTES = 64  # AES-256-SIV
PREFIX = "sealed:1:"
_is_sealed = re.compile(r"sealed:1:[A-Za-z0-9_-]{22,}={0,2}\Z").match


class Keys(Protocol):
    """Where data keys come from."""

    def for_owners(self, owners: Iterable[str]) -> Mapping[str, bytes]:
        """A key for each owner, made where there was none. Raises `PersonForgotten` for a destroyed one."""
        ...


class ExistingKeys(Protocol):
    """Where data keys are read from and never made."""

    def existing(self, owners: Iterable[str]) -> Mapping[str, bytes]:
        """The keys that are there; owners who are unknown or were forgotten are absent."""
        ...


class NoKeys:
    """Keys for events that hold nothing personal: who tells these needs no vault and no master key."""

    def for_owners(self, owners: Iterable[str]) -> Mapping[str, bytes]:
        """None of anybody."""
        return {}


def is_sealed(text: str) -> bool:
    """Whether the text has the form of sealed text (not whether any key opens it)."""
    return _is_sealed(text) is not None


def seal(key: bytes | AESSIV, plain: bytes, source: str, id_: str, pointer: str) -> str:
    """Sealed text of `plain` at one place: the field `pointer` of the event (source, id).

    Making an `AESSIV` costs more than using it: give one where a key seals several fields.
    """
    cipher = key if isinstance(key, AESSIV) else AESSIV(key)
    sealed = cipher.encrypt(plain, [source.encode(), id_.encode(), pointer.encode()])
    return PREFIX + urlsafe_b64encode(sealed).decode()


def unseal(key: bytes, text: str, source: str, id_: str, pointer: str) -> bytes | None:
    """What was sealed at that place, or None where the key or the place is another."""
    try:
        sealed = urlsafe_b64decode(text.removeprefix(PREFIX))
        return AESSIV(key).decrypt(sealed, [source.encode(), id_.encode(), pointer.encode()])
    except (InvalidTag, ValueError):
        return None
