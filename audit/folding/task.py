"""One process's share of a fold: partition after partition, each committed before the next, tallies at the end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from typing import Any, NamedTuple

from msgspec import Struct

from audit.folding.counted import Afresh, ByIndex, Counting
from audit.folding.index import Places, places, refused_by_store, stream_places
from audit.folding.keep import Keep
from audit.folding.partition import PartitionFold
from audit.folding.written import write_index_position, write_partition, write_settled, write_sums
from audit.index_watch import IndexWatch
from audit.witness import Seen
from ledger.codec import Examiner
from ledger.reader import Reader
from ledger.record import Batch
from ledger.topics import PARTITIONS
from projections.family import Tally
from projections.store.connection import connect
from projections.store.rows import Standing
from projections.store.script import Script
from projections.store.sums import Sums

_BULK_BYTES = 4 * 1024 * 1024
_STREAM_RECORDS_AT_ONCE = 50_000
RECENT_RECORDS = 60_000  # some 40 MB; what a correction speaks of before them is read once more


class Given(Struct, frozen=True):
    """Where to read and write. `afresh` is the schema of an index that is made anew on the way, None: it is sound.

    `watched`: every record is held against what index and quarantine have kept of it (`audit.witness`).
    """

    database_url: str
    kafka_bootstrap: str
    schema: str
    keep: Keep
    afresh: str | None = None
    watched: bool = False


class Done(NamedTuple):
    """Where a partition stands, and what its witness saw, where there was one."""

    next: int
    seen: Seen | None


class Task:
    """A context manager over one connection to each server. `report` is called with records read by each batch."""

    def __init__(self, given: Given, report: Callable[[int], None]) -> None:
        self._given, self._report = given, report
        self._examiner = Examiner(PARTITIONS)
        self._sums: Sums = {}
        self._recent: deque[Batch] = deque()
        self._resources = ExitStack()

    def __enter__(self) -> Task:
        url, given = self._given.database_url, self._given
        free = {"transaction_timeout": "0", "idle_in_transaction_session_timeout": "0", "synchronous_commit": "off"}
        with ExitStack() as resources:
            self._connection = resources.enter_context(closing(connect(url, "shanzhi fold", **free)))
            with self._connection, self._connection.cursor() as cursor:
                cursor.execute(f"set search_path = {given.schema}")
            self._reader = resources.enter_context(Reader(given.kafka_bootstrap, fetch_bytes=_BULK_BYTES))
            self._resources = resources.pop_all()
        self._prepared: set[str] = set()
        return self

    def __exit__(self, *_: object) -> None:
        self._resources.close()

    def fold(self, partition: int, until: int) -> Done:
        """Folds a partition into the tables and commits."""
        with ExitStack() as opened, self._connection, self._connection.cursor() as cursor:
            watch = opened.enter_context(closing(self._watch(partition, until))) if self._given.watched else None
            counting, found = (watch, None) if watch else self._counting(cursor, partition, until)
            folded = PartitionFold(partition, self._given.keep, counting)
            script = Script(cursor, self._prepared)
            indexed, quarantined = self._read(script, folded, until)
            plan = folded.plan
            if found is not None:
                found.check_last(plan.next, plan.last_hash, partition)
            if folded.corrected:
                folded.restate(self._streams(cursor, folded, counting))
            if self._given.afresh:
                write_index_position(cursor, self._given.afresh, plan, indexed, quarantined)
            write_partition(script, folded, self._sums)
            return Done(plan.next, watch.end() if watch else None)

    def finish(self, some: Sequence[Tally], *, is_first: bool) -> None:
        """Adds what all these partitions contribute to some of the tallies, and commits. Who is first finds them empty;
        one process at a time writes a tally."""
        with self._connection, self._connection.cursor() as cursor:
            for tally in some:
                rows = self._sums.pop(tally, None)
                if rows:
                    write_sums(cursor, tally, rows, into_empty=is_first)

    def _watch(self, partition: int, until: int) -> IndexWatch:
        return IndexWatch(self._given.database_url, partition, until)

    def _counting(self, cursor: Any, partition: int, until: int) -> tuple[Counting, Places | None]:
        if self._given.afresh:
            return Afresh(self._examiner, refused_by_store(cursor, partition)), None
        found = places(cursor, partition, until)
        return ByIndex(self._examiner, found.known, found.unknown), found

    def _read(self, script: Script, folded: PartitionFold, until: int) -> tuple[int, int]:
        """How many records were indexed and how many quarantined, where that is made afresh."""
        plan, partition = folded.plan, folded.plan.partition
        indexed = quarantined = 0
        self._recent.clear()
        for batch in self._reader.batches({partition: 0}, {partition: until}):
            goes_on = folded.take(batch)
            self._remember(batch)
            if self._given.afresh:
                write_settled(script, self._given.afresh, plan)
                indexed, quarantined = indexed + len(plan.index), quarantined + len(plan.quarantine)
                plan.index.clear()
                plan.quarantine.clear()
            self._report(len(batch.records))
            if not goes_on:
                break
        return indexed, quarantined

    def _remember(self, batch: Batch) -> None:
        """The last records: corrections mostly speak of what was told not long before."""
        self._recent.append(batch)
        while sum(len(one.records) for one in self._recent) > RECENT_RECORDS:
            self._recent.popleft()

    def _streams(
        self, cursor: Any, folded: PartitionFold, counting: Counting
    ) -> Iterator[tuple[str, Sequence[Standing]]]:
        """The corrected streams, read once more, some at once."""
        partition, some = folded.plan.partition, dict[str, list[int]]()
        index = f"{self._given.afresh or 'shanzhi'}.event_index"
        for subject, offsets in stream_places(cursor, index, partition, folded.corrected, folded.plan.next):
            some[subject] = offsets
            if sum(map(len, some.values())) >= _STREAM_RECORDS_AT_ONCE:
                yield from self._standing(partition, some, counting)
                some = {}
        yield from self._standing(partition, some, counting)

    def _standing(
        self, partition: int, places: dict[str, list[int]], counting: Counting
    ) -> Iterator[tuple[str, Sequence[Standing]]]:
        since = self._recent[0].records[0].offset if self._recent else 0
        wanted = frozenset(offset for offsets in places.values() for offset in offsets)
        read = self._reader.records(partition, [offset for offset in wanted if offset < since])
        for batch in self._recent:
            read |= {raw.offset: raw for raw in batch.records if raw.offset in wanted}
        for subject, offsets in places.items():
            yield subject, [counting.place(read[offset], partition) for offset in offsets]
