"""Applies batches to PostgreSQL: one transaction each, rows and position together.

The position row of the partition is locked first, so that two workers which both believe to own a partition
take turns, and the second finds the work done. What fails for a passing reason is tried again; what fails
because of a record is bisected to it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg2
import structlog

from ledger.codec import Examiner
from ledger.errors import OutcomeUnknown
from ledger.record import Batch
from projections.family import State
from projections.rules.kept import keep_versions
from projections.store.cache import StateCache
from projections.store.connection import WORKER, connect, end_frozen, is_of_the_record, is_transient
from projections.store.generation import existing, newest
from projections.store.load import load_indexed, load_states
from projections.store.outcome import Applied, applied_of, halves, refused, report, touched
from projections.store.plan import Rewind, judge, plan
from projections.store.rows import Judged, Loaded
from projections.store.script import Script
from projections.store.streams import RECORDS_AT_ONCE, Fetch, Streams, Unread, no_ledger
from projections.store.write import write_generation, write_permanent

_BACKOFF_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0)
_BY_KEY = {
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
}
"""A lane finds rows by their keys: a plan made while a table was small must not read it whole once it is large."""
log = structlog.get_logger("shanzhi.store")


class Stopped(Exception):
    """The worker stops while waiting for PostgreSQL; nothing of the batch was applied."""


class _GenerationMoved(Exception):
    """The tables of our folds were made anew meanwhile (a rebuild): go on there."""


class Lane:
    """One connection that applies batches one after another. Not thread-safe; give each thread its own.

    `waiting(True)` is called when PostgreSQL is away and `waiting(False)` once it is back. `fetch` reads records of
    the ledger again, for corrections. `generation` is the one to work in, None: the newest of these folds, whichever
    that is at the time.
    """

    def __init__(
        self,
        database_url: str,
        fingerprint: str,
        partitions: int,
        cache: StateCache,
        stopping: threading.Event,
        waiting: Callable[[bool], None] = lambda _: None,
        fetch: Fetch = no_ledger,
        generation: str | None = None,
    ) -> None:
        self._url, self._fingerprint, self._cache = database_url, fingerprint, cache
        self._stopping, self._waiting = stopping, waiting
        self._examiner = Examiner(partitions)
        self._streams = Streams(fetch, self._examiner)
        self._connection: Any = None
        self._prepared: set[str] = set()
        self._own, self._generation = generation, ""

    def apply(self, batch: Batch) -> Applied:
        """Applies a batch whole, waiting for PostgreSQL where that is away (and Kafka, where streams are read again).

        Raises `Rewind` where other records have to be read first, `LedgerUnsound` where the log is another one,
        `Stopped` where the worker is to stop before PostgreSQL is back.
        """
        attempt, done = 0, Applied(0, 0)
        left = [judge(batch, self._examiner)]
        try:
            while True:
                try:
                    applied = self._apply_judged(left[0])
                except (psycopg2.Error, OutcomeUnknown) as error:
                    self._recover(left[0].partition, error, attempt)
                    attempt += 1
                    if attempt > 1:  # perhaps it is too much for one transaction's time
                        left[:1] = halves(left[0])
                    continue
                left.pop(0)
                done = done.then(applied)
                if not left:
                    return done
        finally:
            self._streams.forget()
            if attempt and not self._stopping.is_set():
                self._waiting(False)

    def close(self) -> None:
        """Closes the connection."""
        if self._connection is not None:
            with suppress(psycopg2.Error):
                self._connection.close()
            self._connection = None

    def _recover(self, partition: int, error: Exception, attempt: int) -> None:
        self._cache.drop(partition)
        if isinstance(error, psycopg2.Error) and not is_transient(error):
            raise error
        self.close()
        if isinstance(error, psycopg2.Error):  # perhaps we waited for one: then our own time was up, without a code
            self._end_frozen()
        if attempt == 0:
            self._waiting(True)
        log.warning("server_away", partition=partition, attempt=attempt, error=str(error).strip())
        if self._stopping.wait(_BACKOFF_SECONDS[min(attempt, len(_BACKOFF_SECONDS) - 1)]):
            raise Stopped from error

    def _end_frozen(self) -> None:
        with suppress(psycopg2.Error, OutcomeUnknown):
            ended = end_frozen(self._url)
            if ended:
                log.warning("ended_frozen", sessions=ended)

    def _apply_judged(self, judged: Judged) -> Applied:
        try:
            return self._transact(judged)
        except _GenerationMoved:
            self._enter_generation()
            return self._apply_judged(judged)
        except Unread as unread:
            if len(unread.contents) <= RECORDS_AT_ONCE or len(judged.items) == 1:
                self._streams.read(unread)
                return self._apply_judged(judged)
        except psycopg2.Error as error:
            if not is_of_the_record(error):
                raise
            self._cache.drop(judged.partition)
            if len(judged.items) == 1:
                verdict = refused(judged, f"{error.pgcode} {error.diag.message_primary or ''}".strip())
                if verdict is None:
                    raise
                return self._apply_judged(verdict)
        first, second = map(self._apply_judged, halves(judged))
        return first.then(second)

    def _transact(self, judged: Judged) -> Applied:
        if self._connection is None:
            self._connection = connect(self._url, WORKER, **_BY_KEY)
            self._prepared.clear()
            self._enter_generation()
        try:
            with self._connection.cursor() as cursor:
                applied, states = self._in_transaction(cursor, judged)
            self._connection.commit()
        except BaseException as error:
            if not isinstance(error, Unread):  # then nothing was written yet, and the position stands where it stood
                self._cache.drop(judged.partition)
            with suppress(psycopg2.Error):
                self._connection.rollback()
            raise
        self._cache.keep(judged.partition, self._generation, applied.next, states)
        self._streams.forget()
        return applied

    def _enter_generation(self) -> None:
        """Works in the newest generation of our folds from now on."""
        with self._connection, self._connection.cursor() as cursor:
            generation = self._own or existing(cursor, self._fingerprint)
            cursor.execute(f"set search_path = {generation}; deallocate all")
            self._prepared.clear()
            self._generation = generation

    def _in_transaction(self, cursor: Any, judged: Judged) -> tuple[Applied, list[dict[str, State | None]]]:
        partition = judged.partition
        next_offset, last_hash = self._lock_position(cursor, partition)
        index_next, index_hash, reacted = self._lock_permanent(cursor, partition)
        states = self._cache.states(partition, self._generation, next_offset)
        indexed = load_indexed(cursor, judged)
        loaded = Loaded(
            next_offset,
            last_hash,
            index_next,
            indexed,
            load_states(cursor, judged.subjects(), states),
            index_hash,
            reacted,
            self._streams.below(cursor, partition, judged.corrected(next_offset, indexed), next_offset),
        )
        planned = plan(judged, loaded)
        if planned is None:
            return Applied(next_offset, 0), []
        script = Script(cursor, self._prepared)
        write_permanent(script, planned, index_next)
        write_generation(script, planned)
        script.send()
        if "rule" in planned.entities or "rule" in planned.gone:
            keep_versions(cursor, self._generation)
        report(planned)
        return applied_of(planned), touched(planned)

    def _lock_position(self, cursor: Any, partition: int) -> tuple[int, str | None]:
        cursor.execute("select next, last_hash from position where partition = %s for update", (partition,))
        next_offset, last_hash = cursor.fetchone()
        # a second statement, because a waiter would see the old value in the same one
        if self._own is None and newest(cursor, self._fingerprint) != self._generation:
            raise _GenerationMoved
        return int(next_offset), last_hash

    def _lock_permanent(self, cursor: Any, partition: int) -> tuple[int, str | None, int]:
        """Where index and requests stand: another generation of these records may be ahead of ours."""
        cursor.execute(
            "select own.next, last_hash, reacted.next from shanzhi.index_position own "
            "join shanzhi.reacted using (partition) where partition = %s for update",
            (partition,),
        )
        index_next, index_hash, reacted = cursor.fetchone()
        return int(index_next), index_hash, int(reacted)


__all__ = ["Applied", "Lane", "Rewind", "Stopped"]
