"""Writes the ledger into an archive: everything the first time, and what has come since each further time.

The manifest is replaced last: a write that is cut off leaves at the most files that the next one removes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from audit.alone import alone
from audit.archive import manifest as manifests
from audit.archive.manifest import FORMAT, NAME, SEALS, UNFINISHED, Manifest, Segment, partition_of
from audit.archive.refusals import ArchiveRefused, archive_altered
from audit.archive.segment import SUFFIX, SegmentWriter
from audit.archive.trail import Trail, digest_of
from audit.leaf import leaf_of
from audit.seals import parse_seal
from ledger.errors import LedgerUnsound
from ledger.reader import Reader
from ledger.record import Batch
from ledger.topics import LEDGER, PARTITIONS

Report = Callable[[int, int], None]
"""Called with records written and records to write."""


class Source(NamedTuple):
    """Whose ledger is archived: the installation, its topic's id and settings."""

    ledger: str
    topic_id: str
    settings: Mapping[str, str]


class Written(NamedTuple):
    """What a write did; `manifest` is the archive's new one."""

    manifest: Manifest
    records: int
    segments: int


@dataclass
class _Part:
    """A partition that is being written."""

    trail: Trail
    segments: list[Segment]
    open: SegmentWriter | None = field(default=None)

    def add(self, folder: Path, batch: Batch) -> None:
        for record in batch.records:
            if self.open and self.open.is_full:
                self.close()
            if self.open is None:
                self.open = SegmentWriter(folder, self.trail, record.offset)
            self.open.add(record)

    def close(self) -> None:
        if self.open:
            self.segments.append(self.open.close())
            self.open = None


def write(
    reader: Reader,
    source: Source,
    seals: Iterable[str],
    folder: Path,
    written_at: str,
    until: Mapping[int, int],
    report: Report = lambda done, total: None,
) -> Written:
    """Appends the records before `until` that the archive lacks, and replaces its seals by these lines.

    Raises `ArchiveRefused` where the folder holds something else, or another ledger's archive, `LedgerUnsound` where
    the ledger is not the one that was archived, or has lost what was not yet, or what was sealed, or seals were
    altered; `AlreadyWritten`.
    """
    lines = list(seals)
    _assert_holds_what_is_sealed(lines, until)
    with _held(folder):
        before = _before(folder, source)
        parts = {number: _part(before, source.ledger, number) for number in range(PARTITIONS)}
        _assert_follows(reader, parts)
        _clear(folder, before)
        since = {number: max(part.trail.next, reader.starts[number]) for number, part in parts.items()}
        done, total = 0, sum(max(0, until[number] - since[number]) for number in parts)
        files = sum(len(part.segments) for part in parts.values())
        try:
            for batch in reader.batches(since, until):
                parts[batch.partition].add(folder, batch)
                done += len(batch.records)
                report(done, total)
            for part in parts.values():
                part.close()
        finally:
            for part in parts.values():
                if part.open:
                    part.open.abandon()
        manifest = _finish(folder, before, source, lines, written_at, parts)
        return Written(manifest, done, manifest.segments - files)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with alone(folder):
            yield
    except OSError as failure:
        raise ArchiveRefused(
            f"写不了 {folder} · can't be written ({failure.strerror})",
            "检查路径、权限和空间，再运行一次 · Look at path, rights and space, then run it again: it goes on.",
        ) from failure


def _assert_holds_what_is_sealed(lines: Sequence[str], until: Mapping[int, int]) -> None:
    last = parse_seal(lines[-1]) if lines else None
    for number, part in enumerate(last.partitions if last else ()):
        if part.next > until.get(number, 0):
            raise _not_ours(f"{number}:{until.get(number, 0)} 已封存，账本里没有 · was sealed, and is no longer there")


