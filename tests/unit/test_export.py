"""What leaves in an export: what counts, nothing that may not be sealed, no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.alone import AlreadyWritten
from audit.bulk.events import COLUMNS, Row, Rows, Selection
from audit.bulk.files import ExportRefused, whole
from audit.bulk.parquet import columns_of
from audit.bulk.spreadsheet import _any_line, harmless, lines_of, plain_cell
from audit.bulk.standing import COUNTS, REPEAT, SET_ASIDE, UNFOLDED
from audit.pack import about_case, about_unit
from audit.pack.about import Kin, told_subject, whole_streams
from audit.pack.making import may_leave
from audit.pack.zipped import Zipped
from ledger.codec import Examiner, Sound
from ledger.partition import partition_of
from ledger.record import Batch, StoredRecord
from ledger.submission import check, stored
from ledger.topics import PARTITIONS
from projections.read import QuestionRefused, parse_period
from tests.fixed_keys import FixedKeys
from tests.personal_values import NAME, PHONE, STEMS, events, refused
from tests.plaintext import hits

NOW = datetime(2026, 1, 1, tzinfo=UTC)
STAMP_MS = int(NOW.timestamp() * 1000)


def record(event: dict[str, Any], offset: int = 0) -> tuple[int, StoredRecord]:
    """An event as the ledger holds it, with its partition."""
    (made,) = stored([check(event, NOW)], FixedKeys())
    return partition_of(made.key, PARTITIONS), StoredRecord(offset, STAMP_MS, made.key, made.value)


def altered(raw: StoredRecord, **members: Any) -> StoredRecord:
    """A record into which a program that wrote to the topic itself put more."""
    return raw._replace(value=orjson.dumps(orjson.loads(raw.value or b"") | members))


def rows(raw: StoredRecord, partition: int, what: int, selection: Selection | None = None) -> list[Row]:
    of = Rows(selection or Selection(with_quarantine=True)).of
    return of(Batch(partition, [raw]), raw.offset, bytes([what]), {raw.offset: "unsealed"})


def personal() -> Iterator[tuple[int, StoredRecord]]:
    """Sound events full of personal values, sealed; then with a member that no class knows."""
    for offset, event in enumerate(events("export")):
        partition, raw = record(event, offset)
        yield partition, raw
        data = orjson.loads(raw.value or b"")["data"]
        yield partition, altered(raw, data=data | {"phon": PHONE, NAME: 1})
        yield partition, altered(raw, phone=PHONE)


def test_a_row_says_what_the_record_says() -> None:
    (event, *_) = events("export")
    partition, raw = record(event, 7)
    (row,) = rows(raw, partition, COUNTS)
    said, told = orjson.loads(raw.value or b""), dict(zip(COLUMNS, row, strict=True))
    assert orjson.loads(told.pop("data")) == said["data"]
    assert told.pop("time") == datetime.fromisoformat(said["time"])
    assert told == {
        "partition": partition, "offset": 7, "stamp": STAMP_MS, "version": int(said["dataschema"].rpartition(":")[2]),
        **{name: said[name] for name in ("type", "subject", "id", "source", "authid")},
        "correlationid": None, "causationid": None, "quarantined": None,
    }  # fmt: skip


def test_repeats_have_no_row_and_what_was_set_aside_only_where_asked_for() -> None:
    partition, raw = record(events("export")[0])
    assert rows(raw, partition, REPEAT) == []
    assert rows(raw, partition, SET_ASIDE, Selection()) == []
    (row,) = rows(raw, partition, SET_ASIDE)
    assert row == (partition, 0, STAMP_MS, *(None,) * (len(COLUMNS) - 4), "unsealed")
    assert rows(raw, partition, SET_ASIDE, Selection(parse_period("2025-12"), with_quarantine=True)) == []


def test_a_period_and_a_type_choose() -> None:
    event = events("export")[0] | {"time": "2024-05-31T15:59:59Z"}
    partition, raw = record(event)
    for chosen, period, type_ in (
        (1, "2024-05", None), (0, "2024-06", None), (1, "2024-05", event["type"]), (0, "2024-05", "case.rated"),
    ):  # fmt: skip
        assert len(rows(raw, partition, COUNTS, Selection(parse_period(period), type_))) == chosen
    partition, raw = record(event | {"time": "2024-05-31T16:00:00Z"})  # midnight in Shanghai
    assert rows(raw, partition, COUNTS, Selection(parse_period("2024-05"))) == []


def test_a_type_that_there_is_not_is_refused() -> None:
    with pytest.raises(QuestionRefused, match=r"case\.unheard"):
        Selection(None, "case.unheard").assert_sensible()


@pytest.mark.parametrize("what", [COUNTS, UNFOLDED])
def test_no_row_tells_a_personal_value(what: int) -> None:
    for partition, raw in personal():
        made = rows(raw, partition, what)
        assert len(made) == 1
        assert hits(STEMS, iter([("csv", lines_of(made)), ("parquet", columns_of(made))])) == []
        assert made[0][COLUMNS.index("data")] is not None


def test_what_nobody_has_checked_shows_no_data() -> None:
    """Indexed as of a type unknown then, by a worker of an older version: its personal fields may be plain."""
    for event in events("export"):
        partition, raw = record(event)
        plain = altered(raw, data=event["data"])
        (row,) = rows(plain, partition, UNFOLDED)
        assert row[COLUMNS.index("data")] is None
        unknown = altered(plain, type="person.unheard", dataschema="urn:shanzhi:person.unheard:1")
        (row,) = rows(unknown, partition, COUNTS)
        assert row[COLUMNS.index("data")] is None


def test_a_pack_holds_no_record_that_may_tell_a_personal_value() -> None:
    examiner = Examiner(PARTITIONS)
    kept = [(partition, raw) for partition, raw in personal() if may_leave(partition, raw, examiner)]
    assert len(kept) == len(events("export"))  # those that nobody has altered
    assert hits(STEMS, ((str(partition), raw.value or b"") for partition, raw in kept)) == []
    for text in refused("export"):
        assert not may_leave(0, StoredRecord(0, STAMP_MS, b"person/plain", text), examiner)
    (partition, raw), *_ = kept
    assert not may_leave(partition, raw._replace(headers=(("phone", PHONE.encode()),)), examiner)


def test_examples_are_sound() -> None:
    """Else the tests above would say nothing."""
    examiner = Examiner(PARTITIONS)
    assert all(isinstance(examiner.examine(raw, partition), Sound) for partition, raw in personal())


texts = st.text(st.characters(exclude_categories=["Cs"]))
others = st.builds("".join, st.tuples(st.sampled_from(["", "=", "+", "-", "@", "\t", "\r", "\n", "'"]), texts))


@given(others)
def test_a_cell_is_never_a_formula_and_can_be_read_back(text: str) -> None:
    assert not harmless(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert plain_cell(harmless(text)) == text


@given(st.lists(others, min_size=7, max_size=7))
def test_lines_of_any_texts_read_back(texts: list[str]) -> None:
    type_, *rest = texts
    row = (1, 2, STAMP_MS, NOW, type_, 1, *rest, b'{"a":"=1"}', None)
    assert lines_of([row]).decode() == _any_line(row)  # also where the shorter way was taken
    (cells,) = csv.reader(io.StringIO(lines_of([row]).decode(), newline=""))
    assert [plain_cell(cell) for cell in (cells[4], *cells[6:12])] == texts
    assert all(not cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
    assert cells[:4] == ["1", "2", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"]


def test_columns_have_their_types_without_a_row_too() -> None:
    schema = pa.ipc.open_stream(columns_of([])).read_all().schema
    assert schema.names == list(COLUMNS)
    assert str(schema.field("time").type) == "timestamp[us, tz=UTC]"


def test_a_file_is_there_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "made" / "ledger.csv"
    with pytest.raises(KeyboardInterrupt), whole(path) as unfinished:
        unfinished.write_bytes(b"half")
        raise KeyboardInterrupt
    assert list(path.parent.iterdir()) == []
    with whole(path) as unfinished:
        unfinished.write_bytes(b"whole")
        assert not path.exists()
    assert [file.name for file in path.parent.iterdir()] == ["ledger.csv"]
    with pytest.raises(ExportRefused) as refusal, whole(path / "below") as unfinished:
        unfinished.write_bytes(b"")
    assert refusal.value.exit_code == 2


def test_of_two_that_write_one_file_at_once_the_second_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.csv"
    with whole(path) as unfinished:
        unfinished.write_bytes(b"first")
        with pytest.raises(AlreadyWritten, match="another process"), whole(path) as second:
            second.write_bytes(b"2")
    assert path.read_bytes() == b"first"
    with whole(path) as unfinished:
        unfinished.write_bytes(b"next")
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("ledger.csv", b"next")]


def test_a_zip_of_the_same_files_has_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        with Zipped(tmp_path / name, "pack") as zipped:
            zipped.add("events.ndjson", iter([b"a\n", b"b\n"]))
            zipped.add_json("manifest.json", {"b": 1, "a": 2, "files": zipped.files})
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as packed:
        assert packed.namelist() == ["pack/events.ndjson", "pack/manifest.json"]
        assert packed.read("pack/events.ndjson") == b"a\nb\n"


def value(subject: str, id_: str, *, time: str = "2024-03-05T01:00:00Z", **more: Any) -> bytes:
    return orjson.dumps({"subject": subject, "id": id_, "type": "order.placed", "time": time, **more})


def test_what_names_a_case_belongs_to_it() -> None:
    about, nobody = about_case("case/7"), Kin()
    assert told_subject(about, nobody, value("case/7", "a")) == "case/7"
    assert told_subject(about, nobody, value("visit/1", "b", data={"case": "case/7"})) == "visit/1"
    assert told_subject(about, nobody, value("visit/1", "b", correlationid="case/7")) == "visit/1"
    assert told_subject(about, nobody, value("case/70", "c", data={"text": "case/7 was closed"})) is None


def test_direct_causes_and_effects_belong_to_a_case() -> None:
    about, kin = about_case("case/7"), Kin()
    kin.add(value("case/7", "own", causationid="cause"))
    assert told_subject(about, kin, value("order/1", "cause")) == "order/1"
    assert told_subject(about, kin, value("order/2", "x", causationid="own")) == "order/2"
    assert told_subject(about, kin, value("order/3", "y", causationid="x")) is None  # one step, not further


def test_a_period_bounds_what_names_a_unit() -> None:
    about = about_unit("unit/3", parse_period("2024-03"))
    for time, belongs in (("2024-02-29T15:59:59Z", None), ("2024-02-29T16:00:00Z", "order/1")):
        assert told_subject(about, Kin(), value("order/1", "a", time=time, authid="unit/3")) == belongs


def test_streams_of_registers_do_not_come_along() -> None:
    assert whole_streams({"order/1", "unit/3", "place/9", "case/7", "person/1"}) == ["case/7", "order/1"]


def test_what_is_no_reference_is_refused() -> None:
    for subject in ("order/1", "case/", "case/../x", "case/7 ", "7"):
        with pytest.raises(QuestionRefused):
            about_case(subject)
