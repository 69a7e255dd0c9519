"""What the integration tests share: one front door and one database for counties, opened once."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from projections.store.migrate import migrate
from shanzhi.stack import Stack
from tests.door import Door, opened


@pytest.fixture(scope="session")
def door(session_folder: Path) -> Iterator[Door]:
    """For tests that keep to events of their own and stop nothing."""
    with opened(Path(tempfile.mkdtemp(prefix="door-", dir=session_folder))) as door:
        yield door


@pytest.fixture(scope="session")
def county_database(session_folder: Path) -> Iterator[str]:
    """Migrated, without Kafka, for one county after the other (`test_read_models.County`, which `forget` empties)."""
    with Stack(Path(tempfile.mkdtemp(prefix="county-", dir=session_folder)), kafka=False) as stack:
        migrate(stack.endpoints.database_url)
        yield stack.endpoints.database_url