def _before(folder: Path, source: Source) -> Manifest | None:
    try:
        before = manifests.read(folder)
    except (ValueError, OSError) as failure:
        raise archive_altered(folder, f"{NAME}: {failure}") from failure
    if before is None and folder.is_dir() and any(_is_strange(folder, path) for path in folder.rglob("*")):
        raise ArchiveRefused(
            f"{folder} 里有别的文件 · holds other files, and no archive",
            "换一个空文件夹 · Give an empty folder, or the one of an archive.",
        )
    if before and before.ledger != source.ledger:
        raise ArchiveRefused(
            f"{folder} 是另一个账本的归档 · is the archive of another ledger: {before.ledger}, this is {source.ledger}",
            "每个账本一个文件夹 · A folder a ledger; whoever restores a ledger restores its database too.",
        )
    return before


def _is_strange(folder: Path, path: Path) -> bool:
    return path.is_file() and not path.name.endswith((SUFFIX, UNFINISHED))


def _part(before: Manifest | None, ledger: str, number: int) -> _Part:
    if before is None:
        return _Part(Trail(ledger, number), [])
    partition = before.partitions[number]
    return _Part(partition.trail(ledger), list(partition.segments))


def _assert_follows(reader: Reader, parts: Mapping[int, _Part]) -> None:
    """The ledger still holds the last record that was archived, and all that came since."""
    for number, part in parts.items():
        last = part.trail.next - 1
        if last < 0:
            continue
        is_there = reader.starts[number] <= last < reader.ends[number]
        found = reader.records(number, [last]).get(last) if is_there else None
        if found is None:
            raise _not_ours(f"{number}:{last} 已归档，账本里没有 · was archived, the ledger does not hold it")
        if leaf_of(part.trail.ledger_id, number)(found) != part.trail.last_leaf:
            raise _not_ours(f"{number}:{last} 与归档不同 · is another record than the archived one")


def _not_ours(what: str) -> LedgerUnsound:
    return LedgerUnsound(
        f"账本与归档或封印不相接 · the ledger does not follow what was archived or sealed: {what}",
        "先查明账本出了什么事（shanzhi verify），必要时从归档恢复 · Find out what became of the ledger; the archive "
        "stays as it is.",
    )


def _clear(folder: Path, before: Manifest | None) -> None:
    """Removes what a write that was cut off has left."""
    known = {segment.file for one in before.partitions for segment in one.segments} if before else set()
    for path in folder.rglob("*"):
        is_segment = path.name.endswith(SUFFIX) and str(path.relative_to(folder)) not in known
        if path.is_file() and (is_segment or path.name.endswith(UNFINISHED)):
            path.unlink()


def _finish(
    folder: Path,
    before: Manifest | None,
    source: Source,
    seals: Iterable[str],
    written_at: str,
    parts: Mapping[int, _Part],
) -> Manifest:
    """Replaces seals and manifest; where nothing is new both stay, and with them the digest."""
    lines = _following_seals(folder, "".join(f"{line}\n" for line in seals).encode())
    manifest = Manifest(
        FORMAT,
        source.ledger,
        LEDGER,
        source.topic_id,
        dict(source.settings),
        written_at,
        [partition_of(part.trail, part.segments) for part in parts.values()],
        digest_of(lines),
    )
    if before and replace(before, written_at=written_at, digest="") == manifest:
        return before
    content = manifests.encode(manifest)
    _replace(folder / SEALS, lines)
    _replace(folder / NAME, content)
    _settle(folder)
    return manifests.decode(content)


def _following_seals(folder: Path, lines: bytes) -> bytes:
    """The seals, or those of before where a restored database has only the first of them."""
    path = folder / SEALS
    kept = path.read_bytes() if path.exists() else b""
    if kept.startswith(lines):
        return kept
    if not lines.startswith(kept):
        raise archive_altered(folder, f"{SEALS} 与数据库的封印不符 · its seals are not those of the database")
    return lines


def _replace(path: Path, content: bytes) -> None:
    unfinished = path.with_name(path.name + UNFINISHED)
    with unfinished.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    unfinished.replace(path)


def _settle(folder: Path) -> None:
    """The names of files survive a power loss from here on."""
    for place in (folder, *(path for path in folder.iterdir() if path.is_dir())):
        opened = os.open(place, os.O_RDONLY)
        with suppress(OSError):  # not every file system has it
            os.fsync(opened)
        os.close(opened)
