"""What the integration tests share: one front door and one database for counties, opened once."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.topics import ensure_ledger
from projections.store.migrate import migrate
from shanzhi.stack import Stack
from tests.door import Door, opened
from tests.folded import Folded, told_and_folded


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


@pytest.fixture(scope="session")
def folded(session_folder: Path) -> Iterator[Folded]:
    """A ledger of some thousand events and its tables, for tests that read them and leave them as they were."""
    with Stack(Path(tempfile.mkdtemp(prefix="history-", dir=session_folder))) as stack:
        ensure_ledger(stack.endpoints.kafka_bootstrap)
        migrate(stack.endpoints.database_url)
        yield told_and_folded(stack.endpoints)
