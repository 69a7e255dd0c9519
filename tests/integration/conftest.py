"""What the integration tests share: one front door, opened once."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.door import Door, opened


@pytest.fixture(scope="session")
def door(session_folder: Path) -> Iterator[Door]:
    """For tests that keep to events of their own and stop nothing."""
    with opened(Path(tempfile.mkdtemp(prefix="door-", dir=session_folder))) as door:
        yield door
