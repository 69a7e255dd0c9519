"""Brings the permanent schemas up to date: numbered SQL, applied once, under a lock."""

from __future__ import annotations

from importlib.resources import as_file, files

from yoyo import get_backend, read_migrations


def migrate(database_url: str) -> int:
    """Applies what is missing and says how many migrations that were. Two callers wait for each other."""
    backend = get_backend(database_url)
    with as_file(files("projections.sql") / "migrations") as folder:
        migrations = read_migrations(str(folder))
        with backend.lock(timeout=60):
            missing = backend.to_apply(migrations)
            backend.apply_migrations(missing)
            return len(missing)
