"""Applies batches to PostgreSQL: one transaction each, rows and position together.

The position row of the partition is locked first, so that two workers which both believe to own a partition
take turns, and the second finds the work done. What fails for a passing reason is tried again; what fails
because of a record is bisected to it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

import psycopg2
import structlog

from ledger.codec import Examiner, Sound, Verdict
from ledger.errors import OutcomeUnknown
from ledger.record import Batch
from projections.family import State
from projections.store.cache import StateCache
from projections.store.connection import WORKER, connect, end_frozen, is_of_the_record, is_transient
from projections.store.generation import existing, newest
from projections.store.load import load_indexed, load_states
from projections.store.plan import Judged, Loaded, Plan, Rewind, judge, plan
from projections.store.write import create_staging, write_generation, write_permanent

_BACKOFF_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0)
log = structlog.get_logger("shanzhi.store")


class Applied(NamedTuple):
    """Where the partition stands after a batch, and what became of its records.

    `gaps` are offsets that the log lacks, `quarantined` the reasons, one for each record put aside.
    """

    next: int
    folded: int
    repeats: int = 0
    gaps: int = 0
    quarantined: tuple[str, ...] = ()

    def then(self, later: Applied) -> Applied:
        """This batch and the one that follows it in the partition, as one."""
        return Applied(
            later.next,
            self.folded + later.folded,
            self.repeats + later.repeats,
            self.gaps + later.gaps,
            self.quarantined + later.quarantined,
        )


class Stopped(Exception):
    """The worker stops while waiting for PostgreSQL; nothing of the batch was applied."""


class _GenerationMoved(Exception):
    """The tables of our folds were made anew meanwhile (a rebuild): go on there."""


class Lane:
    """One connection that applies batches one after another. Not thread-safe; give each thread its own.

    `waiting(True)` is called when PostgreSQL is away and `waiting(False)` once it is back.
    """

    def __init__(
        self,
        database_url: str,
        fingerprint: str,
        partitions: int,
        cache: StateCache,
        stopping: threading.Event,
        waiting: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self._url, self._fingerprint, self._cache = database_url, fingerprint, cache
        self._stopping, self._waiting = stopping, waiting
        self._examiner = Examiner(partitions)
        self._connection: Any = None
        self._generation = ""

    def apply(self, batch: Batch) -> Applied:
        """Applies a batch whole, waiting for PostgreSQL where that is away.

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
                        left[:1] = _halves(left[0])
                    continue
                left.pop(0)
                done = done.then(applied)
                if not left:
                    return done
        finally:
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
        log.warning("postgres_away", partition=partition, attempt=attempt, error=str(error).strip())
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
        except psycopg2.Error as error:
            if not is_of_the_record(error):
                raise
            self._cache.drop(judged.partition)
            if len(judged.items) == 1:
                return self._apply_judged(_refused(judged, error))
        first, second = map(self._apply_judged, _halves(judged))
        return first.then(second)

    def _transact(self, judged: Judged) -> Applied:
        if self._connection is None:
            self._connection = connect(self._url, WORKER)
            self._enter_generation()
        try:
            with self._connection.cursor() as cursor:
                applied, touched = self._in_transaction(cursor, judged)
            self._connection.commit()
        except BaseException:
            self._cache.drop(judged.partition)
            with suppress(psycopg2.Error):
                self._connection.rollback()
            raise
        self._cache.keep(judged.partition, self._generation, applied.next, touched)
        return applied

    def _enter_generation(self) -> None:
        """Works in the newest generation of our folds from now on."""
        with self._connection, self._connection.cursor() as cursor:
            generation = existing(cursor, self._fingerprint)
            cursor.execute(f"set search_path = {generation}")
            create_staging(cursor)
            self._generation = generation

    def _in_transaction(self, cursor: Any, judged: Judged) -> tuple[Applied, list[dict[str, State]]]:
        partition = judged.partition
        next_offset, last_hash = self._lock_position(cursor, partition)
        cursor.execute(
            "select next, last_hash from shanzhi.index_position where partition = %s for update", (partition,)
        )
        index_next, index_hash = cursor.fetchone()
        states = self._cache.states(partition, self._generation, next_offset)
        loaded = Loaded(
            next_offset,
            last_hash,
            index_next,
            load_indexed(cursor, judged),
            load_states(cursor, judged.subjects(), states),
            index_hash,
        )
        planned = plan(judged, loaded)
        if planned is None:
            return Applied(next_offset, 0), []
        write_permanent(cursor, planned, index_next)
        write_generation(cursor, planned)
        _report(planned)
        touched = [{row.subject: row.state for row in rows} for rows in planned.entities.values()]
        return _applied(planned), touched

    def _lock_position(self, cursor: Any, partition: int) -> tuple[int, str | None]:
        cursor.execute("select next, last_hash from position where partition = %s for update", (partition,))
        next_offset, last_hash = cursor.fetchone()
        # a second statement, because a waiter would see the old value in the same one
        if newest(cursor, self._fingerprint) != self._generation:
            raise _GenerationMoved
        return int(next_offset), last_hash


def _applied(planned: Plan) -> Applied:
    reasons = tuple(row.reason for row in planned.quarantine)
    return Applied(planned.next, planned.folded, planned.repeats, planned.gaps, reasons)


def _halves(judged: Judged) -> list[Judged]:
    half = len(judged.items) // 2
    parts = (judged.items[:half], judged.items[half:])
    return [Judged(judged.partition, items, judged.sought) for items in parts if items]


def _refused(judged: Judged, error: psycopg2.Error) -> Judged:
    ((raw, said),) = judged.items
    if isinstance(said, Sound) or said.reason != "store_refused":
        detail = f"{error.pgcode} {error.diag.message_primary or ''}".strip()
        return Judged(judged.partition, [(raw, Verdict("store_refused", detail, said.identity))], judged.sought)
    raise error


def _report(planned: Plan) -> None:
    if planned.quarantine:
        reasons = sorted({row.reason for row in planned.quarantine})
        log.warning("quarantined", partition=planned.partition, records=len(planned.quarantine), reasons=reasons)
    if planned.gaps:
        log.error("gap_in_ledger", partition=planned.partition, records=planned.gaps, next=planned.next)


__all__ = ["Applied", "Lane", "Rewind", "Stopped"]
