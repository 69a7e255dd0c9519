"""Servers for one run: a folder that is gone afterwards."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shanzhi.settings import Settings


@contextmanager
def temporary(settings: Settings, *, keep_given: bool = True) -> Iterator[Settings]:
    """The settings with a new folder and free ports; without given servers unless those are to be kept."""
    folder = Path(tempfile.mkdtemp(prefix="shanzhi-"))
    changes: dict[str, object] = {"folder": folder, "kafka_port": None, "postgres_port": None}
    if not keep_given:
        changes |= {"kafka_bootstrap": None, "database_url": None}
    try:
        yield settings.model_copy(update=changes)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
