"""Are the tables what the ledger says? The whole ledger is folded afresh, beside the tables, and held against them.

Workers go on meanwhile: what is compared is a snapshot of PostgreSQL, and the ledger up to where its tables stand
(docs/why/verify.md). Nothing is left behind; what a killed run left is dropped by the next one.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from audit.comparison import Cell, Difference, Side, compare_tables
from audit.folding import Folded, Keep, fold_into
from audit.witness import Seen
from ledger.errors import StoreUnsound
from projections.families import fingerprint
from projections.store.connection import answering, connect
from projections.store.generation import create_tables, read_current

Report = Callable[[int, int], None]
"""Called with records read so far and records in all."""

SMALL_RECORDS = 100_000  # below, other processes would take longer to start than to fold
EVENTS_NAMED = 5
LOCK = 7_283_031  # one verification at a time: it drops what others have left
SCRATCH = "^verify_[0-9a-f]{8}$"
_NOTHING = datetime(1, 1, 1, tzinfo=UTC)
_UNHURRIED = {"transaction_timeout": "0", "idle_in_transaction_session_timeout": "0", "lock_timeout": "30s"}


@dataclass
class Verified:
    """What was held against what. `found` differences in all; of a table of the generation the first is named.

    `notices` are no differences: what is as it may be, but perhaps not as somebody meant it.
    """

    generation: str
    records: int
    next: dict[int, int]
    seconds: float = 0.0
    indexed: int = 0
    repeats: int = 0
    quarantined: int = 0
    gaps: int = 0
    found: int = 0
    digests: dict[str, str] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        """Whether index, verdicts and tables are what the ledger says."""
        return not self.found

    def told(self) -> list[str]:
        """The differences in words."""
        return [one.told("表 tables", "总账 ledger") for one in self.differences]


def verify(
    kafka_bootstrap: str,
    database_url: str,
    report: Report = lambda done, total: None,
    *,
    index_only: bool = False,
    processes: int = 2,
) -> Verified:
    """Index, quarantine and, unless `index_only`, all tables of the current generation.

    Raises `StoreUnsound` where the tables were folded by other folds or another verification runs, `LedgerUnsound`
    where the log lacks records, `OutcomeUnknown` where a server is away.
    """
    began = time.monotonic()
    with answering(), ExitStack() as opened:
        control = _connected(opened, database_url)
        control.autocommit = True
        with control.cursor() as cursor:
            _alone(cursor)
        snapshot = _connected(opened, database_url)
        snapshot.set_session(isolation_level="REPEATABLE READ", readonly=True)
        live = opened.enter_context(snapshot.cursor())
        verified = _standing(live, index_only)
        scratch = opened.enter_context(_scratch(control))
        small = verified.records < SMALL_RECORDS
        folded = fold_into(
            database_url,
            kafka_bootstrap,
            scratch,
            verified.next,
            keep=Keep(event_time_before=_NOTHING if index_only else None),
            processes=1 if small else processes,
            report=report,
            watched=True,
        )
        _hold_index(live, verified, folded)
        if not index_only:
            fresh = opened.enter_context(_connected(opened, database_url).cursor())
            _hold_tables(live, fresh, scratch, verified)
    verified.seconds = time.monotonic() - began
    return verified


def _connected(opened: ExitStack, database_url: str) -> Any:
    connection = connect(database_url, "shanzhi verify", **_UNHURRIED)
    opened.callback(connection.close)
    return connection


def _alone(cursor: Any) -> None:
    """Holds the lock for as long as the session lives, and drops what a killed run left."""
    cursor.execute("select pg_try_advisory_lock(%s)", (LOCK,))
    if not cursor.fetchone()[0]:
        raise StoreUnsound(
            "另一个核对正在进行 · another verification of this database is at work",
            "请等它结束 · Wait until it has ended.",
        )
    cursor.execute("select nspname from pg_namespace where nspname ~ %s and pg_has_role(nspowner, 'usage')", (SCRATCH,))
    for (schema,) in cursor.fetchall():
        _drop(cursor, schema)


@contextmanager
def _scratch(control: Any) -> Iterator[str]:
    """A schema for the fresh fold, dropped at the end whatever happens; unless we are killed."""
    schema = f"verify_{secrets.token_hex(4)}"
    with control.cursor() as cursor:
        control.autocommit = False
        with control:
            create_tables(cursor, schema, is_scratch=True)
        control.autocommit = True
        try:
            yield schema
        finally:
            _drop(cursor, schema)


def _drop(cursor: Any, schema: str) -> None:
    cursor.execute(f"drop schema if exists {schema} cascade")


def _standing(live: Any, index_only: bool) -> Verified:
    """What the snapshot holds, and up to where."""
    generation, folded_by = read_current(live)
    if index_only:
        live.execute("select partition, next from shanzhi.index_position")
    elif folded_by == fingerprint():
        live.execute(f"select partition, next from {generation}.position")
    else:
        raise StoreUnsound(
            f"这些表由另一版折叠生成 · the tables were folded by other folds ({folded_by}, these are {fingerprint()})",
            "重建 · shanzhi rebuild, or verify with the version that folded them (--index-only works with any).",
        )
    until = {int(partition): int(next_offset) for partition, next_offset in live.fetchall()}
    return Verified(generation, sum(until.values()), until)


def _hold_index(live: Any, verified: Verified, folded: Folded) -> None:
    """What the witnesses saw, and what no single partition's witness can see."""
    seen = folded.seen
    for partition in sorted(seen):
        one = seen[partition]
        verified.indexed += one.indexed
        verified.repeats += one.repeats
        verified.quarantined += one.quarantined
        verified.gaps += one.gaps
        verified.found += one.found
        verified.differences += one.differences
    doubled, verified.notices = _in_two_partitions(live)
    for difference in (*_positions(live, verified.next, seen), *_beyond(live), *doubled):
        verified.found += 1
        verified.differences.append(difference)


