"""How a partition's tree grows with the log: which records come next, and a leaf for every offset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from audit.leaf import leaf_of, missing_leaf_bytes
from audit.merkle import leaf_hash
from audit.tiles import Growing
from ledger.errors import LedgerUnsound
from ledger.record import RawRecord


class Grower:
    """Adds records to a partition's tree; offsets that the log skipped get their leaf too."""

    def __init__(self, ledger: str, partition: int, growing: Growing) -> None:
        self._ledger, self._partition, self._growing = ledger, partition, growing
        self._leaf = leaf_of(ledger, partition)

    def take(self, records: Sequence[RawRecord]) -> None:
        """The next records, in their order."""
        if records and records[-1].offset + 1 - self._growing.size == len(records):
            self._growing.add([self._leaf(record) for record in records])
            return
        for record in records:
            self.skip_to(record.offset)
            self._growing.add([self._leaf(record)])

    def skip_to(self, offset: int) -> None:
        """Up to this offset there is nothing any more."""
        while self._growing.size < offset:
            absent = missing_leaf_bytes(self._ledger, self._partition, self._growing.size)
            self._growing.add([leaf_hash(absent)])


def reading_to(since: Mapping[int, int], ends: Mapping[int, int], at_once_records: int) -> dict[int, int]:
    """Where to read to in each partition that has anything new. Raises `LedgerUnsound` where one ends too early."""
    until, room = {}, at_once_records
    for number, following in since.items():
        if ends[number] < following:
            raise LedgerUnsound(
                f"分区 {number} 只到 {ends[number]}，已封存到 {following} · partition {number} ends at "
                f"{ends[number]}, and was sealed up to {following}",
                "从归档恢复账本 · Restore the ledger from its archive; shanzhi seal check names what is missing.",
            )
        take = min(room, ends[number] - following)
        if take:
            until[number] = following + take
            room -= take
    return until
