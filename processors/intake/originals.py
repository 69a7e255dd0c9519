"""What a rejected record said, sealed: it may hold anybody's data in plain, and staff may have to repair it."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from msgspec import Struct

from processors.intake.arrival import Arrival, Headers
from processors.intake.reading import without_key

KEPT_BYTES = 128 * 1024  # of value and headers; a longer one is no event that could be repaired
KEPT_DAYS = 30
OWNER_PREFIX = "quarantine/"


class Original(Struct, frozen=True, array_like=True):
    """Value and headers as they came, without the publisher's key."""

    value: bytes | None
    headers: Headers


def owner_of(stamp_ms: int) -> str:
    """Whose data key seals what came on that day (UTC)."""
    return f"{OWNER_PREFIX}{datetime.fromtimestamp(stamp_ms / 1000, UTC).date().isoformat()}"


def is_kept(one: Arrival) -> bool:
    """Whether there is something to keep, and it is not too long."""
    return not one.is_unreadable and one.size_bytes <= KEPT_BYTES


def seal_original(cipher: AESSIV, one: Arrival, place: str) -> bytes:
    """The same bytes each time. `place` says where the record stood, so that no row can pass for another."""
    original = Original(one.value, without_key(one.headers))
    return cipher.encrypt(msgspec.msgpack.encode(original), [place.encode()])


def unseal_original(key: bytes, sealed: bytes, place: str) -> Original | None:
    """None where key or place are others."""
    try:
        return msgspec.msgpack.decode(AESSIV(key).decrypt(sealed, [place.encode()]), type=Original)
    except InvalidTag:
        return None


def place_of(topic_id: str, partition: int, offset: int) -> str:
    """Where a record stood."""
    return f"{topic_id}/{partition}/{offset}"
