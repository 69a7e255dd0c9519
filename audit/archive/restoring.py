"""Puts an archive back into Kafka: the same records at the same offsets with the same stamps, then as a live ledger.

While it goes on the topic takes stamps from the writer (CreateTime); at the end it is given the setting of the ledger
that was archived. A restore that was cut off goes on where it ended: what the topic holds is compared first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

from audit.archive import manifest as manifests
from audit.archive.checking import check
from audit.archive.frames import decode
from audit.archive.manifest import Manifest, Partition
from audit.archive.refusals import ArchiveRefused, archive_altered
from audit.archive.segment import Broken, read_segment
from audit.archive.trail import Trail
from audit.leaf import leaf_of
from ledger.errors import LedgerUnsound
from ledger.reader import Reader
from ledger.record import StoredRecord
from ledger.topics import STAMPED_BY, Topic, ledger_to_restore, stamp_by
from ledger.writer import Pending, Writer

Report = Callable[[str, int, int], None]
"""Called with what is being done, records done and records in all."""

_ON_THEIR_WAY = 5_000
_RECEIPT_SECONDS = 60
_NAMES = {"check": "核对归档 · checking", "restore": "写入账本 · restoring", "compare": "核对账本 · comparing"}


def restore(
    folder: Path,
    bootstrap: str,
    replication: int,
    report: Report = lambda what, done, total: None,
    trusted: Collection[str] | None = None,
) -> Topic:
    """The restored ledger, read back and compared as a whole; `trusted` as `audit.archive.checking.check`.

    Raises `LedgerUnsound` where the archive was altered, does not reach from offset 0 without a gap, or the topic holds
    something else; `ArchiveRefused` where there is no archive; `OutcomeUnknown` where Kafka is away: run it again.
    """
    manifest = _sound(folder, report, trusted)
    topic = ledger_to_restore(bootstrap, replication)
    _assert_begins_alike(folder, manifest, bootstrap)
    with Reader(bootstrap) as reader:
        there = reader.ends
    if sum(there.values()) < manifest.records:
        stamp_by(bootstrap, "CreateTime")
        _produce(folder, manifest, bootstrap, there, report)
    _assert_equal(manifest, bootstrap, report)
    stamp_by(bootstrap, manifest.settings[STAMPED_BY])
    return topic


def _sound(folder: Path, report: Report, trusted: Collection[str] | None) -> Manifest:
    if not (folder / manifests.NAME).exists():
        raise ArchiveRefused(f"{folder} 里没有归档 · holds no archive", "shanzhi archive write FOLDER")
    checked = check(folder, lambda done, total: report(_NAMES["check"], done, total), trusted)
    if not checked.sound:
        first = checked.findings[0]
        raise archive_altered(folder, f"{first.position or first.file}: {first.what}")
    manifest = manifests.read(folder)
    assert manifest is not None  # it was just checked
    for partition in manifest.partitions:
        _assert_whole(partition)
    return manifest


def _assert_whole(partition: Partition) -> None:
    """Kafka gives offsets out one after the other: a hole can't be written."""
    number = partition.partition
    if partition.start:
        raise LedgerUnsound(
            f"分区 {number} 从 {partition.start} 开始 · partition {number} of the archive starts at offset "
            f"{partition.start}: what stood before it was deleted (truncated, or retention) before it was archived",
            "请改用从 0 开始的归档 · It can't stand at the same offsets again: use an archive that starts at 0.",
        )
    if partition.gaps:
        raise LedgerUnsound(
            f"分区 {number} 缺 {partition.gaps} 个位置 · partition {number} of the archive lacks {partition.gaps} "
            "offsets: the log was compacted, or written with transactions",
            "原样恢复不可能 · Records after a gap can't stand at the same offsets again; keep the archive as evidence.",
        )


def _records(folder: Path, manifest: Manifest, partition: Partition, before: int) -> Iterator[StoredRecord]:
    """A partition's records below an offset."""
    trail = Trail(manifest.ledger, partition.partition)
    try:
        for segment in partition.segments:
            if segment.first >= before:
                return
            for body in read_segment(folder, segment, trail):
                if body.offset >= before:
                    return
                yield decode(body.content)
    except Broken as broken:  # it was sound a moment ago
        raise archive_altered(folder, f"{partition.partition}:{broken.offset}: {broken.what}") from broken


