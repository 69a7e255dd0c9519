"""Stored bytes are a contract with the past: what was once written reads for ever and is written the same."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from ledger.codec import Examiner, Sound
from ledger.envelope import Envelope
from ledger.event import EventKind, kinds, latest
from ledger.partition import partition_of
from ledger.record import StoredRecord
from tests.contract.write_golden import FOLDER, NOW, golden_file, stored_sample, write_missing

FILES = sorted(FOLDER.glob("*.json"))


@pytest.mark.parametrize("kind", kinds.values(), ids=lambda kind: kind.dataschema)
def test_a_kind_is_stored_as_its_golden_file_says(kind: EventKind) -> None:
    file = golden_file(kind)
    assert file.exists(), "a new kind: run python -m tests.contract.write_golden"
    assert stored_sample(kind).value == file.read_bytes()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_golden_file_ever_written_still_reads(file: Path) -> None:
    value = file.read_bytes()
    envelope = msgspec.json.decode(value, type=Envelope)
    key = envelope.subject.encode()
    partition = partition_of(key, 12)

    examined = Examiner(12).examine(StoredRecord(7, int(NOW.timestamp() * 1000), key, value), partition)

    assert isinstance(examined, Sound), examined
    assert examined.record is not None, (
        f"{envelope.dataschema} left the catalogue: its records would be unfolded"
    )
    assert type(examined.record.event) is latest[envelope.type].cls, "older versions are told as the newest"
    assert f"{envelope.type}.{envelope.dataschema.rpartition(':')[2]}" == file.stem


def test_there_are_golden_files() -> None:
    assert len(FILES) >= len(kinds)  # a folder gone empty would pass the test above without a word


def test_the_script_writes_what_is_missing_and_never_changes_a_file(tmp_path: Path) -> None:
    assert write_missing(tmp_path) == []
    first, second, *_ = sorted(tmp_path.iterdir())
    assert first.read_bytes() == (FOLDER / first.name).read_bytes()
    first.write_bytes(b"older bytes")
    second.unlink()

    assert write_missing(tmp_path) == [first.name]

    assert first.read_bytes() == b"older bytes"
    assert second.read_bytes() == (FOLDER / second.name).read_bytes()
