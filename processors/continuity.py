"""Is this still the log that the tables were folded from?

Asked whenever a worker gets partitions, gets nothing to do for a while, or loses its Kafka client.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import datetime

from ledger.errors import LedgerUnsound
from ledger.reader import Reader
from ledger.topics import Topic, describe_ledger, ensure_ledger
from projections.store.connection import connect
from projections.store.generation import bind_topic, bound_topic, existing
from projections.store.migrate import migrate
from projections.store.now import inject, is_injected


def assert_log_holds(
    positions: Mapping[int, int], read: Mapping[int, int], starts: Mapping[int, int], ends: Mapping[int, int]
) -> None:
    """Raises `LedgerUnsound` where the log starts past a position, or ends before what was read of it once."""
    for partition, position in positions.items():
        if starts[partition] > position:
            raise LedgerUnsound(
                f"Partition {partition} starts at offset {starts[partition]}, the tables stand at {position}: "
                "records between were deleted before they were read",
                "Restore the ledger from its archive and set retention.ms=-1.",
            )
        if ends[partition] < read[partition]:
            raise LedgerUnsound(
                f"Partition {partition} ends at offset {ends[partition]}, the index stands at {read[partition]}: "
                "the ledger lost its tail",
                "Restore the lost records from a replica or the archive. If they are gone for good, publishers "
                "have to send them again into a new ledger with an empty database.",
            )


def open_ledger(
    kafka_bootstrap: str, database_url: str, replication: int = 1, injected_time: datetime | None = None
) -> Topic:
    """Migrates the database and gives the ledger that it belongs to; makes the topic only for an empty database.

    With `injected_time` that is what a new ledger is stamped with, until it is moved; for embedded servers only.
    Raises `LedgerUnsound` where the topic is gone or another one, `OutcomeUnknown` where a server is away.
    """
    connect(database_url, "shanzhi probe").close()  # says at once what is wrong with the address
    migrate(database_url)
    with closing(connect(database_url, "shanzhi worker control")) as connection:
        bound = bound_topic(connection)
        with connection, connection.cursor() as cursor:
            if injected_time is not None:
                inject(cursor, injected_time)
            injected = is_injected(cursor)
        if bound:
            topic = describe_ledger(kafka_bootstrap, is_injected=injected)
        else:
            topic = ensure_ledger(kafka_bootstrap, replication, is_injected=injected)
        bind_topic(connection, topic)
    return topic


def sound_positions(kafka_bootstrap: str, database_url: str, fingerprint: str) -> tuple[str, dict[int, int]]:
    """The newest generation of the folds with its next offset by partition, if the ledger is still theirs.

    Raises `LedgerUnsound` where topic, settings or offsets are others, `OutcomeUnknown` or a psycopg2 error where a
    server is away.
    """
    with closing(connect(database_url, "shanzhi worker control")) as connection:
        with connection, connection.cursor() as cursor:
            injected = is_injected(cursor)
        topic = describe_ledger(kafka_bootstrap, is_injected=injected)
        bind_topic(connection, topic)
        with connection, connection.cursor() as cursor:
            generation = existing(cursor, fingerprint)
            cursor.execute(
                f"select partition, position.next, index_position.next from {generation}.position "
                "join shanzhi.index_position using (partition)"
            )
            rows = cursor.fetchall()
    positions = {int(partition): int(next_offset) for partition, next_offset, _ in rows}
    with Reader(kafka_bootstrap) as reader:
        assert_log_holds(positions, {row[0]: max(row[1:]) for row in rows}, reader.starts, reader.ends)
    return generation, positions
