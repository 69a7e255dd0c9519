"""`rebuild`: fold in bulk beside the tables in use, catch up, switch.

Safe to kill anywhere: the tables in use stay what they are until the one transaction that switches, and the next
rebuild drops what was left.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from typing import Any, Literal, NamedTuple

from msgspec import Struct

from audit.folding import Folded, fold_into
from audit.rebuild.building import SHADOW, builder, drop_leftovers
from audit.rebuild.catching_up import CatchingUp, indexed
from audit.rebuild.index import Replacing, add_keys, make_shadow
from ledger.errors import OutcomeUnknown
from ledger.reader import Reader
from ledger.topics import ensure_ledger
from projections.families import fingerprint
from projections.store.connection import answering, connect
from projections.store.generation import begin_generation, bind_topic

ATTEMPTS = 20
_PAUSE_SECONDS = 0.5
Name = Literal["begin", "fold", "index", "catch up", "switch", "switched"]


class Step(Struct, frozen=True):
    """What a rebuild is about; records done and in all, where it folds; records left, where it catches up."""

    name: Name
    done: int = 0
    total: int = 0


class Rebuilt(Struct, frozen=True):
    """What was made, of how many records, and how long everything took until readers saw it."""

    generation: str
    records: int
    seconds: float
    fold_seconds: float
    events_per_second: int
    index_made_anew: bool
    dropped: list[str]


def rebuild(
    database_url: str,
    kafka_bootstrap: str,
    *,
    processes: int = 2,
    with_index: bool = False,
    report: Callable[[Step], None] = lambda step: None,
) -> Rebuilt:
    """Makes a generation of these folds from the whole ledger and switches readers and workers to it.

    `with_index`: the event index is made anew too, and what it says is not asked.
    Raises `StoreUnsound` where another rebuild runs or the index can't be right, `LedgerUnsound` where the ledger
    lacks records or is another one, `OutcomeUnknown` where a server is away.
    """
    began = time.monotonic()
    with answering(), builder(database_url) as connection:
        report(Step("begin"))
        bind_topic(connection, ensure_ledger(kafka_bootstrap))
        dropped = drop_leftovers(connection)
        until = _until(connection, kafka_bootstrap, with_index)
        work = _Work(connection, database_url, kafka_bootstrap, processes, report)
        try:
            generation, folded = work.fold(until, with_index)
            work.switch(generation)
        except BaseException:
            with suppress(Exception):
                drop_leftovers(connection)
            raise
    seconds = time.monotonic() - began
    rate = round(folded.records / seconds) if seconds else 0
    return Rebuilt(generation, folded.records, seconds, folded.seconds, rate, with_index, dropped)


class _Work(NamedTuple):
    """The two halves of a rebuild, on the connection that holds its lock."""

    connection: Any
    database_url: str
    kafka_bootstrap: str
    processes: int
    report: Callable[[Step], None]

    def fold(self, until: Mapping[int, int], with_index: bool) -> tuple[str, Folded]:
        """Everything below `until`, into a generation that nobody follows yet, and where asked into a new index."""
        generation = begin_generation(self.connection, fingerprint())
        if with_index:
            make_shadow(self.connection)
        folded = fold_into(
            self.database_url,
            self.kafka_bootstrap,
            generation,
            until,
            processes=self.processes,
            report=lambda done, total: self.report(Step("fold", done, total)),
            afresh=SHADOW if with_index else None,
        )
        if with_index:
            self.report(Step("index"))
            add_keys(self.connection)
            with Reader(self.kafka_bootstrap) as reader:
                _again(Replacing(self.connection, reader).swap)
        _analyze(self.database_url, generation)
        return generation, folded

    def switch(self, generation: str) -> None:
        """What came in since, then readers and workers."""
        with CatchingUp(self.connection, self.database_url, self.kafka_bootstrap, generation) as last_stretch:
            last_stretch.come_near(lambda left: self.report(Step("catch up", left)))
            self.report(Step("switch"))
            _again(last_stretch.switch)
        self.report(Step("switched"))


def _until(connection: Any, kafka_bootstrap: str, with_index: bool) -> dict[int, int]:
    """As far as the index has read; where there is none any more, the end of the ledger."""
    with connection, connection.cursor() as cursor:
        until = indexed(cursor)
    if with_index and not any(until.values()):
        with Reader(kafka_bootstrap) as reader:
            return dict(reader.ends)
    return until


def _again(attempt: Callable[[], bool]) -> None:
    """Tries until it succeeds: who reads for long may hold what we need, or much came in at once."""
    for number in range(ATTEMPTS):
        try:
            with answering():
                if attempt():
                    return
        except OutcomeUnknown:
            if number == ATTEMPTS - 1:
                raise
        time.sleep(_PAUSE_SECONDS)
    raise OutcomeUnknown(
        f"没有切换：{ATTEMPTS} 次都没有腾出位置 · not switched in {ATTEMPTS} attempts: the tables in use are busy",
        "稍后再试 · Rebuild again when there is less to do.",
    )


def _analyze(database_url: str, generation: str) -> None:
    """So that the first questions are planned well."""
    with closing(connect(database_url, "shanzhi rebuild", transaction_timeout="0")) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            kind = "relnamespace = %s::regnamespace and relkind = 'r'"
            cursor.execute(f"select relname from pg_class where {kind}", (generation,))
            tables = [f"{generation}.{name}" for (name,) in cursor.fetchall()]
            cursor.execute(f"analyze {', '.join(sorted(tables))}")
