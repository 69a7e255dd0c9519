"""Is this still the log that the tables were folded from? Asked whenever a worker gets partitions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ledger.errors import LedgerUnsound


def assert_log_holds(positions: Mapping[int, int], starts: Mapping[int, int], ends: Mapping[int, int]) -> None:
    """Raises `LedgerUnsound` where the log starts past a position or ends before it (records were lost)."""
    for partition, position in positions.items():
        if starts[partition] > position:
            raise LedgerUnsound(
                f"Partition {partition} starts at offset {starts[partition]}, the tables stand at {position}: "
                "records between were deleted before they were read",
                "Restore the ledger from its archive and set retention.ms=-1.",
            )
        if ends[partition] < position:
            raise LedgerUnsound(
                f"Partition {partition} ends at offset {ends[partition]}, the tables stand at {position}: "
                "the ledger lost its tail",
                "Restore the lost records from a replica or the archive. If they are gone for good, publishers "
                "have to send them again into a new ledger with an empty database.",
            )


def load_positions(cursor: Any, generation: str) -> dict[int, int]:
    """Next offset by partition of a generation."""
    cursor.execute(f"select partition, next from {generation}.position")
    return {int(partition): int(next_offset) for partition, next_offset in cursor.fetchall()}
