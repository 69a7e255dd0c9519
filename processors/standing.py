"""What the leaders wait for before their first step: tables that some worker has made."""

from __future__ import annotations

from contextlib import closing

from ledger.errors import OutcomeUnknown
from projections.store.connection import connect
from projections.store.migrate import migrate


def await_tables(database_url: str, name: str) -> None:
    """Migrates, and raises `OutcomeUnknown` as long as there is no generation: workers start when we do."""
    migrate(database_url)
    with closing(connect(database_url, name)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("select exists (select from shanzhi.current)")
        (is_there,) = cursor.fetchone()
    if not is_there:
        raise OutcomeUnknown("There are no tables yet", "Start a worker: shanzhi up")
