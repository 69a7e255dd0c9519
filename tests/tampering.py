"""An archive, small and sound, and edits of it at random: of single records, of bytes, of whole files.

Each edit says where the archive stops being what was written: what a check has to name.
"""

from __future__ import annotations

import gzip
import random
import shutil
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from audit.archive import manifest as manifests
from audit.archive.frames import CHECK_BYTES, LENGTH
from audit.archive.manifest import NAME, SEALS, Segment

AT_ONCE_AT_MOST = 4


class Expected(NamedTuple):
    """`offset` is the first bad one of the file's partition, None where only the file can be named.

    Where bytes of a packed file are others it is the last one that may be named: what cannot be unpacked together
    with the first altered record is no longer there either.
    """

    what: str
    file: str
    offset: int | None
    is_exact: bool = True

    def names(self, file: str, position: str | None) -> bool:
        """Whether this is what a check has to say first."""
        if position is None or self.offset is None:
            return (file, position) == (self.file, self.offset)
        partition, offset = position.split(":")
        first = int(Path(self.file).name.partition(".")[0])
        is_there = int(offset) == self.offset if self.is_exact else first <= int(offset) <= self.offset
        return file == self.file and int(partition) == int(Path(self.file).parent.name) and is_there


class _Opened(NamedTuple):
    """A segment taken apart: its first line, and its frames."""

    path: Path
    segment: Segment
    heading: bytes
    frames: list[bytes]


def tampered(folder: Path, choose: random.Random) -> Expected:
    """Edits one thing at random."""
    return choose.choice(EDITS)(folder, choose)


def flip_a_record(path: Path, number: int) -> None:
    """The last bit of a record's value is another one."""
    heading, _, content = gzip.decompress(path.read_bytes()).partition(b"\n")
    frames = _frames(content)
    at = -CHECK_BYTES - 1
    frames[number] = frames[number][:at] + bytes([frames[number][at] ^ 1]) + frames[number][at + 1 :]
    path.write_bytes(gzip.compress(heading + b"\n" + b"".join(frames)))


def _flip_in_a_record(folder: Path, choose: random.Random) -> Expected:
    opened = _opened(folder, choose)
    number = choose.randrange(len(opened.frames))
    opened.frames[number] = _flipped(opened.frames[number], choose)
    return _closed("flip in a record", opened, number)


def _drop_records(folder: Path, choose: random.Random) -> Expected:
    opened = _opened(folder, choose)
    number = choose.randrange(len(opened.frames))
    del opened.frames[number : number + choose.randint(1, AT_ONCE_AT_MOST)]
    return _closed("drop records", opened, number)


def _swap_records(folder: Path, choose: random.Random) -> Expected:
    opened = _opened(folder, choose)
    first, second = sorted(choose.sample(range(len(opened.frames)), 2))
    frames = opened.frames
    frames[first], frames[second] = frames[second], frames[first]
    return _closed("swap records", opened, first)


def _insert_a_record(folder: Path, choose: random.Random) -> Expected:
    opened = _opened(folder, choose)
    copied, number = choose.choice(opened.frames), choose.randrange(len(opened.frames) + 1)
    opened.frames.insert(number, copied)
    follows = opened.frames[number + 1 :][:1]
    return _closed("insert a record", opened, number + (follows == [copied]))


def _truncate_records(folder: Path, choose: random.Random) -> Expected:
    opened = _opened(folder, choose)
    number = choose.randrange(len(opened.frames))
    del opened.frames[number:]
    return _closed("truncate records", opened, number)


def _flip_in_a_file(folder: Path, choose: random.Random) -> Expected:
    opened = _opened(folder, choose)
    opened.path.write_bytes(_flipped(opened.path.read_bytes(), choose))
    return _read_back("flip in a file", opened)


def _truncate_a_file(folder: Path, choose: random.Random) -> Expected:
    opened = _opened(folder, choose)
    content = opened.path.read_bytes()
    opened.path.write_bytes(content[: choose.randrange(len(content))])
    return _read_back("truncate a file", opened)


