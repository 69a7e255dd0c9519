"""What the auditor's pages ask of `audit`: seals, closed periods, restatements, packs; each bounded."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

from audit.closing import Published, known_now, published
from audit.figures import decoded
from audit.pack import about_case, pack
from audit.restatement import Restated, restatements
from audit.seal_store import last_seal, seal_at
from audit.seals import Seal
from ledger.errors import OutcomeUnknown, StoreUnsound
from projections.families import fingerprint
from projections.read.snapshot import snapshot
from projections.store.connection import answering, connect
from projections.store.generation import current_of
from readers.services import Services

SEALS = 10
SECONDS = 20
_SESSION = f"{SECONDS}s"
T = TypeVar("T")
_one_at_a_time = threading.Lock()


def newest_seals(services: Services) -> list[Seal]:
    """The newest first. Raises `OutcomeUnknown`."""
    with services.tables.connection() as connection, connection, connection.cursor() as cursor:
        newest = last_seal(cursor)
        numbers = range(newest.number, max(0, newest.number - SEALS), -1) if newest else ()
        return [seal for number in numbers if (seal := seal_at(cursor, number))]


def restated(services: Services, place: str, period: str) -> tuple[Published, list[Restated]]:
    """A closed period, and every row of its figures that is otherwise now, with the events that caused it.

    Raises `QuestionRefused` for a period that was not closed, `OutcomeUnknown` where it takes too long.
    """
    with closing(_connection(services)) as connection, answering():
        with snapshot(connection) as tables, tables.cursor() as cursor:
            generation = current_of(cursor, fingerprint())
            closed = published(cursor, generation, place, period)
            if closed.figures is None:
                raise StoreUnsound(
                    f"{place} {period} 公布的数字已不在数据库 · the published figures are lost",
                    "从备份恢复 · Restore the permanent schemas from a backup.",
                )
            now = known_now(tables, generation, closed)
        before = decoded(closed.figures)
        return closed, restatements(connection, generation, services.kafka_bootstrap, before, now, closed.cut)


def packed_case(services: Services, case: str) -> tuple[str, bytes]:
    """An audit pack of a case: its name and bytes. Raises as `audit.pack.pack`, `QuestionRefused` for no case."""

    def made() -> tuple[str, bytes]:
        with tempfile.TemporaryDirectory(prefix="shanzhi-pack-") as folder:
            about = about_case(case)
            path, _ = pack(
                services.kafka_bootstrap, services.database_url, about, Path(folder), None, lambda done, total: None
            )
            return path.name, path.read_bytes()

    return alone(made)


def alone(work: Callable[[], T]) -> T:
    """Heavy work, one at a time. Raises `OutcomeUnknown` at once where another one is at it."""
    if not _one_at_a_time.acquire(blocking=False):
        raise OutcomeUnknown("正在处理另一个请求 · another one is being made", "稍后再试 · Try again in a moment.")
    try:
        return work()
    finally:
        _one_at_a_time.release()


def _connection(services: Services) -> Any:
    return connect(
        services.database_url,
        "shanzhi readers audit",
        transaction_timeout=_SESSION,
        statement_timeout=_SESSION,
        idle_in_transaction_session_timeout=_SESSION,
    )
