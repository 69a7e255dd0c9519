"""Is an archive still what was written? Every record is hashed again, and held against manifest and seals."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from audit.archive import manifest as manifests
from audit.archive.manifest import NAME, SEALS, UNFINISHED, Manifest, Partition
from audit.archive.segment import Broken, file_digest, read_segment
from audit.archive.trail import Trail
from audit.seals import Seal, chain_fault, parse_seal, sealed_roots

Report = Callable[[int, int], None]
"""Called with records done and records in all."""

_REPORTED_RECORDS = 10_000


class Finding(NamedTuple):
    """What is wrong; `position` is `partition:offset`, the first bad one of its partition, None for what has none."""

    position: str | None
    file: str
    what: str


@dataclass
class Checked:
    """What a check found. `sealed` records are vouched for by a signed root; `keys` are those that signed."""

    digest: str = ""
    records: int = 0
    sealed: int = 0
    seals: int = 0
    keys: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether everything is as it was written."""
        return not self.findings


def check(
    folder: Path, report: Report = lambda done, total: None, trusted: Collection[str] | None = None
) -> Checked:
    """Reads the whole archive; never raises for what it finds in it.

    `trusted` are the public keys that may have signed its seals. None takes those that the seals name: whoever reads
    `keys` compares them.
    """
    checked = Checked()
    try:
        manifest = manifests.read(folder)
    except (ValueError, OSError) as failure:
        checked.findings.append(Finding(None, NAME, f"清单被改动或无法读取 · altered, or can't be read: {failure}"))
        return checked
    if manifest is None:
        checked.findings.append(Finding(None, NAME, "没有清单 · there is no manifest"))
        return checked
    checked.digest = manifest.digest
    seals = _seals(folder, manifest, trusted, checked)
    for partition in manifest.partitions:
        _check_partition(folder, manifest, partition, seals, checked, report)
    checked.findings += _strays(folder, manifest)
    return checked


def _check_partition(
    folder: Path, manifest: Manifest, partition: Partition, seals: Sequence[Seal], checked: Checked, report: Report
) -> None:
    number = partition.partition
    promised = {size: (root, seal) for size, root, seal in sealed_roots(seals, number)}
    trail = Trail(manifest.ledger, number, list(promised))
    file, records = NAME, manifest.records
    try:
        for segment in partition.segments:
            file = segment.file
            for _ in read_segment(folder, segment, trail):
                checked.records += 1
                if checked.records % _REPORTED_RECORDS == 0:
                    report(checked.records, records)
        if manifests.partition_of(trail, partition.segments) != partition:
            raise Broken(partition.next, "与清单不符 · the manifest's sums are of other records")
    except Broken as broken:
        checked.findings.append(Finding(f"{number}:{broken.offset}", file, broken.what))
    _check_seals(trail, promised, partition.next, checked)


def _check_seals(trail: Trail, promised: dict[int, tuple[str, int]], following: int, checked: Checked) -> None:
    """The first seal that the records contradict, or that vouches for more than the archive says to hold.

    A write takes seals before it looks how far the ledger goes: none reaches further, unless records were cut off.
    """
    sound = 0
    for size in sorted(promised):
        root, seal = promised[size]
        if size > following:
            what = f"封印 {seal} 所封的记录缺失 · seal {seal} vouches for records up to {size}, which are not here"
            checked.findings.append(Finding(f"{trail.partition}:{following}", NAME, what))
        if size not in trail.roots:
            break
        if trail.roots[size].hex() != root:
            what = f"记录与封印 {seal} 不符 · the records up to {size} are not those that seal {seal} vouches for"
            checked.findings.append(Finding(f"{trail.partition}:{sound}", SEALS, what))
            break
        sound = size
    checked.sealed += sound


def _seals(folder: Path, manifest: Manifest, trusted: Collection[str] | None, checked: Checked) -> list[Seal]:
    """The archive's seals, as far as they are sound."""
    path = folder / SEALS
    try:
        if file_digest(path) != manifest.seals:
            checked.findings.append(Finding(None, SEALS, "与清单不符 · not the file that the manifest names"))
        parsed = [parse_seal(line) for line in path.read_bytes().splitlines()]
    except OSError as failure:
        checked.findings.append(Finding(None, SEALS, f"无法读取 · can't be read: {failure.strerror}"))
        return []
    seals = [seal for seal in parsed if seal is not None and len(seal.partitions) == len(manifest.partitions)]
    checked.seals, checked.keys = len(seals), sorted({seal.key for seal in seals})
    fault = chain_fault(seals, manifest.ledger, checked.keys if trusted is None else trusted)
    if fault is None and len(seals) == len(parsed):
        return seals
    what = "有一行不是封印 · a line is no seal"
    if fault:
        what = f"封印 {fault.seal}：{fault.what} · seal {fault.seal}: {fault.what_english}"
    checked.findings.append(Finding(None, SEALS, what))
    return []


def _strays(folder: Path, manifest: Manifest) -> list[Finding]:
    """Files that are no part of the archive: put there, or left by a write that was cut off."""
    known = {NAME, SEALS, *(segment.file for one in manifest.partitions for segment in one.segments)}
    found = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    what = (
        "不属于本归档 · no part of the archive: put there, or left by a write that was cut off; the next write removes "
        "its own"
    )
    return [Finding(None, file, what) for file in found if file not in known and not file.endswith(UNFINISHED)]
