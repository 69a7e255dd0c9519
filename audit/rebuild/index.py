"""The event index made anew beside the one in use, and put in its place with all positions locked.

Its first stretch is filled by `fold_into`; what came in since is settled here, in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from audit.folding.index import refused_by_store
from audit.folding.written import write_settled
from audit.rebuild.building import SHADOW
from audit.rebuild.catching_up import behind, hold_live, indexed
from ledger.codec import Examiner, Sound, Verdict
from ledger.reader import Reader
from ledger.record import Batch
from ledger.topics import PARTITIONS
from projections.store.connection import endless
from projections.store.generation import NEAR_RECORDS
from projections.store.load import load_indexed
from projections.store.plan import judge, record_hash, settle
from projections.store.roles import grant_permanent
from projections.store.rows import Plan
from projections.store.script import Script

_TABLES = "\n".join(
    f"create table {SHADOW}.event_index_{number} partition of {SHADOW}.event_index for values in ({number});"
    for number in range(PARTITIONS)
)
_KEYS = "\n".join(f"create unique index on {SHADOW}.event_index_{number} (identity);" for number in range(PARTITIONS))
_SWAP = f"""
drop table shanzhi.event_index;
alter table {SHADOW}.event_index set schema shanzhi;
{"".join(f"alter table {SHADOW}.event_index_{number} set schema shanzhi;" for number in range(PARTITIONS))}
delete from shanzhi.quarantine kept where (partition, ledger_offset) not in
    (select partition, ledger_offset from {SHADOW}.quarantine);
insert into shanzhi.quarantine (partition, ledger_offset, stamp, reason, detail, identity)
    select partition, ledger_offset, stamp, reason, detail, identity from {SHADOW}.quarantine
    on conflict (partition, ledger_offset) do update set reason = excluded.reason, detail = excluded.detail,
    identity = excluded.identity;
delete from shanzhi.index_position;
insert into shanzhi.index_position select * from {SHADOW}.index_position;
update shanzhi.reacted own set next = greatest(own.next, made.next) from {SHADOW}.index_position made
    where own.partition = made.partition;
drop schema {SHADOW} cascade;
"""


def make_shadow(connection: Any) -> None:
    """Empty tables like those of the index; keys come once they are filled."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            f"create schema {SHADOW};"
            f"create table {SHADOW}.event_index (like shanzhi.event_index) partition by list (partition); {_TABLES}"
            f"create table {SHADOW}.quarantine (like shanzhi.quarantine);"
            f"create table {SHADOW}.index_position (like shanzhi.index_position including defaults)"
        )


def add_keys(connection: Any) -> None:
    """What lanes look up by; raises what PostgreSQL says where an identity stands in it twice."""
    with endless(connection), connection, connection.cursor() as cursor:
        cursor.execute("set local transaction_timeout = 0; set local maintenance_work_mem = '128MB'")
        cursor.execute(
            f"{_KEYS} create index on {SHADOW}.event_index (subject);"
            f" create index on {SHADOW}.event_index using brin (ledger_offset)"
            " with (pages_per_range = 16, autosummarize = on)"
        )


class Replacing:
    """What came in since an index was filled, and its change of places; on the connection that holds the lock."""

    def __init__(self, connection: Any, reader: Reader) -> None:
        self._connection, self._reader = connection, reader
        self._examiner, self._prepared = Examiner(PARTITIONS), set[str]()

    def swap(self) -> bool:
        """Settles most while work goes on, the last records with all positions locked, and puts the new index in the
        place of the old one. False where too much came in meanwhile."""
        with self._connection, self._connection.cursor() as cursor:
            since, until = _settled(cursor), indexed(cursor)
        for batch in self._batches(since, until):
            with self._connection, self._connection.cursor() as cursor:
                self._settle(cursor, batch)
        with self._connection, self._connection.cursor() as cursor:
            hold_live(cursor)
            cursor.execute("select from shanzhi.index_position order by partition for update")
            since, until = _settled(cursor), indexed(cursor)
            if behind(since, until) > NEAR_RECORDS:
                return False
            for batch in self._batches(since, until):
                self._settle(cursor, batch)
            put_in_place(cursor)
        return True

    def _batches(self, since: Mapping[int, int], until: Mapping[int, int]) -> Iterator[Batch]:
        self._reader.look()  # workers have read what came in after it had looked
        return self._reader.batches({number: since[number] for number in until}, until)

    def _settle(self, cursor: Any, batch: Batch) -> None:
        """As a lane does, without folding."""
        judged, next_offset = judge(batch, self._examiner), _settled(cursor)[batch.partition]
        refused = refused_by_store(cursor, batch.partition)
        last = batch.records[-1]
        plan = Plan(batch.partition, last.offset + 1, record_hash(last), last.offset + 1)
        items = [(raw, _verdict(said, refused.get(raw.offset))) for raw, said in judged.items]
        settle(items, next_offset, load_indexed(cursor, judged, SHADOW), plan)
        write_settled(Script(cursor, self._prepared), SHADOW, plan)
        cursor.execute(
            f"update {SHADOW}.index_position set next = %s, last_hash = %s, indexed = indexed + %s, "
            "repeats = repeats + %s, quarantined = quarantined + %s, gaps = gaps + %s where partition = %s",
            (plan.next, plan.last_hash, len(plan.index), plan.repeats, len(plan.quarantine), plan.gaps, plan.partition),
        )


def put_in_place(cursor: Any) -> None:
    """The new index, verdicts and counts for the old ones, in the caller's transaction."""
    cursor.execute(_SWAP)
    grant_permanent(cursor)


def _settled(cursor: Any) -> dict[int, int]:
    """How far the new index has come."""
    cursor.execute(f"select partition, next from {SHADOW}.index_position")
    return dict(cursor.fetchall())


def _verdict(said: Sound | Verdict, refused: Verdict | None) -> Sound | Verdict:
    return said if refused is None else Verdict(refused.reason, refused.detail, said.identity)
