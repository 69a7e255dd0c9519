"""Writes the golden files that are missing: python -m tests.contract.write_golden

A golden file is what the ledger holds for ever of a kind's sample. It is written once, when the kind is new,
and never changed: stored bytes are read for decades. A kind whose bytes come out otherwise needs a version.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from ledger.describe import sample_event
from ledger.event import EventKind, kinds
from ledger.submission import Stored, check, stored
from tests.fixed_keys import FixedKeys

FOLDER = Path(__file__).parent / "golden"
NOW = datetime(2024, 6, 1, tzinfo=UTC)


def golden_file(kind: EventKind) -> Path:
    """Where the stored bytes of the kind's sample are kept."""
    return FOLDER / f"{kind.type}.{kind.version}.json"


def stored_sample(kind: EventKind) -> Stored:
    """The kind's sample as the ledger holds it, under keys that never change."""
    return stored([check(sample_event(kind), NOW)], FixedKeys())[0]


def write_missing(folder: Path = FOLDER) -> list[str]:
    """Writes what is missing and returns the names of existing files that say something else, untouched."""
    folder.mkdir(exist_ok=True)
    changed = []
    for kind in kinds.values():
        file, value = folder / golden_file(kind).name, stored_sample(kind).value
        if not file.exists():
            file.write_bytes(value)
        elif file.read_bytes() != value:
            changed.append(file.name)
    return changed


if __name__ == "__main__":
    if differing := write_missing():
        sys.exit(
            f"Left as they are, though the bytes differ now: {', '.join(differing)}. A new version is needed."
        )
