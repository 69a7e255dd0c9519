"""Which records of the ledger count: those whose own offset the index names. Repeats and quarantined ones don't."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from typing import Any, NamedTuple

from projections.store.connection import answering, connect
from projections.store.generation import read_current

COUNTS, REPEAT, UNFOLDED, SET_ASIDE = 1, 0, 2, 3
"""What a record is: an event; one that came before; an event that nobody could check; in quarantine."""


class Cut(NamedTuple):
    """How far the index has read, by partition, and the newest stamp of an applied event."""

    next: Mapping[int, int]
    newest_stamp: datetime | None
    fingerprint: str
    generation: str


class Standing(NamedTuple):
    """One partition up to a cut: what each record is (one byte each, by offset), and why some were set aside."""

    what: bytearray
    reasons: Mapping[int, str]


def read_cut(database_url: str) -> Cut:
    """Where the readers' generation stands now. Raises `StoreUnsound` where no worker has ever run."""
    with (
        answering(),
        closing(connect(database_url, "shanzhi export")) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("set transaction isolation level repeatable read read only")
        generation, fingerprint = read_current(cursor)
        cursor.execute(f"select partition, next from {generation}.position order by partition")
        following = dict(cursor.fetchall())
        cursor.execute(f"select max(newest_stamp) from {generation}.watermark")
        return Cut(following, cursor.fetchone()[0], fingerprint, generation)


def standing(database_url: str, partition: int, until: int) -> Standing:
    """What every record of a partition before `until` is. One byte a record: 10 MiB at ten million."""
    session = {"transaction_timeout": "0", "statement_timeout": "0"}
    with (
        answering(),
        closing(connect(database_url, "shanzhi export", **session)) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        what = bytearray(b"\1") * until
        for offset in _absent(cursor, partition, until):
            what[offset] = REPEAT
        cursor.execute(
            "select ledger_offset from shanzhi.event_index where partition = %s and ledger_offset < %s and unfolded",
            (partition, until),
        )
        for (offset,) in cursor:
            what[offset] = UNFOLDED
        cursor.execute(
            "select ledger_offset, reason from shanzhi.quarantine where partition = %s and ledger_offset < %s",
            (partition, until),
        )
        reasons = dict(cursor.fetchall())
        for offset in reasons:
            what[offset] = SET_ASIDE
        return Standing(what, reasons)


def _absent(cursor: Any, partition: int, until: int) -> list[int]:
    """Offsets that the index does not name: far fewer than those that it does."""
    cursor.execute(
        "select number from generate_series(0::bigint, %s::bigint - 1) number where not exists ("
        "select from shanzhi.event_index own where own.partition = %s and own.ledger_offset = number)",
        (until, partition),
    )
    return [offset for (offset,) in cursor]
