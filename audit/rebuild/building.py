"""Who rebuilds, and what those who were killed while they did have left behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from ledger.errors import StoreUnsound
from projections.store.connection import connect
from projections.store.generation import UNDER_CONSTRUCTION, drop_generation

SHADOW = "index_afresh"
"""The schema of an event index that is being made."""

_LOCK = 7_283_032  # one rebuild of a database at a time, for as long as its session lives
_HELD_SECONDS = 60  # more than the switch ever holds its locks


@contextmanager
def builder(database_url: str) -> Iterator[Any]:
    """The connection that holds the lock of rebuilding, and that switches: who has lost the lock can't.

    Raises `StoreUnsound` where another one rebuilds.
    """
    name, seconds = "shanzhi rebuild", f"{_HELD_SECONDS}s"
    with closing(
        connect(database_url, name, transaction_timeout=seconds, idle_in_transaction_session_timeout=seconds)
    ) as connection:
        with connection, connection.cursor() as cursor:
            cursor.execute("select pg_try_advisory_lock(%s)", (_LOCK,))
            (is_ours,) = cursor.fetchone()
        if not is_ours:
            raise StoreUnsound(
                "另一个重建正在进行 · another rebuild of this database is at work",
                "请等它结束 · Wait until it has ended; shanzhi generation list shows what it makes.",
            )
        yield connection


def drop_leftovers(connection: Any) -> list[str]:
    """Drops what rebuilds that are no more have left; the names."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "select name from shanzhi.generation where starts_with(fingerprint, %s) order by 1", (UNDER_CONSTRUCTION,)
        )
        names = [str(name) for (name,) in cursor.fetchall()]
    for name in names:
        with connection, connection.cursor() as cursor:
            drop_generation(cursor, name)
    with connection, connection.cursor() as cursor:
        cursor.execute(f"drop schema if exists {SHADOW} cascade")
    return names
