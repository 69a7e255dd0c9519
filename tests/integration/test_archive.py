"""The ledger in files: what is written, what a check finds in it however it was edited, what is refused."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from audit.archive import manifest as manifests
from audit.archive import restoring, segment
from audit.archive.binding import bind_restored
from audit.archive.checking import check
from audit.archive.frames import decode
from audit.archive.manifest import SEALS, Manifest
from audit.archive.refusals import ArchiveRefused
from audit.archive.segment import read_segment
from audit.archive.trail import Trail, digest_of
from audit.archive.writing import Source, Written, write
from audit.leaf import leaf_of
from audit.merkle import root
from audit.seals import Part, Seal, Signer, make_seal
from ledger.errors import LedgerUnsound, OutcomeUnknown
from ledger.reader import Reader
from ledger.record import Batch, RawRecord, StoredRecord
from ledger.topics import LEDGER as LEDGER_TOPIC
from ledger.topics import PARTITIONS, Topic
from projections.store.connection import connect
from tests.folded import Folded
from tests.soak import IS_SOAK
from tests.tampering import EDITS, flip_a_record, tampered

EDITED = 10_000 if IS_SOAK else 200
CHECKED_CLEAN = 200
SMALL_RECORDS = 12  # of a partition
LEDGER = "725be46c-d589-4cc0-81d0-ecd7010a88ac"
SOURCE = Source(LEDGER, "a topic", {"message.timestamp.type": "LogAppendTime"})
AT = "2026-11-24T00:00:00+00:00"
SEALED_AT = datetime(2026, 11, 24, tzinfo=UTC)
SIGNER = Signer(bytes(range(32)))


@pytest.fixture(scope="module")
def small(folded: Folded, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The beginning of a real ledger in two segments a partition, the first of them under a seal."""
    folder = tmp_path_factory.mktemp("archive")
    half = archived(folded, folder, evenly(SMALL_RECORDS // 2)).manifest
    archived(folded, folder, evenly(SMALL_RECORDS), [seal_of(half)])
    return folder


def archived(
    folded: Folded, folder: Path, until: Mapping[int, int], seals: Iterable[Seal] = (), source: Source = SOURCE
) -> Written:
    with Reader(folded.endpoints.kafka_bootstrap) as reader:
        return write(reader, source, [seal.line for seal in seals], folder, AT, until)


def evenly(records: int) -> dict[int, int]:
    return dict.fromkeys(range(PARTITIONS), records)


def seal_of(manifest: Manifest, before: Seal | None = None) -> Seal:
    parts = [Part(one.next, one.root) for one in manifest.partitions]
    return make_seal(before, LEDGER, parts, SEALED_AT, SIGNER)


def read_of(folder: Path) -> Manifest:
    manifest = manifests.read(folder)
    assert manifest is not None
    return manifest


def archived_records(folder: Path) -> list[tuple[int, StoredRecord]]:
    manifest = read_of(folder)
    return [
        (one.partition, decode(body.content))
        for one in manifest.partitions
        for trail in [Trail(manifest.ledger, one.partition)]
        for segment in one.segments
        for body in read_segment(folder, segment, trail)
    ]


def alike(raw: RawRecord) -> StoredRecord:
    return StoredRecord(raw.offset, raw.timestamp, raw.key, raw.value, tuple(raw.headers))


def test_every_edit_is_found_and_the_first_bad_position_named(small: Path, tmp_path: Path) -> None:
    choose, made, folder = random.Random(6), Counter[str](), tmp_path / "edited"
    shutil.copytree(small, folder)
    sound = {path: path.read_bytes() for path in files_of(folder)}
    for number in range(EDITED):
        expected = tampered(folder, choose)
        findings = check(folder).findings
        assert findings, f"edit {number} was not found: {expected}"
        assert expected.names(findings[0].file, findings[0].position), f"edit {number}: {expected}, not {findings}"
        made[expected.what] += 1
        for path in files_of(folder) - sound.keys():
            path.unlink()
        for path, content in sound.items():
            path.write_bytes(content)
    assert len(made) == len(EDITS)
    assert check(folder).sound


def files_of(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def test_a_sound_archive_raises_no_alarm(small: Path) -> None:
    for _ in range(CHECKED_CLEAN):
        checked = check(small)
        assert checked.findings == []
    assert (checked.records, checked.sealed, checked.seals) == (12 * SMALL_RECORDS, 6 * SMALL_RECORDS, 1)
    assert checked.keys == [SIGNER.public_key]
    assert check(small, trusted=[SIGNER.public_key]).sound
    (finding,) = check(small, trusted=["0" * 64]).findings  # of somebody who has sealed another ledger himself
    assert finding.file == SEALS and "not trusted" in finding.what


def test_what_is_archived_is_what_the_ledger_holds(folded: Folded, tmp_path: Path) -> None:
    """In as many steps as one likes; each adds files and leaves those of before as they are."""
    with Reader(folded.endpoints.kafka_bootstrap) as reader:
        ends = reader.ends
        there = sorted(
            (batch.partition, alike(raw)) for batch in reader.batches(reader.starts, ends) for raw in batch.records
        )
    steps = [archived(folded, tmp_path, until) for until in (evenly(10), evenly(10), ends, ends)]
    assert [step.records for step in steps] == [120, 0, len(there) - 120, 0]
    assert steps[1].manifest == steps[0].manifest
    for before, after in zip(steps[0].manifest.partitions, steps[2].manifest.partitions, strict=True):
        assert after.segments[: len(before.segments)] == before.segments
    assert sorted(archived_records(tmp_path)) == there
    for one in read_of(tmp_path).partitions:
        leaf = leaf_of(LEDGER, one.partition)
        assert one.root == root([leaf(raw) for partition, raw in there if partition == one.partition]).hex()
    assert check(tmp_path).sound


class Altering(Reader):
    """The ledger as somebody would like to have it: `alter` gives a record's place to another one, or to none."""

    def __init__(self, bootstrap: str, alter: Callable[[int, RawRecord], RawRecord | None]) -> None:
        super().__init__(bootstrap)
        self._alter = alter

    def batches(self, since: Mapping[int, int], until: Mapping[int, int]) -> Iterator[Batch]:
        for number, records, sought in super().batches(since, until):
            altered = [self._alter(number, raw) for raw in records]
            yield Batch(number, [raw for raw in altered if raw is not None], sought)


def at(place: tuple[int, int], instead: Callable[[RawRecord], RawRecord | None]) -> Any:
    """Alters the one record at a place."""
    return lambda partition, raw: instead(raw) if (partition, raw.offset) == place else raw


def another(raw: RawRecord) -> RawRecord:
    return alike(raw)._replace(value=(raw.value or b"") + b" ")


def test_a_record_made_anew_with_all_its_sums_is_found_by_the_seal(folded: Folded, small: Path, tmp_path: Path) -> None:
    """Whoever can write the whole folder can make every sum fit, save the one that was signed."""
    lines = (small / SEALS).read_text().splitlines()
    with Altering(folded.endpoints.kafka_bootstrap, at((3, 5), another)) as reader:
        write(reader, SOURCE, lines, tmp_path, AT, evenly(SMALL_RECORDS))
    (finding,) = check(tmp_path).findings
    assert (finding.position, finding.file) == ("3:0", SEALS)
    assert f"up to {SMALL_RECORDS // 2}" in finding.what and "seal 1" in finding.what


def test_sealed_records_that_were_cut_off_are_missed(folded: Folded, small: Path, tmp_path: Path) -> None:
    """By the write, and by the check where whoever cut them off has made every sum anew."""
    with pytest.raises(LedgerUnsound, match=r"3:5 .* was sealed"):
        archived(folded, tmp_path, evenly(SMALL_RECORDS) | {3: 5}, [seal_of(read_of(small))])
    short, seals = evenly(SMALL_RECORDS) | {3: 5}, (small / SEALS).read_bytes()
    manifest = archived(folded, tmp_path, short).manifest
    (tmp_path / SEALS).write_bytes(seals)
    forged = replace(manifest, seals=digest_of(seals))
    (tmp_path / manifests.NAME).write_bytes(manifests.encode(forged))
    (finding,) = check(tmp_path).findings
    assert finding.position == "3:5" and "seal 1 vouches for records up to 6" in finding.what


def test_an_archive_goes_on_only_with_the_ledger_that_it_is_of(folded: Folded, small: Path, tmp_path: Path) -> None:
    bootstrap, last = folded.endpoints.kafka_bootstrap, (3, SMALL_RECORDS - 1)
    folder = tmp_path / "archive"
    shutil.copytree(small, folder)
    before = read_of(folder)
    with pytest.raises(ArchiveRefused, match="of another ledger"):
        archived(folded, folder, evenly(20), source=SOURCE._replace(ledger="another"))
    with Altering(bootstrap, at(last, another)) as reader, pytest.raises(LedgerUnsound, match="another record"):
        write(reader, SOURCE, [], folder, AT, evenly(20))
    with Reader(bootstrap) as reader, pytest.raises(LedgerUnsound, match=f"{last[0]}:{last[1]} .* does not hold it"):
        reader.ends[3] = last[1]
        write(reader, SOURCE, [], folder, AT, evenly(20))
    with pytest.raises(LedgerUnsound, match="its seals are not those"):
        archived(folded, folder, evenly(SMALL_RECORDS), [seal_of(read_of(small)), seal_of(read_of(small))])
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "letter.txt").write_text("something else")
    with pytest.raises(ArchiveRefused, match="holds other files"):
        archived(folded, tmp_path / "taken", evenly(20))
    assert read_of(folder) == before
    assert check(folder).sound


def test_a_restored_database_with_fewer_seals_leaves_the_archived_ones(
    folded: Folded, small: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "archive"
    shutil.copytree(small, folder)
    archived(folded, folder, evenly(20))
    assert (folder / SEALS).read_bytes() == (small / SEALS).read_bytes() != b""


def test_a_write_that_is_cut_off_leaves_nothing_that_the_next_does_not_remove(
    folded: Folded, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "archive"
    shutil.copytree(small, folder)
    monkeypatch.setattr(segment, "SEGMENT_BYTES", 10_000)

    def away(partition: int, raw: RawRecord) -> RawRecord:
        if raw.offset == 100:
            raise OutcomeUnknown("Kafka does not answer", "Try again")
        return raw

    with Altering(folded.endpoints.kafka_bootstrap, away) as reader, pytest.raises(OutcomeUnknown):
        write(reader, SOURCE, [], folder, AT, evenly(150))
    (folder / "00" / "torn.records.gz.unfinished").write_bytes(b"as a kill leaves it")
    assert read_of(folder) == read_of(small)
    strays = check(folder).findings
    assert {finding.position for finding in strays} <= {None}
    archived(folded, folder, evenly(150))
    assert check(folder).records == 12 * 150
    assert check(folder).sound
    assert sorted(folder.rglob("*.unfinished")) == []


@pytest.mark.parametrize("what", ["a record was left out", "it starts later", "it was altered", "there is none"])
def test_what_can_not_stand_at_the_same_offsets_is_not_restored(folded: Folded, tmp_path: Path, what: str) -> None:
    """Before Kafka is asked for anything: there is none at this address."""
    told = {
        "a record was left out": (LedgerUnsound, "partition 3 of the archive lacks 1 offsets"),
        "it starts later": (LedgerUnsound, "partition 3 of the archive starts at offset 2"),
        "it was altered": (LedgerUnsound, "3:1: .* does not fit the chain"),
        "there is none": (ArchiveRefused, "holds no archive"),
    }
    with Altering(folded.endpoints.kafka_bootstrap, at((3, 5), lambda raw: None)) as reader:
        if what == "a record was left out":
            write(reader, SOURCE, [], tmp_path, AT, evenly(8))
        if what == "it starts later":
            reader.starts[3] = 2
            write(reader, SOURCE, [], tmp_path, AT, evenly(4))
        if what == "it was altered":
            write(reader, SOURCE, [], tmp_path, AT, evenly(4))
            flip_a_record(tmp_path / "03" / f"{0:020d}.records.gz", 1)
    error, words = told[what]
    with pytest.raises(error, match=words):
        restoring.restore(tmp_path, "127.0.0.1:1", 1)


def test_a_ledger_in_use_is_not_written_over(folded: Folded, small: Path) -> None:
    with pytest.raises(LedgerUnsound, match=f"0:{SMALL_RECORDS} holds what this archive does not"):
        restoring.restore(small, folded.endpoints.kafka_bootstrap, 1)


def test_tables_are_not_bound_to_a_ledger_that_lacks_what_they_have_read(folded: Folded) -> None:
    bootstrap, topic = folded.endpoints.kafka_bootstrap, Topic(LEDGER_TOPIC, "another", PARTITIONS)
    with closing(connect(folded.endpoints.database_url, "shanzhi archive test")) as connection:
        with Reader(bootstrap) as reader, pytest.raises(LedgerUnsound, match="the ledger ends at"):
            last = 3, reader.ends[3] - 1
            reader.ends[3] = last[1]
            bind_restored(connection.cursor(), reader, topic)
        connection.rollback()
        with Altering(bootstrap, at(last, another)) as reader, pytest.raises(LedgerUnsound, match="is not the record"):
            bind_restored(connection.cursor(), reader, topic)
        connection.rollback()
