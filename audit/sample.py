"""A stretch of a partition held against index and quarantine: what `verify` does with all, for a quick look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from audit.witness import KeptVerdict, Seen, Witness
from ledger.codec import Examiner
from ledger.record import RawRecord
from ledger.topics import PARTITIONS
from projections.store.rows import Indexed

_IDENTITY = "replace(identity::text, '-', '')"
_ROW = f"select ledger_offset, {_IDENTITY}, encode(content, 'hex'), subject from shanzhi.event_index"
_VERDICT = f"select ledger_offset, reason, detail, stamp, {_IDENTITY} from shanzhi.quarantine"
_STRETCH = "where partition = %s and ledger_offset between %s and %s order by ledger_offset"
_FIND = f"select {_IDENTITY}, ledger_offset, encode(content, 'hex') from shanzhi.event_index "


def hold(cursor: Any, partition: int, records: Sequence[RawRecord]) -> Seen:
    """What these records, which follow each other, came to; their `gaps` and hash say nothing.

    `records` are at least one, all of them below the position of the index.
    """
    stretch = (partition, records[0].offset, records[-1].offset)
    cursor.execute(f"{_ROW} {_STRETCH}", stretch)
    rows = cursor.fetchall()
    cursor.execute(f"{_VERDICT} {_STRETCH}", stretch)
    verdicts = [KeptVerdict._make(row) for row in cursor.fetchall()]

    def find(identities: Sequence[str]) -> dict[str, Indexed]:
        cursor.execute(
            f"{_FIND} where partition = %s and identity = any(%s::uuid[])",
            (partition, "{" + ",".join(identities) + "}"),
        )
        return {identity: Indexed(offset, content) for identity, offset, content in cursor.fetchall()}

    witness, examiner = Witness(partition, iter(rows), iter(verdicts), find), Examiner(PARTITIONS)
    witness.counted([(raw, examiner.examine(raw, partition)) for raw in records])
    return witness.end()
