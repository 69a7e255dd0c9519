"""Folds the whole ledger afresh, beside the tables, and compares: are the tables what the ledger says?

The fresh fold trusts nothing that a worker wrote: it settles repeats and verdicts anew and sums what entities
contribute once, at their end, instead of batch by batch. Memory grows with the number of entities and events.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ledger.codec import Examiner, Sound, Verdict
from ledger.correction import Correction
from ledger.errors import StoreUnsound
from ledger.reader import Reader
from ledger.record import Batch
from ledger.topics import PARTITIONS
from projections.families import FAMILIES, fingerprint
from projections.family import State
from projections.store.comparison import Comparison, compare_tables
from projections.store.connection import connect
from projections.store.generation import create_tables, read_current
from projections.store.plan import fold, judge, record_hash, settle
from projections.store.restate import Stream
from projections.store.rows import NOBODY_ASKS, EntityRow, Indexed, Loaded, Plan, Standing
from projections.store.script import Script
from projections.store.sums import compare_deadlines, mark, sum_shares
from projections.store.tables import INDEX, QUARANTINE
from projections.store.write import (
    write_anomalies,
    write_deadlines,
    write_entities,
    write_index,
    write_position,
    write_tallies,
    write_verdicts,
    write_watermarks,
)

Report = Callable[[int, int], None]
"""Called with records read so far and records in all."""


@dataclass
class _Refold:
    """One partition's fresh fold: all identities and states seen so far; corrected streams wait until the end."""

    plan: Plan
    refused: dict[int, Verdict]
    indexed: dict[str, Indexed] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)
    corrected: set[str] = field(default_factory=set)

    def add(self, batch: Batch, examiner: Examiner) -> None:
        items = [(raw, self._refused(raw.offset, said)) for raw, said in judge(batch, examiner).items]
        known = len(self.plan.index)
        counted = settle(items, self.plan.next, self.indexed, self.plan)
        for row in self.plan.index[known:]:
            self.indexed[row.identity] = Indexed(row.offset, row.content)
        mark(counted, self.plan)
        self.corrected |= {record.subject for record in counted if isinstance(record.event, Correction)}
        later = dict.fromkeys(self.corrected)
        for after in fold(counted, Loaded(0, None, 0, {}, self.states, streams=later), self.plan).values():
            self.states |= {subject: state for subject, state in after.items() if state}
        last = batch.records[-1]
        self.plan.next = self.plan.index_next = last.offset + 1
        self.plan.last_hash = record_hash(last)

    def restate(self, reader: Reader, examiner: Examiner) -> None:
        """Folds the corrected streams, each read once more as a whole."""
        places: dict[str, list[int]] = {subject: [] for subject in sorted(self.corrected)}
        for row in self.plan.index:
            if row.subject in places:
                places[row.subject].append(row.offset)
        self.plan.anomalies = [row for row in self.plan.anomalies if row.subject not in places]
        read = reader.records(self.plan.partition, [offset for offsets in places.values() for offset in offsets])
        for subject, offsets in places.items():
            said = [(offset, examiner.examine(read[offset], self.plan.partition)) for offset in offsets]
            own = [Standing(offset, one.record if isinstance(one, Sound) else None) for offset, one in said]
            stream = Stream(FAMILIES[subject.partition("/")[0]], [], None)
            stream.follow(own, NOBODY_ASKS)
            self._replace(subject, stream)

    def _replace(self, subject: str, stream: Stream) -> None:
        self.plan.anomalies += stream.anomalies.values()
        self.states.pop(subject, None)
        if stream.state is not None:
            self.states[subject] = stream.state

    def _refused(self, offset: int, said: Sound | Verdict) -> Sound | Verdict:
        refused = self.refused.get(offset)
        if refused is None:
            return said
        return Verdict(refused.reason, refused.detail, said.identity)


