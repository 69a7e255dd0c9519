"""Brings the permanent schemas up to date: numbered SQL, applied once, under a lock; and the years that ship."""

from __future__ import annotations

from contextlib import closing
from importlib.resources import as_file, files

from yoyo import get_backend, read_migrations

from projections.store.calendar import load_shipped
from projections.store.connection import connect

_LOCK = 7_283_002


def migrate(database_url: str) -> int:
    """Applies what is missing and says how many migrations that were. Two callers wait for each other.

    The lock is a session's, not yoyo's own, which is a row that a killed process would leave behind.
    """
    with closing(connect(database_url, "shanzhi migrations")) as gate:
        gate.autocommit = True
        with gate.cursor() as cursor:
            cursor.execute("select pg_advisory_lock(%s)", (_LOCK,))
            applied = _apply(database_url)
            load_shipped(cursor)
        return applied


def shipped_migrations() -> list[str]:
    """The ids of all migrations of this version, in their order."""
    folder = files("projections.sql") / "migrations"
    return sorted(one.name.removesuffix(".sql") for one in folder.iterdir() if one.name.endswith(".sql"))


def _apply(database_url: str) -> int:
    backend = get_backend(database_url)
    with closing(backend.connection), as_file(files("projections.sql") / "migrations") as folder:
        missing = backend.to_apply(read_migrations(str(folder)))
        backend.apply_migrations(missing)
        return len(missing)
