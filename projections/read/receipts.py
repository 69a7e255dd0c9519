"""What became of an event that was sent: is it indexed, in quarantine, and have the readers' tables got to it?"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from ledger.errors import StoreUnsound
from ledger.protocols import First, Quarantined
from projections.store.connection import answering, connect
from projections.store.generation import read_current

_FIRST = (
    "select replace(identity::text, '-', ''), partition, ledger_offset, encode(content, 'hex') "
    "from shanzhi.event_index_{} where identity = any(%s::uuid[])"
)
_INDEXED = (
    "select partition, ledger_offset, encode(content, 'hex') from shanzhi.event_index "
    "where identity = %s order by ledger_offset limit 1"
)
_QUARANTINED = (
    "select 'ledger', partition, ledger_offset, reason from shanzhi.quarantine where identity = %(identity)s "
    "union all "
    "select 'intake', partition, record_offset, reason from shanzhi.intake_quarantine where identity = %(identity)s "
    "limit 1"
)

_AT_HAND = (
    "select 'ledger', partition, ledger_offset, reason from shanzhi.quarantine "
    "where partition = %s and ledger_offset = %s and identity = %s"
)
_QUARANTINED_AT = (
    "select partition, ledger_offset from shanzhi.quarantine "
    "where (partition, ledger_offset) in (select * from unnest(%s::smallint[], %s::bigint[]))"
)


class TableReceipts:
    """Implements `ledger.protocols.Receipts` over a connection of its own, made anew where it was lost. Thread-safe."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._connection: Any = None
        self._lock = threading.Lock()

    def first(self, wanted: Iterable[tuple[int, str]]) -> Mapping[str, First]:
        """See `Receipts.first`: one statement, which looks into the partitions' own indexes."""
        by_partition: dict[int, list[str]] = {}
        for partition, identity in wanted:
            by_partition.setdefault(partition, []).append(identity)
        if not by_partition:
            return {}
        statement = " union all ".join(_FIRST.format(int(partition)) for partition in by_partition)
        arguments = ["{" + ",".join(identities) + "}" for identities in by_partition.values()]
        return {identity: First(*place) for identity, *place in self._rows(statement, arguments)}

    def find(self, identity: str, place: tuple[int, int] | None = None) -> First | Quarantined | None:
        """See `Receipts.find`."""
        if place and (at_hand := self._rows(_AT_HAND, (*place, identity))):
            return Quarantined(*at_hand[0])
        if indexed := self._rows(_INDEXED, (identity,)):
            return First(*indexed[0])
        quarantined = self._rows(_QUARANTINED, {"identity": identity})
        return Quarantined(*quarantined[0]) if quarantined else None

    def quarantined(self, places: Collection[tuple[int, int]]) -> Collection[tuple[int, int]]:
        """See `Receipts.quarantined`."""
        partitions, offsets = [list(column) for column in zip(*places, strict=True)] if places else ([], [])
        return set(self._rows(_QUARANTINED_AT, (partitions, offsets))) if places else ()

    def positions(self) -> Mapping[int, int]:
        """See `Receipts.positions`."""
        try:
            with self._cursor() as cursor:
                generation, _ = read_current(cursor)
                cursor.execute(f"select partition, next from {generation}.position")
                return dict(cursor.fetchall())
        except StoreUnsound:
            return {}

    def folded_by(self) -> str | None:
        """The fingerprint of the folds that made the readers' tables, None where there are none."""
        try:
            with self._cursor() as cursor:
                return read_current(cursor)[1]
        except StoreUnsound:
            return None

    def close(self) -> None:
        """Closes the connection."""
        with self._lock:
            self._drop()

    def _rows(self, statement: str, arguments: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
        with self._cursor() as cursor:
            cursor.execute(statement, arguments)
            return list(cursor)

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        with self._lock, answering():
            try:
                with self._connected().cursor() as cursor:
                    yield cursor
            except StoreUnsound:
                raise
            except BaseException:
                self._drop()
                raise

    def _connected(self) -> Any:
        if self._connection is None:
            self._connection = connect(self._url, "shanzhi receipts")
            self._connection.autocommit = True
        return self._connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                connection.close()