def compare(kafka_bootstrap: str, database_url: str, report: Report = lambda done, total: None) -> Comparison:
    """Folds the ledger up to where the current generation stands and compares every table, byte for byte.

    Raises `StoreUnsound` where the current tables were folded by another version of the folds.
    """
    connection = connect(
        database_url, "shanzhi refold", transaction_timeout="0", idle_in_transaction_session_timeout="0"
    )
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read")
            generation = _current(cursor)
            cursor.execute(f"select partition, next from {generation}.position")
            until = dict(cursor.fetchall())
            with _scratch(cursor) as scratch:
                records = _refold(cursor, kafka_bootstrap, until, report)
                return compare_tables(cursor, generation, scratch, records)
    finally:
        connection.close()


def _current(cursor: Any) -> str:
    generation, folded_by = read_current(cursor)
    if folded_by != fingerprint():
        raise StoreUnsound(
            f"The tables were folded by other folds ({folded_by}, these are {fingerprint()})",
            "Let a worker of this version fold them, or compare with the version that did.",
        )
    return generation


@contextmanager
def _scratch(cursor: Any) -> Iterator[str]:
    """A schema for the fresh fold that is gone with the transaction."""
    schema = f"refold_{secrets.token_hex(4)}"
    cursor.execute("savepoint refold")
    create_tables(cursor, schema)
    cursor.execute(
        "create table event_index (like shanzhi.event_index); create table quarantine (like shanzhi.quarantine); "
        "create table index_position (like shanzhi.index_position)"
    )
    yield schema
    cursor.execute("rollback to savepoint refold")


def _refold(cursor: Any, bootstrap: str, until: dict[int, int], report: Report) -> int:
    examiner = Examiner(PARTITIONS)
    refused = _refused_by_store(cursor)
    folds = {number: _Refold(Plan(number, 0, None, 0), refused.get(number, {})) for number in until}
    done, total = 0, sum(until.values())
    with Reader(bootstrap) as reader:
        for batch in reader.batches(dict.fromkeys(until, 0), until):
            folds[batch.partition].add(batch, examiner)
            done += len(batch.records)
            report(done, total)
        for one in folds.values():
            one.restate(reader, examiner)
    script = Script(cursor, set())
    for one in folds.values():
        write_index(script, INDEX.of("event_index"), one.plan)
        write_verdicts(script, QUARANTINE.of("quarantine"), one.plan)
        write_anomalies(script, one.plan)
        write_watermarks(script, one.plan)
        write_position(script, one.plan)
        script.send()
        _write_index_position(cursor, one.plan)
    _write_states(script, {subject: state for one in folds.values() for subject, state in one.states.items()})
    return done


def _write_index_position(cursor: Any, plan: Plan) -> None:
    """How many records became what; left out where the index has read further than the generation."""
    counts = (len(plan.index), plan.repeats, len(plan.quarantine), plan.gaps, plan.last_hash)
    cursor.execute(
        "insert into index_position select partition, topic_id, next, %s, %s, %s, %s, %s "
        "from shanzhi.index_position where partition = %s and next = %s",
        (*counts, plan.partition, plan.next),
    )


def _refused_by_store(cursor: Any) -> dict[int, dict[int, Verdict]]:
    """The one verdict that the records alone don't tell: PostgreSQL would not take them. It is permanent."""
    refused: dict[int, dict[int, Verdict]] = {}
    cursor.execute("select partition, ledger_offset, detail from shanzhi.quarantine where reason = 'store_refused'")
    for partition, offset, detail in cursor:
        refused.setdefault(partition, {})[offset] = Verdict("store_refused", detail)
    return refused


def _write_states(script: Script, states: dict[str, State]) -> None:
    """All entities, the clocks that run on them, and what they contribute, summed once."""
    plan = Plan(0, 0, None, 0)
    for name in FAMILIES:
        prefix = f"{name}/"
        own = {subject: state for subject, state in sorted(states.items()) if subject.startswith(prefix)}
        plan.entities[name] = [EntityRow(subject, state, True) for subject, state in own.items()]
        sum_shares(name, own, {}, plan)
        compare_deadlines(name, own, {}, plan)
    write_entities(script, plan)
    write_deadlines(script, plan)
    write_tallies(script, plan)
    script.send()
