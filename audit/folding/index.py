"""What the database says of a partition: where its events stand, and which records PostgreSQL would not take."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator
from io import BytesIO
from typing import Any, NamedTuple

from ledger.codec import Verdict
from ledger.errors import LedgerUnsound, StoreUnsound

_ANEW = "重做索引 · Make it anew: shanzhi rebuild --index"


class Places(NamedTuple):
    """Of one partition's index: offsets of known events and of those that were unknown, both ascending; its end."""

    known: array[int]
    unknown: frozenset[int]
    next: int
    last_hash: str | None

    def check_last(self, next_offset: int, last_hash: str | None, partition: int) -> None:
        """Raises `LedgerUnsound` where the record that was indexed last is another one now."""
        if next_offset == self.next and last_hash is not None and self.last_hash not in (None, last_hash):
            raise LedgerUnsound(
                f"Partition {partition} holds another record at offset {next_offset - 1} than was indexed",
                "Restore the ledger from its archive; see docs/why/one-ledger.md.",
            )


def places(cursor: Any, partition: int, until: int) -> Places:
    """Where the events of a partition stand. Raises `StoreUnsound` where the index has lost rows or ends too early."""
    cursor.execute("select next, indexed, last_hash from shanzhi.index_position where partition = %s", (partition,))
    next_offset, indexed, last_hash = cursor.fetchone() or (0, 0, None)
    known = array("q", _offsets(cursor, partition, "not unfolded", next_offset))
    unknown = frozenset(_offsets(cursor, partition, "unfolded", next_offset))
    if len(known) + len(unknown) != indexed:
        raise StoreUnsound(
            f"索引残缺 · the index of partition {partition} has {len(known) + len(unknown)} rows, it counted {indexed}",
            _ANEW,
        )
    if until > next_offset:
        raise StoreUnsound(
            f"索引不够 · the index of partition {partition} ends at offset {next_offset}, wanted are {until}", _ANEW
        )
    return Places(known, unknown, next_offset, last_hash)


def _offsets(cursor: Any, partition: int, which: str, below: int) -> Iterator[int]:
    """Below where the index stood when it was asked: workers go on."""
    text = BytesIO()
    where = f"shanzhi.event_index_{partition} where {which} and ledger_offset < {below}"
    cursor.copy_expert(f"copy (select ledger_offset from {where} order by 1) to stdout", text)
    return map(int, text.getvalue().split())


def stream_places(
    cursor: Any, index: str, partition: int, subjects: Collection[str], until: int
) -> Iterator[tuple[str, list[int]]]:
    """Where the events of each stream stand below an offset, by subject."""
    cursor.execute(
        f"select subject, array_agg(ledger_offset order by ledger_offset) from {index} "
        "where partition = %s and subject = any(%s) and ledger_offset < %s group by 1 order by 1",
        (partition, sorted(subjects), until),
    )
    yield from cursor.fetchall()


def refused_by_store(cursor: Any, partition: int) -> dict[int, Verdict]:
    """The one verdict that the records alone don't tell, by offset: PostgreSQL would not take them. It is permanent."""
    cursor.execute(
        "select ledger_offset, detail from shanzhi.quarantine where partition = %s and reason = 'store_refused'",
        (partition,),
    )
    return {offset: Verdict("store_refused", detail) for offset, detail in cursor}