def _assert_begins_alike(folder: Path, manifest: Manifest, bootstrap: str) -> None:
    """What the topic holds already has to be the beginning of this archive."""
    with Reader(bootstrap) as reader:
        for partition in manifest.partitions:
            number, end = partition.partition, reader.ends[partition.partition]
            if reader.starts[number] or end > partition.next:
                raise _not_empty(f"{number}:{max(reader.starts[number], partition.next)}")
        until = {number: end for number, end in reader.ends.items() if end}
        archived = {
            one.partition: _records(folder, manifest, one, until[one.partition])
            for one in manifest.partitions
            if one.partition in until
        }
        for batch in reader.batches(dict.fromkeys(until, 0), until):
            leaf = leaf_of(manifest.ledger, batch.partition)
            for record in batch.records:
                if leaf(record) != leaf(next(archived[batch.partition])):
                    raise _not_empty(f"{batch.partition}:{record.offset}")


def _not_empty(position: str) -> LedgerUnsound:
    return LedgerUnsound(
        f"账本不空，且不是本归档的开头 · the ledger is not empty, and at {position} holds what this archive does not",
        "恢复到空的 Kafka；确要放弃现有账本，先把它归档再删除主题 · Restore into an empty Kafka; if the ledger that is "
        "there is to go, archive it first, then delete the topic.",
    )


def _produce(folder: Path, manifest: Manifest, bootstrap: str, there: Mapping[int, int], report: Report) -> None:
    done, total = sum(there.values()), manifest.records
    waiting: deque[tuple[int, Pending]] = deque()
    with Writer(bootstrap, delivery_seconds=_RECEIPT_SECONDS) as writer:
        for partition in manifest.partitions:
            number = partition.partition
            sending = writer.sending()
            for record in _records(folder, manifest, partition, partition.next):
                if record.offset < there[number]:
                    continue
                if record.key is None and record.value is None:
                    raise _unwritable(f"{number}:{record.offset}")
                waiting.append((record.offset, sending.copy(record, number)))
                done += 1
                if len(waiting) >= _ON_THEIR_WAY:
                    _settle(waiting, len(waiting) // 2)
                    report(_NAMES["restore"], done, total)
            _settle(waiting, len(waiting))


def _unwritable(position: str) -> LedgerUnsound:
    """Some clients write such a record; ours can't."""
    return LedgerUnsound(
        f"{position} 既无键也无值 · has neither key nor value: our client can't write it again",
        "用别的 Kafka 客户端写入这一条，再运行一次 · Write this one with another client of Kafka, then run this again.",
    )


def _settle(waiting: deque[tuple[int, Pending]], count: int) -> None:
    """Waits for acknowledgements in order; every record has to stand where it stood."""
    for _ in range(count):
        offset, pending = waiting.popleft()
        receipt = pending.receipt(_RECEIPT_SECONDS)
        if receipt.offset != offset:
            raise LedgerUnsound(
                f"{receipt.partition}:{offset} 被写到 {receipt.offset} · was written to offset {receipt.offset}: "
                "somebody else writes to the ledger that is being restored",
                "停掉所有进程，删除主题后重来 · Stop every process, delete the topic and restore again.",
            )


def _assert_equal(manifest: Manifest, bootstrap: str, report: Report) -> None:
    """Reads the whole topic back: its trees have to have the archive's roots."""
    trails = {one.partition: Trail(manifest.ledger, one.partition) for one in manifest.partitions}
    leaves = {number: leaf_of(manifest.ledger, number) for number in trails}
    done = 0
    with Reader(bootstrap) as reader:
        for batch in reader.batches(dict.fromkeys(trails, 0), reader.ends):
            trail, leaf = trails[batch.partition], leaves[batch.partition]
            for record in batch.records:
                trail.add(record.offset, leaf(record))
            done += len(batch.records)
            report(_NAMES["compare"], done, manifest.records)
    for partition in manifest.partitions:
        trail = trails[partition.partition]
        if (trail.next, trail.root().hex()) != (partition.next, partition.root):
            raise LedgerUnsound(
                f"分区 {partition.partition} 与归档不同 · partition {partition.partition} is not as archived",
                "停掉所有进程，删除主题后重来 · Stop every process, delete the topic and restore again.",
            )
