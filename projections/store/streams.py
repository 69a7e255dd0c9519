"""Reads streams that a correction speaks of again from the ledger, outside of any transaction: Kafka takes its time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from ledger.codec import Examiner, Sound
from ledger.errors import LedgerUnsound, StoreUnsound
from ledger.record import RawRecord
from projections.store.load import load_places
from projections.store.restate import STREAM_RECORDS
from projections.store.rows import Standing

Fetch = Callable[[int, Collection[int]], Mapping[int, RawRecord]]
"""The records at these offsets of a partition. Raises `OutcomeUnknown` where Kafka is away."""

RECORDS_AT_ONCE = 2 * STREAM_RECORDS
"""A batch whose corrections speak of more records than this is divided."""


def no_ledger(partition: int, offsets: Collection[int]) -> Mapping[int, RawRecord]:
    """Of a lane that was given no ledger to read from."""
    raise StoreUnsound(
        f"{len(offsets)} records of partition {partition} are needed again", "Give the lane a ledger to read from."
    )


class Unread(Exception):
    """These records have to be read before the batch can be planned."""

    def __init__(self, partition: int, contents: Mapping[int, str]) -> None:
        super().__init__(f"{len(contents)} records of partition {partition}")
        self.partition, self.contents = partition, contents


class Streams:
    """Records of streams as far as they were read for the batch at hand."""

    def __init__(self, fetch: Fetch, examiner: Examiner) -> None:
        self._fetch, self._examiner = fetch, examiner
        self._read: dict[int, Standing] = {}

    def below(
        self, cursor: Any, partition: int, subjects: Collection[str], offset: int
    ) -> dict[str, list[Standing] | None]:
        """What stands in the streams below an offset, None for one too long. Raises `Unread`."""
        places = load_places(cursor, partition, subjects, offset)
        contents = {at: content for held in places.values() if held for at, content in held.items()}
        unread = {at: content for at, content in contents.items() if at not in self._read}
        if unread:
            raise Unread(partition, unread)
        return {
            subject: None if held is None else [self._read[at] for at in sorted(held)]
            for subject, held in places.items()
        }

    def read(self, unread: Unread) -> None:
        """Reads what was missing. Raises `LedgerUnsound` where the log holds something else than the index says."""
        raws = self._fetch(unread.partition, unread.contents)
        for offset, content in unread.contents.items():
            said = self._examiner.examine(raws[offset], unread.partition) if offset in raws else None
            if not isinstance(said, Sound) or said.content != content:
                raise LedgerUnsound(
                    f"Partition {unread.partition} does not hold at offset {offset} what was applied",
                    "The ledger was cut or replaced. Restore it from its archive; see docs/why/one-ledger.md.",
                )
            self._read[offset] = Standing(offset, said.record)

    def forget(self) -> None:
        """The batch is done; its partition's offsets mean nothing for the next one."""
        self._read.clear()
