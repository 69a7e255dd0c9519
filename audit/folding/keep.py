"""Which events a fold of the past leaves out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from ledger.codec import EPOCH
from ledger.record import Batch, Record


class Keep(Struct, frozen=True):
    """Events that happened before a time, or were recorded before one; without either all of them.

    What was recorded before a time is, in each partition, what stands before the first record with a later stamp.
    """

    event_time_before: datetime | None = None
    recorded_before: datetime | None = None

    def recorded(self, batch: Batch) -> Batch | None:
        """The batch as far as it was recorded in time, None where nothing of it was."""
        if self.recorded_before is None:
            return batch
        bound_ms = (self.recorded_before - EPOCH) / timedelta(milliseconds=1)
        early = next((n for n, raw in enumerate(batch.records) if raw.timestamp >= bound_ms), len(batch.records))
        return batch._replace(records=batch.records[:early]) if early else None

    def happened(self, records: Iterable[Record[Any]]) -> list[Record[Any]]:
        """The records of events that happened in time."""
        bound = self.event_time_before
        return [record for record in records if bound is None or record.time < bound]


EVERYTHING = Keep()
