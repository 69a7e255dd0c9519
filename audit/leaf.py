"""What a leaf of a partition's tree is made of: everything that a record says, and where it says it.

    leaf = H(0x00 ‖ ledger id ‖ partition ‖ offset ‖ stamp ‖ key ‖ headers ‖ value)

Each part is preceded by its length in bytes (4 bytes, signed, big-endian; −1 for none, as Kafka has it), so that
no two records have the same content. Partition: 4 bytes; offset and stamp (ms): 8 bytes, signed, big-endian;
headers: name and value of each in their order, with lengths of their own. An offset that the log skipped has a leaf
of the first three parts alone: leaf number = offset, always.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from struct import Struct

from ledger.record import RawRecord

_NONE = b"\xff\xff\xff\xff"
_PARTITION = Struct(">ii")
_OFFSET = Struct(">iq")
_HEAD = Struct(">iqiqi")  # offset, stamp, length of the key
_NO_HEADERS = Struct(">ii")  # and the length of the value
_LENGTH = Struct(">i")

Leaf = Callable[[RawRecord], bytes]


def leaf_bytes(ledger_id: str, partition: int, record: RawRecord) -> bytes:
    """The content of a record's leaf; `audit.merkle.leaf_hash` hashes it."""
    return _where(ledger_id, partition) + said_bytes(record)


def missing_leaf_bytes(ledger_id: str, partition: int, offset: int) -> bytes:
    """The content of the leaf of an offset at which the log holds nothing."""
    return _where(ledger_id, partition) + _OFFSET.pack(8, offset)


def leaf_of(ledger_id: str, partition: int) -> Leaf:
    """`leaf_hash(leaf_bytes(…))` for many records of a partition."""
    started = sha256(b"\x00" + _where(ledger_id, partition))

    def leaf(record: RawRecord) -> bytes:
        hashed = started.copy()
        hashed.update(said_bytes(record))
        return hashed.digest()

    return leaf


def leaf_of_said(ledger_id: str, partition: int) -> Callable[[bytes], bytes]:
    """The same from `said_bytes` of records."""
    started = sha256(b"\x00" + _where(ledger_id, partition))

    def leaf(said: bytes) -> bytes:
        hashed = started.copy()
        hashed.update(said)
        return hashed.digest()

    return leaf


def _where(ledger_id: str, partition: int) -> bytes:
    return _part(ledger_id.encode()) + _PARTITION.pack(4, partition)


def said_bytes(record: RawRecord) -> bytes:
    """The parts of a record after its partition."""
    key, value = record.key, record.value
    if key is not None and value is not None and not record.headers:  # as all are that our writer wrote: half the time
        head = _HEAD.pack(8, record.offset, 8, record.timestamp, len(key))
        return b"".join((head, key, _NO_HEADERS.pack(0, len(value)), value))
    headers = b"".join(_part(name.encode()) + _part(content) for name, content in record.headers)
    place = _OFFSET.pack(8, record.offset) + _OFFSET.pack(8, record.timestamp)
    return b"".join((place, _part(key), _part(headers), _part(value)))


def _part(content: bytes | None) -> bytes:
    return _NONE if content is None else _LENGTH.pack(len(content)) + content
