"""What events would do to the tables, by the same `judge` and `plan` that a worker uses. Nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
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
from projections.store.outcome import touched
from projections.store.plan import judge, plan
from projections.store.rows import Indexed, Judged, Loaded, Plan, Standing
from projections.store.streams import Fetch, Streams, Unread
from projections.store.sums import LATE


class TablePreview:
    """Implements `ledger.protocols.Preview` on the tables that readers see, or will see.

    `fetch` reads records of the ledger again, for corrections.
    """

    def __init__(self, database_url: str, fetch: Fetch) -> None:
        self._url, self._fetch = database_url, fetch

    def of(self, events: Sequence[Stored], now: datetime) -> list[Previewed]:
        """See `Preview.of`. Events of one call are taken as sent in their order. `now` stands for the stamp."""
        with answering(), closing(connect(self._url, "shanzhi preview")) as connection, connection.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read read only")
            cursor.execute(f"set local search_path = {_generation(cursor)}")
            following = _Following(cursor, self._fetch, int(now.timestamp() * 1000))
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

    def __init__(self, cursor: Any, fetch: Fetch, stamp_ms: int) -> None:
        self._cursor, self._stamp_ms = cursor, stamp_ms
        self._examiner = Examiner(PARTITIONS)
        self._read = Streams(fetch, self._examiner)
        self._told: dict[str, list[Standing]] = {}
        self._ends: dict[int, int] = {}
        self._next: dict[int, int] = {}
        self._indexed: dict[str, Indexed] = {}
        self._states: dict[str, Any] = {}

    def preview(self, event: Stored) -> Previewed:
        partition = partition_of(event.key, PARTITIONS)
        offset = self._end_of(partition)
        raw = StoredRecord(offset, self._stamp_ms, event.key, event.value)
        judged = judge(Batch(partition, [raw], sought=offset), self._examiner)
        self._load(judged)
        streams = self._streams(judged, partition, offset)
        planned = plan(judged, Loaded(offset, None, offset, self._indexed, self._states, streams=streams))
        assert planned is not None, "its offset is the next one"
        self._remember(judged, planned)
        return _previewed(judged, planned)

    def _remember(self, judged: Judged, planned: Plan) -> None:
        self._next[planned.partition] = planned.next
        self._indexed |= {row.identity: Indexed(row.offset, row.content) for row in planned.index}
        for touched_states in touched(planned):
            self._states |= touched_states  # None is remembered too: the tables may still have it
        for (raw, said), row in zip(judged.items, planned.index, strict=False):
            record = said.record if isinstance(said, Sound) else None
            self._told.setdefault(row.subject, []).append(Standing(raw.offset, record))

    def _streams(self, judged: Judged, partition: int, offset: int) -> dict[str, list[Standing] | None]:
        """What stands in the streams that the event corrects, in the ledger and among what was previewed before it."""
        subjects = judged.corrected(offset, self._indexed)
        try:
            stored = self._read.below(self._cursor, partition, subjects, self._ends[partition])
        except Unread as unread:
            self._read.read(unread)
            stored = self._read.below(self._cursor, partition, subjects, self._ends[partition])
        self._read.forget()
        return {
            subject: None if held is None else held + self._told.get(subject, []) for subject, held in stored.items()
        }

    def _end_of(self, partition: int) -> int:
        if partition in self._next:
            return self._next[partition]
        self._cursor.execute("select next from position where partition = %s", (partition,))
        ((offset,),) = self._cursor.fetchall()
        self._ends[partition] = int(offset)
        return self._ends[partition]

    def _load(self, judged: Judged) -> None:
        found = load_indexed(self._cursor, judged)
        self._indexed |= {identity: row for identity, row in found.items() if identity not in self._indexed}
        self._states |= load_states(self._cursor, judged.subjects(), self._states)


def _previewed(judged: Judged, planned: Plan) -> Previewed:
    ((raw, said),) = judged.items
    is_late = isinstance(said, Sound) and said.record is not None and said.record.stamp - said.record.time > LATE
    if planned.quarantine:
        is_reused = planned.quarantine[0].reason == "id_reused"
        return Previewed("id_reused" if is_reused else "quarantined", is_late, None, ())
    if planned.repeats:
        return Previewed("repeat", is_late, None, ())
    anomaly = next((row.reason for row in planned.anomalies if row.offset == raw.offset), None)
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
