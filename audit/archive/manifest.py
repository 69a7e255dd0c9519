"""`manifest.json`: what an archive holds and what it hashes to. Its digest is over itself; a copy of the digest, or a
seal, kept elsewhere is what stops somebody who can write the whole folder."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from audit.archive.trail import Trail, digest_of

NAME = "manifest.json"
SEALS = "seals.ndjson"
FORMAT = 1
UNFINISHED = ".unfinished"  # what is being written; nothing of the archive


class Segment(Struct, frozen=True, forbid_unknown_fields=True):
    """A file of records of one partition: `first` to before `next`; `chain` is the one after its last record."""

    file: str
    first: int
    next: int
    records: int
    bytes: int
    sha256: str
    chain: str


class Partition(Struct, frozen=True, forbid_unknown_fields=True):
    """A partition's records: `start` is the first one's offset, None while there is none; root over 0 to `next`."""

    partition: int
    start: int | None
    next: int
    records: int
    chain: str
    root: str
    last_leaf: str
    peaks: list[str]
    segments: list[Segment]

    @property
    def gaps(self) -> int:
        """Offsets below `next` that hold no record."""
        return self.next - self.records

    def trail(self, ledger_id: str) -> Trail:
        """Where the next segment goes on."""
        trail = Trail(ledger_id, self.partition)
        trail.start, trail.next, trail.records = self.start, self.next, self.records
        trail.chain, trail.last_leaf = bytes.fromhex(self.chain), bytes.fromhex(self.last_leaf)
        trail.peaks = [bytes.fromhex(peak) for peak in self.peaks]
        return trail


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """`ledger` is the id of the installation whose ledger it is, `seals` the digest of the seals' file."""

    format: int
    ledger: str
    topic: str
    topic_id: str
    settings: dict[str, str]
    written_at: str
    partitions: list[Partition]
    seals: str
    digest: str = ""

    @property
    def records(self) -> int:
        """Of all partitions."""
        return sum(one.records for one in self.partitions)

    @property
    def segments(self) -> int:
        """Files of all partitions."""
        return sum(len(one.segments) for one in self.partitions)


def partition_of(trail: Trail, segments: list[Segment]) -> Partition:
    """What a manifest says of a partition."""
    return Partition(
        trail.partition,
        trail.start,
        trail.next,
        trail.records,
        trail.chain.hex(),
        trail.root().hex(),
        trail.last_leaf.hex(),
        [peak.hex() for peak in trail.peaks],
        segments,
    )


def encode(manifest: Manifest) -> bytes:
    """With its digest, in the one way of writing it."""
    bare = msgspec.structs.replace(manifest, digest="")
    return _text(msgspec.structs.replace(bare, digest=digest_of(_text(bare))))


def decode(content: bytes) -> Manifest:
    """Raises `ValueError` (also msgspec's) where it is none, or was altered."""
    manifest = msgspec.json.decode(content, type=Manifest)
    if manifest.format != FORMAT:
        raise ValueError(f"format {manifest.format} is not {FORMAT}")
    if encode(manifest) != content:
        raise ValueError("its digest is another one")
    return manifest


def read(folder: Path) -> Manifest | None:
    """The manifest of a folder, None where it has none. Raises `ValueError` as `decode`, `OSError`."""
    path = folder / NAME
    return decode(path.read_bytes()) if path.exists() else None


def _text(manifest: Manifest) -> bytes:
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"
