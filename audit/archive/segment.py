"""A segment: consecutive records of one partition in a gzip file, which any system can open for as long as there are
files. Its first line says whose records these are; the rest are frames."""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from audit.archive.frames import BODY_BYTES_AT_MOST, CHECK_BYTES, LENGTH, FrameBroken, chained, frame, offset_of
from audit.archive.manifest import UNFINISHED, Segment
from audit.archive.trail import Trail
from audit.leaf import leaf_of_said, said_bytes
from ledger.record import RawRecord

SEGMENT_BYTES = 64 * 1024 * 1024  # of records, before they are compressed
SUFFIX = ".records.gz"
_COMPRESSION = 1  # a sixth of the size; more costs several times as long for a few percent
_HEADING_BYTES_AT_MOST = 1024


class Broken(Exception):
    """Where a segment stops being what was written: the offset, and what is wrong with it."""

    def __init__(self, offset: int, what: str) -> None:
        super().__init__(what)
        self.offset, self.what = offset, what


class Body(NamedTuple):
    """A record that was found sound: its offset and its bytes, for `frames.decode`."""

    offset: int
    content: bytes


class SegmentWriter:
    """Writes the records that follow a trail into one file; `close` makes it durable and says what it holds."""

    def __init__(self, folder: Path, trail: Trail, first: int) -> None:
        self.name = f"{trail.partition:02d}/{first:020d}{SUFFIX}"
        self._path = folder / self.name
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._trail, self._first, self._records = trail, first, 0
        self._leaf = leaf_of_said(trail.ledger_id, trail.partition)
        self._stream = self._path.with_name(self._path.name + UNFINISHED).open("wb")
        self._packed: Any = gzip.GzipFile("", "wb", _COMPRESSION, self._stream, mtime=0)
        self._packed.write(heading(trail.ledger_id, trail.partition, first))
        self.bytes = 0

    @property
    def is_full(self) -> bool:
        """Whether the next record belongs into another one."""
        return self.bytes >= SEGMENT_BYTES

    def add(self, record: RawRecord) -> None:
        """Writes a record and moves the trail."""
        body = said_bytes(record)
        self._trail.add(record.offset, self._leaf(body))
        content = frame(body, self._trail.chain)
        self._packed.write(content)
        self.bytes += len(content)
        self._records += 1

    def close(self) -> Segment:
        """Gives the file its name once its bytes are on the disk."""
        self._packed.close()
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()
        unfinished = Path(self._stream.name)
        size, digest = unfinished.stat().st_size, file_digest(unfinished)
        unfinished.replace(self._path)
        trail = self._trail
        return Segment(self.name, self._first, trail.next, self._records, size, digest, trail.chain.hex())

    def abandon(self) -> None:
        """Closes and deletes what was written."""
        self._stream.close()
        Path(self._stream.name).unlink(missing_ok=True)


def read_segment(folder: Path, segment: Segment, trail: Trail) -> Iterator[Body]:
    """The records of a segment, each checked before it is given; moves the trail.

    Raises `Broken` at the first record that is not the one that was written, also for a file that is another one
    although its records are the same.
    """
    try:
        with gzip.open(folder / segment.file) as packed:
            if packed.readline(_HEADING_BYTES_AT_MOST) != heading(trail.ledger_id, trail.partition, segment.first):
                raise Broken(segment.first, "文件头不符 · the heading is of another ledger, partition or segment")
            yield from _bodies(packed, segment, trail)
        _assert_whole(folder / segment.file, segment, trail)
    except FileNotFoundError:
        raise Broken(segment.first, "文件缺失 · the file is missing") from None
    except (OSError, EOFError, zlib.error) as failure:
        raise Broken(trail.next, f"无法读取 · can't be read: {failure}") from failure


def _bodies(packed: Any, segment: Segment, trail: Trail) -> Iterator[Body]:
    leaf = leaf_of_said(trail.ledger_id, trail.partition)
    for _ in range(segment.records):
        body, check = _next(packed, trail.next)
        try:
            offset = offset_of(body)
        except FrameBroken as broken:
            raise Broken(trail.next, str(broken)) from None
        hashed = leaf(body)
        if chained(trail.chain, hashed)[:CHECK_BYTES] != check:
            raise Broken(trail.next, "记录与哈希链不符 · the record does not fit the chain of hashes")
        if not trail.next <= offset < segment.next:
            raise Broken(trail.next, f"记录错位 · the record says that it is at offset {offset}")
        trail.add(offset, hashed)
        yield Body(offset, body)
    if packed.read(1):
        raise Broken(trail.next, "多出记录 · there is more than was written")


def _next(packed: Any, offset: int) -> tuple[bytes, bytes]:
    try:
        (length,) = LENGTH.unpack(_exactly(packed, LENGTH.size))
        if length > BODY_BYTES_AT_MOST:
            raise Broken(offset, f"记录过长 · a record of {length} bytes")
        return _exactly(packed, length), _exactly(packed, CHECK_BYTES)
    except EOFError:
        raise Broken(offset, "记录缺失 · the file ends before this record does") from None


def _exactly(packed: Any, size: int) -> bytes:
    content: bytes = packed.read(size)
    if len(content) < size:
        raise EOFError
    return content


def _assert_whole(path: Path, segment: Segment, trail: Trail) -> None:
    if (trail.next, trail.chain.hex()) != (segment.next, segment.chain):
        raise Broken(segment.first, "与清单不符 · its records are not those that the manifest names")
    if (path.stat().st_size, file_digest(path)) != (segment.bytes, segment.sha256):
        raise Broken(segment.first, "文件被改动 · the file is another one, with the same records")


def heading(ledger_id: str, partition: int, first: int) -> bytes:
    """The first line of a segment."""
    return msgspec.json.encode({"ledger": ledger_id, "partition": partition, "first": first}) + b"\n"


def file_digest(path: Path) -> str:
    """SHA-256 of a file, streamed."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