def _append_to_a_file(folder: Path, choose: random.Random) -> Expected:
    opened = _opened(folder, choose)
    with opened.path.open("ab") as stream:
        stream.write(choose.choice([b"\0", b"more", gzip.compress(opened.frames[0])]))
    return _read_back("append to a file", opened)


def _drop_a_file(folder: Path, choose: random.Random) -> Expected:
    opened = _opened(folder, choose)
    opened.path.unlink()
    return Expected("drop a file", opened.segment.file, opened.segment.first)


def _swap_files(folder: Path, choose: random.Random) -> Expected:
    one, other = choose.sample(_segments(folder), 2)
    aside = folder / "aside"
    (folder / one.file).rename(aside)
    (folder / other.file).rename(folder / one.file)
    aside.rename(folder / other.file)
    first = min(one, other, key=lambda segment: segment.file)
    return Expected("swap files", first.file, first.first)


def _insert_a_file(folder: Path, choose: random.Random) -> Expected:
    opened = _opened(folder, choose)
    name = f"{opened.segment.file.partition('/')[0]}/{opened.segment.next + 1_000_000:020d}.records.gz"
    shutil.copy(opened.path, folder / name)
    return Expected("insert a file", name, None)


def _flip_in_the_manifest(folder: Path, choose: random.Random) -> Expected:
    (folder / NAME).write_bytes(_flipped((folder / NAME).read_bytes(), choose))
    return Expected("flip in the manifest", NAME, None)


def _flip_in_the_seals(folder: Path, choose: random.Random) -> Expected:
    (folder / SEALS).write_bytes(_flipped((folder / SEALS).read_bytes(), choose))
    return Expected("flip in the seals", SEALS, None)


EDITS: Sequence[Callable[[Path, random.Random], Expected]] = (
    _flip_in_a_record,
    _drop_records,
    _swap_records,
    _insert_a_record,
    _truncate_records,
    _flip_in_a_file,
    _truncate_a_file,
    _append_to_a_file,
    _drop_a_file,
    _swap_files,
    _insert_a_file,
    _flip_in_the_manifest,
    _flip_in_the_seals,
)


def _flipped(content: bytes, choose: random.Random) -> bytes:
    """One bit is another one."""
    at = choose.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << choose.randrange(8)]) + content[at + 1 :]


def _segments(folder: Path) -> list[Segment]:
    manifest = manifests.read(folder)
    assert manifest is not None
    return [segment for one in manifest.partitions for segment in one.segments]


def _opened(folder: Path, choose: random.Random) -> _Opened:
    """A segment of at least two records."""
    segment = choose.choice([segment for segment in _segments(folder) if segment.records > 1])
    path = folder / segment.file
    heading, _, content = gzip.decompress(path.read_bytes()).partition(b"\n")
    return _Opened(path, segment, heading + b"\n", _frames(content))


def _frames(content: bytes) -> list[bytes]:
    """The whole frames that the bytes begin with."""
    frames, at = [], 0
    while at + LENGTH.size <= len(content):
        end = at + LENGTH.size + LENGTH.unpack_from(content, at)[0] + CHECK_BYTES
        if end > len(content):
            break
        frames.append(content[at:end])
        at = end
    return frames


def _closed(what: str, opened: _Opened, number: int) -> Expected:
    """Packs the frames again; the manifest stays what it is."""
    opened.path.write_bytes(gzip.compress(opened.heading + b"".join(opened.frames), 1, mtime=0))
    return Expected(what, opened.segment.file, opened.segment.first + number)


def _read_back(what: str, opened: _Opened) -> Expected:
    """How far what can still be unpacked is what was written, unpacked byte by byte."""
    unpacked, unpacking = b"", zlib.decompressobj(wbits=31)
    with suppress(zlib.error):
        for byte in opened.path.read_bytes():
            unpacked += unpacking.decompress(bytes([byte]))
    heading, _, content = unpacked.partition(b"\n")
    found = _frames(content) if heading + b"\n" == opened.heading else []
    good = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(found, opened.frames, strict=False)))
    return Expected(what, opened.segment.file, opened.segment.first + good, is_exact=False)
