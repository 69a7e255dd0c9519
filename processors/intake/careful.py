"""Reads what other programs wrote: aiokafka takes every byte of a topic on trust, the intake can't.

Two things would stop a partition for ever: a header whose name is no UTF-8, and a batch that unpacks to more than
there is memory (0.2 MiB of gzip hold 200 MiB). Such a batch ends here with one record that stands for the rest of it:
nothing is known of that but its offsets. What one fetch may unpack to is bounded. Everything that depends on how
aiokafka works inside is in this module; a test fails when aiokafka changes under it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import cramjam
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.record.memory_records import MemoryRecords

UNPACKED_BYTES = 4 * 1024 * 1024  # of one batch; clients send 1 MiB by default
FETCHED_BYTES = 16 * 1024 * 1024  # of one fetch of a partition, after unpacking
UNREADABLE = "shanzhi-unreadable"
"""The name of the one header of a record that stands for what can't be read; its value says why."""

codecs: Any = sys.modules[DefaultRecordBatch.__module__]
"""Where aiokafka looks up how to unpack: compiled code that reads these names at every batch."""

_XERIAL = b"\x82SNAPPY\x00"
_XERIAL_HEAD_BYTES = 16


class _Unreadable(NamedTuple):
    """As aiokafka's records are."""

    offset: int
    timestamp: int
    headers: list[tuple[str, bytes | None]]
    key: bytes | None = None
    value: bytes | None = None
    timestamp_type: int | None = 1
    checksum: None = None
    attributes: int = 0


class CarefulRecords:
    """What was fetched of a partition, in place of aiokafka's `MemoryRecords`."""

    def __init__(self, fetched: bytes) -> None:
        self._records = MemoryRecords(fetched)
        self._left_bytes = FETCHED_BYTES

    def size_in_bytes(self) -> int:
        """As fetched."""
        return int(self._records.size_in_bytes())

    def has_next(self) -> bool:
        """Whether another batch follows; the rest is fetched again once enough was unpacked."""
        return self._left_bytes > 0 and bool(self._records.has_next())

    def next_batch(self) -> _CarefulBatch:
        """The next batch; has to be read to its end before the one after it."""
        return _CarefulBatch(self._records.next_batch(), self._spend)

    def _spend(self, size_bytes: int) -> None:
        self._left_bytes -= size_bytes


class _CarefulBatch:
    def __init__(self, batch: Any, spend: Callable[[int], None]) -> None:
        self._batch, self._spend = batch, spend

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __iter__(self) -> Iterator[Any]:
        batch, following, spent = self._batch, self._batch.base_offset, 0
        try:
            for record in batch:
                following = record.offset + 1
                spent += 16 + len(record.value or b"")
                yield record
        except Exception as error:  # whatever is wrong with them, it must not stop the partition
            why = f"{type(error).__name__}, offsets {following} to {batch.next_offset - 1}"
            yield _Unreadable(following, batch.max_timestamp or 0, [(UNREADABLE, why.encode())])
        self._spend(spent)


def read_carefully() -> None:
    """Makes aiokafka read like this from now on, in this process."""
    codecs.gzip_decode = lambda packed: _unpacked(cramjam.gzip.decompress_into, packed)
    codecs.lz4_decode = lambda packed: _unpacked(cramjam.lz4.decompress_into, packed)
    codecs.zstd_decode = lambda packed: _unpacked(cramjam.zstd.decompress_into, packed)
    codecs.snappy_decode = _snappy
    fetcher.MemoryRecords = CarefulRecords


def _unpacked(unpack: Callable[[Any, Any], int], packed: Any) -> bytes:
    """Raises `DecompressionError` where there is more than a batch may hold."""
    room = bytearray(min(UNPACKED_BYTES, max(64 * 1024, 20 * len(packed))))
    try:
        return bytes(memoryview(room)[: unpack(packed, room)])
    except cramjam.DecompressionError:
        if len(room) == UNPACKED_BYTES:
            raise
    room = bytearray(UNPACKED_BYTES)
    return bytes(memoryview(room)[: unpack(packed, room)])


def _snappy(packed: Any) -> bytes:
    """Bare, or in the blocks of the Java client."""
    text = bytes(packed)
    if not text.startswith(_XERIAL):
        return _unpacked(cramjam.snappy.decompress_raw_into, text)
    parts, at, size_bytes = [], _XERIAL_HEAD_BYTES, 0
    while at < len(text) and size_bytes <= UNPACKED_BYTES:
        end = at + 4 + int.from_bytes(text[at : at + 4], "big")
        parts.append(_unpacked(cramjam.snappy.decompress_raw_into, text[at + 4 : end]))
        at, size_bytes = end, size_bytes + len(parts[-1])
    if size_bytes > UNPACKED_BYTES:
        raise cramjam.DecompressionError(f"over {UNPACKED_BYTES} bytes")
    return b"".join(parts)
