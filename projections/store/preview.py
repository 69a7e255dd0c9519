"""What events would do to the tables, by the same `judge` and `plan` that a worker uses. Nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

from ledger.codec import Examiner, Sound
from ledger.errors import OutcomeUnknown
from ledger.partition import partition_of
from ledger.protocols import Cell, Previewed
from ledger.record import Batch, StoredRecord
from ledger.submission import Stored
from ledger.topics import PARTITIONS
from projections.families import fingerprint
from projections.family import Tally
from projections.store.connection import answering, connect
from projections.store.generation import newest, read_current
from projections.store.load import load_indexed, load_states
from projections.store.plan import Indexed, Judged, Loaded, Plan, judge, plan

LATE = timedelta(hours=24)  # recorded later than this after it happened


class TablePreview:
    """Implements `ledger.protocols.Preview` on the tables that readers see, or will see."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url

    def of(self, events: Sequence[Stored], now: datetime) -> list[Previewed]:
        """See `Preview.of`. Events of one call are taken as sent in their order. `now` stands for the stamp."""
        with answering(), closing(connect(self._url, "shanzhi preview")) as connection, connection.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read read only")
            cursor.execute(f"set local search_path = {_generation(cursor)}")
            following = _Following(cursor, int(now.timestamp() * 1000))
            return [following.preview(event) for event in events]


def _generation(cursor: Any) -> str:
    """The readers' one where it is of our folds, else the newest of ours. Raises `OutcomeUnknown` where there is none:
    a worker of this version is still to come."""
    generation, of_folds = read_current(cursor)
    ours = generation if of_folds == fingerprint() else newest(cursor, fingerprint())
    if ours is None:
        raise OutcomeUnknown("The tables are of another version", "Try again once a worker of this version runs.")
    return ours


class _Following:
    """Previews events one after another, each on what those before it would have left."""

    def __init__(self, cursor: Any, stamp_ms: int) -> None:
        self._cursor, self._stamp_ms = cursor, stamp_ms
        self._examiner = Examiner(PARTITIONS)
        self._next: dict[int, int] = {}
        self._indexed: dict[str, Indexed] = {}
        self._states: dict[str, Any] = {}

    def preview(self, event: Stored) -> Previewed:
        partition = partition_of(event.key, PARTITIONS)
        offset = self._end_of(partition)
        raw = StoredRecord(offset, self._stamp_ms, event.key, event.value)
        judged = judge(Batch(partition, [raw], sought=offset), self._examiner)
        self._load(judged)
        planned = plan(judged, Loaded(offset, None, offset, self._indexed, self._states))
        assert planned is not None, "its offset is the next one"
        self._next[partition] = planned.next
        self._indexed |= {row.identity: Indexed(row.offset, row.content) for row in planned.index}
        self._states |= {row.subject: row.state for rows in planned.entities.values() for row in rows}
        return _previewed(judged, planned)

    def _end_of(self, partition: int) -> int:
        if partition in self._next:
            return self._next[partition]
        self._cursor.execute("select next from position where partition = %s", (partition,))
        ((offset,),) = self._cursor.fetchall()
        return int(offset)

    def _load(self, judged: Judged) -> None:
        found = load_indexed(self._cursor, judged)
        self._indexed |= {identity: row for identity, row in found.items() if identity not in self._indexed}
        self._states |= load_states(self._cursor, judged.subjects(), self._states)


def _previewed(judged: Judged, planned: Plan) -> Previewed:
    ((_, said),) = judged.items
    is_late = isinstance(said, Sound) and said.record is not None and said.record.stamp - said.record.time > LATE
    if planned.quarantine:
        is_reused = planned.quarantine[0].reason == "id_reused"
        return Previewed("id_reused" if is_reused else "quarantined", is_late, None, ())
    if planned.repeats:
        return Previewed("repeat", is_late, None, ())
    anomaly = planned.anomalies[0].reason if planned.anomalies else None
    return Previewed("new", is_late, anomaly, [cell for tally in planned.tallies for cell in _cells(tally, planned)])


def _cells(tally: Tally, planned: Plan) -> list[Cell]:
    return [
        Cell(
            tally.table,
            dict(zip(tally.key, map(str, row.key), strict=True)),
            {name: change for name, change in zip(tally.measures, row.deltas, strict=True) if change}
            | ({"contributors": row.contributors} if row.contributors else {}),
        )
        for row in planned.tallies[tally]
    ]
