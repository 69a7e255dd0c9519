"""How a record stands in an archive, and the chain of hashes by which each record vouches for all before it. Pure.

    frame = length of body (4 bytes, big-endian) ‖ body ‖ first 8 bytes of the chain after this record
    body  = what the record's leaf is made of after its partition (`audit.leaf`): offset, stamp, key, headers, value
    chain = H(chain before ‖ leaf of the record), begun with H(ledger id ‖ 0x00 ‖ partition)

So an altered, dropped, swapped or inserted record is found where it stands, and not only in the sum at the end.
"""

from __future__ import annotations

from hashlib import sha256
from struct import Struct, error

from audit.leaf import said_bytes
from ledger.record import StoredRecord

CHECK_BYTES = 8
BODY_BYTES_AT_MOST = 4 * 1024 * 1024  # a record of the ledger has 256 KiB at the most
LENGTH = Struct(">I")
_PART = Struct(">i")
_PLACE = Struct(">iqiq")  # offset and stamp, each behind its length


class FrameBroken(Exception):
    """A body is none; the words say what is wrong."""


def chain_start(ledger_id: str, partition: int) -> bytes:
    """The chain before the first record of a partition."""
    return sha256(ledger_id.encode() + b"\0" + LENGTH.pack(partition)).digest()


def chained(chain: bytes, leaf: bytes) -> bytes:
    """The chain after a record with this leaf hash."""
    return sha256(chain + leaf).digest()


def frame(body: bytes, chain: bytes) -> bytes:
    """A record as it is written, `chain` being the one after it."""
    return LENGTH.pack(len(body)) + body + chain[:CHECK_BYTES]


def offset_of(body: bytes) -> int:
    """Where a body says that its record stands. Raises `FrameBroken`."""
    if len(body) < _PLACE.size:
        raise FrameBroken("a record is too short")
    return int(_PLACE.unpack_from(body)[1])


def decode(body: bytes) -> StoredRecord:
    """The record. Raises `FrameBroken` for bytes that no record has."""
    try:
        _, offset, _, stamp = _PLACE.unpack_from(body)
        key, at = _part(body, _PLACE.size)
        headers, at = _part(body, at)
        value, at = _part(body, at)
        record = StoredRecord(offset, stamp, key, value, _headers(headers or b""))
    except (error, ValueError) as failure:
        raise FrameBroken("a record can't be read") from failure
    if said_bytes(record) != body:
        raise FrameBroken("a record is written otherwise than ours")
    return record


def _headers(content: bytes) -> tuple[tuple[str, bytes | None], ...]:
    headers, at = [], 0
    while at < len(content):
        name, at = _part(content, at)
        value, at = _part(content, at)
        headers.append(((name or b"").decode(), value))
    return tuple(headers)


def _part(content: bytes, at: int) -> tuple[bytes | None, int]:
    (length,) = _PART.unpack_from(content, at)
    at += _PART.size
    if length < 0:
        return None, at
    if at + length > len(content):
        raise ValueError(length)
    return content[at : at + length], at + length
