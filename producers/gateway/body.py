"""The body of a request: bounded in bytes (also once unpacked) and in time."""

from __future__ import annotations

import asyncio
import zlib

from starlette.requests import ClientDisconnect, Request

from ledger.errors import EventRefused
from ledger.refusal import refusal

BODY_BYTES = 4 * 1024 * 1024
BODY_SECONDS = 10.0


class TooSlow(Exception):
    """The body did not come in time."""


class WrongEncoding(Exception):
    """A content-encoding that is not taken; `name` as given."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


async def read(request: Request, limit_bytes: int = BODY_BYTES) -> bytes:
    """The body, unpacked where it is gzip.

    Raises `EventRefused` (body_too_large, not_gzip), `TooSlow`, `WrongEncoding`, `ClientDisconnect`.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise WrongEncoding(encoding)
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > limit_bytes:
        raise too_large(limit_bytes)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            packed = await _collected(request, limit_bytes)
    except TimeoutError:
        raise TooSlow from None
    return _unpacked(packed, limit_bytes) if encoding == "gzip" else packed


def declared_bytes(request: Request, limit_bytes: int = BODY_BYTES) -> int:
    """What the body may come to at the most: as declared, the limit where nothing is declared or it is packed."""
    declared = request.headers.get("content-length", "")
    is_plain = declared.isdecimal() and "content-encoding" not in request.headers
    return min(int(declared), limit_bytes) if is_plain and len(declared) < 10 else limit_bytes


def too_large(limit_bytes: int) -> EventRefused:
    """The refusal of a body over the limit."""
    return refusal("body_too_large", "", f"over {limit_bytes} bytes", limit=limit_bytes)


async def _collected(request: Request, limit_bytes: int) -> bytes:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit_bytes:
            raise too_large(limit_bytes)
        chunks.append(chunk)
    return b"".join(chunks)


def _unpacked(packed: bytes, limit_bytes: int) -> bytes:
    """At most `limit_bytes` are ever made of it, however little it is."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        text = unpacker.decompress(packed, limit_bytes + 1)
    except zlib.error:
        raise refusal("not_gzip", "", f"{len(packed)} bytes") from None
    if len(text) > limit_bytes:
        raise too_large(limit_bytes)
    if not unpacker.eof or unpacker.unused_data:
        raise refusal("not_gzip", "", f"{len(packed)} bytes")
    return text


__all__ = ["BODY_BYTES", "ClientDisconnect", "TooSlow", "WrongEncoding", "declared_bytes", "read", "too_large"]
