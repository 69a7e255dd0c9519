"""What index and quarantine have kept of a partition, read beside the ledger for the witness."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from audit.witness import KeptVerdict, Seen, Witness
from ledger.codec import Examiner, Sound
from ledger.record import Batch, RawRecord, Record
from ledger.topics import PARTITIONS
from projections.store.connection import answering, connect
from projections.store.rows import Indexed, Plan, Standing

_ROWS_AT_ONCE = 5_000
_IDENTITY = "replace(identity::text, '-', '')"


class IndexWatch:
    """Which records of a partition count, by the witness; with a connection of its own, which `close` closes.

    An `audit.folding.counted.Counting`, made in whichever process folds the partition's records below `until`.
    """

    def __init__(self, database_url: str, partition: int, until: int) -> None:
        self._partition, self._examiner = int(partition), Examiner(PARTITIONS)
        self._connection = connect(
            database_url, "shanzhi verify", transaction_timeout="0", idle_in_transaction_session_timeout="0"
        )
        self._connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        with answering():
            rows = self._ordered(
                "rows",
                f"select ledger_offset, {_IDENTITY}, encode(content, 'hex'), subject "
                f"from shanzhi.event_index_{self._partition} where ledger_offset < %s order by ledger_offset",
                until,
            )
            verdicts = self._ordered(
                "verdicts",
                f"select ledger_offset, reason, detail, stamp, {_IDENTITY} from shanzhi.quarantine "
                f"where ledger_offset < %s and partition = {self._partition} order by ledger_offset",
                until,
            )
            self._witness = Witness(self._partition, rows, map(KeptVerdict._make, verdicts), self._find)

    def counted(self, batch: Batch, plan: Plan) -> list[Record[Any]]:
        """As `Counting`; the plan gets nothing, since `end` tells it."""
        examine, partition = self._examiner.examine, self._partition
        with answering():
            return self._witness.counted([(raw, examine(raw, partition)) for raw in batch.records])

    def place(self, raw: RawRecord, partition: int) -> Standing:
        """As `Counting`."""
        said = self._examiner.examine(raw, partition)
        return Standing(raw.offset, said.record if isinstance(said, Sound) else None)

    def end(self) -> Seen:
        """After the last record."""
        with answering():
            return self._witness.end()

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()

    def _ordered(self, name: str, query: str, until: int) -> Iterator[Any]:
        cursor = self._connection.cursor(name)
        cursor.itersize = _ROWS_AT_ONCE
        cursor.execute(query, (until,))
        return iter(cursor)

    def _find(self, identities: Sequence[str]) -> dict[str, Indexed]:
        with self._connection.cursor() as cursor:
            cursor.execute(
                f"select {_IDENTITY}, ledger_offset, encode(content, 'hex') from shanzhi.event_index_{self._partition} "
                "where identity = any(%s::uuid[])",
                ("{" + ",".join(identities) + "}",),
            )
            return {identity: Indexed(offset, content) for identity, offset, content in cursor}
