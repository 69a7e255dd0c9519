"""Is this still the log that the tables were folded from?

Asked whenever a worker gets partitions, gets nothing to do for a while, or loses its Kafka client.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from ledger.errors import LedgerUnsound, StoreUnsound
from ledger.reader import Reader
from ledger.topics import ensure_ledger
from projections.store.connection import connect
from projections.store.generation import bind_topic, newest


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


def sound_positions(kafka_bootstrap: str, database_url: str, fingerprint: str) -> tuple[str, dict[int, int]]:
    """The newest generation of the folds with its next offset by partition, if the ledger is still theirs.

    Raises `LedgerUnsound` where topic, settings or offsets are others, `OutcomeUnknown` or a psycopg2 error where a
    server is away.
    """
    topic = ensure_ledger(kafka_bootstrap)
    with closing(connect(database_url, "shanzhi worker control")) as connection:
        bind_topic(connection, topic)
        with connection, connection.cursor() as cursor:
            generation = newest(cursor, fingerprint)
            if generation is None:
                raise StoreUnsound("The generation of these folds is gone", "Restart the worker to make it.")
            positions = load_positions(cursor, generation)
    with Reader(kafka_bootstrap) as reader:
        assert_log_holds(positions, reader.starts, reader.ends)
    return generation, positions


def load_positions(cursor: Any, generation: str) -> dict[int, int]:
    """Next offset by partition of a generation."""
    cursor.execute(f"select partition, next from {generation}.position")
    return {int(partition): int(next_offset) for partition, next_offset in cursor.fetchall()}