def _positions(live: Any, until: Mapping[int, int], seen: Mapping[int, Seen]) -> Iterator[Difference]:
    """How many records became what, as far as the index stands where we have read to; else only its own law."""
    live.execute(
        "select partition, next, indexed, repeats, quarantined, gaps, last_hash from shanzhi.index_position order by 1"
    )
    names = ("indexed", "repeats", "quarantined", "gaps", "last_hash")
    for partition, next_offset, *kept in live.fetchall():
        key = {"partition": str(partition)}
        if partition in seen and next_offset == until[partition]:
            cells = tuple(
                Cell(name, str(ours), str(theirs))
                for name, ours, theirs in zip(names, kept, seen[partition][: len(names)], strict=True)
                if ours != theirs
            )
            if cells:
                yield Difference("index_position", key, cells)
        elif sum(kept[:4]) != next_offset:
            yield Difference("index_position", key, (Cell("next", str(next_offset), str(sum(kept[:4]))),))


def _beyond(live: Any) -> Iterator[Difference]:
    """Rows at offsets that nobody has read yet."""
    for table in ("event_index", "quarantine"):
        live.execute(
            f"select partition, ledger_offset from shanzhi.{table} own left join shanzhi.index_position read "
            "using (partition) where ledger_offset >= coalesce(next, 0) order by 1, 2 limit %s",
            (EVENTS_NAMED,),
        )
        for partition, offset in live.fetchall():
            key = {"partition": str(partition), "ledger_offset": str(offset)}
            yield Difference(table, key, only="left", events=(f"{partition}:{offset}",))


def _in_two_partitions(live: Any) -> tuple[list[Difference], list[str]]:
    """One source and id in two partitions. Of one subject: another writer than ours was at work. Of two subjects a
    publisher may use it: identity is that of a partition, so both events count; told, since it is seldom meant."""
    live.execute(
        "select identity::text, array_agg(format('%%s:%%s', partition, ledger_offset) order by partition), "
        "count(distinct subject) < count(*) from shanzhi.event_index group by identity having count(*) > 1 "
        "order by 3 desc, 1 limit %s",
        (2 * EVENTS_NAMED,),
    )
    doubled, notices = list[Difference](), list[str]()
    for identity, places, is_of_one_subject in live.fetchall():
        if is_of_one_subject:
            why = "同一主体的同一身份在两个分区 one subject in two partitions"
            doubled.append(Difference("event_index", {"identity": identity}, why=why, events=tuple(places)))
        else:
            told = f"同一来源和编号用于两个主体，都计入 · one source and id for two subjects, both count: {identity}"
            notices.append(f"{told} (events {', '.join(places)})")
    return doubled, notices[:EVENTS_NAMED]


def _hold_tables(live: Any, fresh: Any, scratch: str, verified: Verified) -> None:
    comparison = compare_tables(Side(live, verified.generation), Side(fresh, scratch))
    verified.digests = comparison.digests
    verified.found += len(comparison.differences)
    verified.differences += [_with_events(live, one) for one in comparison.differences]


def _with_events(live: Any, difference: Difference) -> Difference:
    """A difference with where the events of its subject stand."""
    key = difference.key
    if "ledger_offset" in key:
        return difference._replace(events=(f"{key['partition']}:{key['ledger_offset']}",))
    if "subject" not in key:
        return difference
    live.execute(
        "select partition, ledger_offset from shanzhi.event_index where subject = %s order by 1, 2 limit %s",
        (key["subject"], EVENTS_NAMED + 1),
    )
    places = [f"{partition}:{offset}" for partition, offset in live.fetchall()]
    return difference._replace(events=(*places[:EVENTS_NAMED], *(["…"] if len(places) > EVENTS_NAMED else [])))
