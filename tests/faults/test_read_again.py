"""A partition that has to be read again while more of it keeps coming: no record is skipped, none taken for a gap."""

from __future__ import annotations

import asyncio
from typing import Any

from ledger.record import Batch, StoredRecord
from processors.projector import Projector
from projections.store.apply import Applied, Rewind


class Log:
    """A partition of so many records, and a consumer of it that fetches on from wherever it was last sent."""

    def __init__(self, records: int) -> None:
        self.records, self.at, self.read_again = records, 0, 0

    def fetched(self) -> Batch | None:
        first, self.at = self.at, min(self.at + 3, self.records)
        return Batch(0, [StoredRecord(n, 0, b"", b"") for n in range(first, self.at)]) if first < self.at else None

    async def first_at(self, partition: int, offset: int) -> int:
        await asyncio.sleep(0.02)  # asking the log takes a while, and the consumer fetches on meanwhile
        return offset

    async def seek(self, partition: int, offset: int) -> None:
        self.read_again += 1
        self.at = offset


class Table:
    """What a lane does to a table, with nothing in it but its position; it loses its first batches."""

    def __init__(self, lost: int) -> None:
        self.next, self.gaps, self._lost = 0, 0, lost

    def apply(self, batch: Batch) -> Applied:
        if self._lost:
            self._lost -= 1
            return Applied(self.next, 0)
        first = batch.records[0].offset
        if first > self.next:
            if batch.sought is None or batch.sought > self.next:
                raise Rewind(0, self.next)
            self.gaps += first - self.next
        self.next = max(self.next, batch.records[-1].offset + 1)
        return Applied(self.next, len(batch.records))

    def close(self) -> None: ...


def test_a_partition_sent_back_under_load_gets_on() -> None:
    log, table = Log(3_000), Table(lost=2)

    async def fold() -> None:
        lane: Any = table
        projector = Projector([lane], log.first_at, log.seek)
        projector.start()
        while table.next < log.records:
            batch = log.fetched()
            if batch is not None:
                await projector.put(batch)
            await asyncio.sleep(0.001)
        await projector.stop()

    asyncio.run(asyncio.wait_for(fold(), 30))

    assert (table.next, table.gaps) == (3_000, 0)
    assert log.read_again < 5
