"""Brings the permanent schemas up to date: numbered SQL, applied once, under a lock; and the years that ship."""

from __future__ import annotations

from contextlib import closing
from importlib.resources import as_file, files
from typing import Any

from yoyo import get_backend, read_migrations

from projections.store.calendar import lacks_shipped, load_shipped
from projections.store.connection import as_owner, connect, not_prepared

_LOCK = 7_283_002


def migrate(database_url: str) -> int:
    """Applies what is missing and says how many migrations that were. Two callers wait for each other.

    The lock is a session's, not yoyo's own, which is a row that a killed process would leave behind. Where nothing is
    missing nothing is written, so that every role may ask. Raises `StoreUnsound` where something is, and ours may not.
    """
    with closing(connect(database_url, "shanzhi migrations")) as gate:
        gate.autocommit = True
        with as_owner(), gate.cursor() as cursor:
            if _is_complete(cursor):
                return 0
            _assert_ours(cursor)
            cursor.execute("select pg_advisory_lock(%s)", (_LOCK,))
            applied = _apply(database_url)
            load_shipped(cursor)
        return applied


def shipped_migrations() -> list[str]:
    """The ids of all migrations of this version, in their order."""
    folder = files("projections.sql") / "migrations"
    return sorted(one.name.removesuffix(".sql") for one in folder.iterdir() if one.name.endswith(".sql"))


def _is_complete(cursor: Any) -> bool:
    cursor.execute("select to_regclass('_yoyo_migration') is not null")
    if not cursor.fetchone()[0]:
        return False
    cursor.execute("select migration_id from _yoyo_migration")
    return set(shipped_migrations()) <= {name for (name,) in cursor.fetchall()} and not lacks_shipped(cursor)


def _assert_ours(cursor: Any) -> None:
    """Raises `StoreUnsound` for a role that could not note what it has applied: yoyo would try for 10 s."""
    cursor.execute("select has_table_privilege(to_regclass('_yoyo_migration')::oid, 'insert')")
    if cursor.fetchone() == (False,):
        raise not_prepared("migrations are missing")


def _apply(database_url: str) -> int:
    backend = get_backend(database_url)
    with closing(backend.connection), as_file(files("projections.sql") / "migrations") as folder:
        missing = backend.to_apply(read_migrations(str(folder)))
        backend.apply_migrations(missing)
        return len(missing)
