"""Files into rows: encodings, delimiters, workbooks, and everything that is broken or too much."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.tables import reading, workbook
from producers.tables.reading import Row, opened
from producers.tables.refusals import RowRefused, TableRefused
from tests.sheets import csv_of, xlsx_of
from tests.soak import IS_SOAK

TABLE = [["编号", "内容"], ["1", "占道，\n多次"], ["2", '他说"好"']]


def rows_of(path: Path, **how: str) -> list[Row | RowRefused]:
    with opened(path, **how) as table:
        return list(table.rows)


def cells_of(path: Path, **how: str) -> list[list[object]]:
    rows = rows_of(path, **how)
    assert all(isinstance(one, Row) for one in rows), rows
    return [list(one.cells) for one in rows if isinstance(one, Row)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_csv_is_read_whatever_it_is_written_in(tmp_path: Path, encoding: str, delimiter: str) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(csv_of(TABLE, delimiter).encode(encoding))
    assert cells_of(file) == TABLE


def test_what_is_ascii_at_first_and_gb18030_far_below_is_told_row_by_row_and_can_be_said(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    ascii_rows = [["id", "text"]] + [["1", "x" * 1_000]] * 1_100
    file.write_bytes(csv_of(ascii_rows).encode() + "2,占道\r\n".encode("gb18030"))
    *_, last = rows_of(file)
    assert isinstance(last, RowRefused) and (last.code, last.row) == ("encoding_wrong", 1_102)
    assert cells_of(file, encoding="gb18030")[-1] == ["2", "占道"]


def test_what_says_that_it_is_utf8_is_held_to_it(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes("编号,内容\r\n1,占道\r\n2,".encode("utf-8-sig") + b"\xff\r\n")
    head, sound, torn = rows_of(file)
    assert isinstance(head, Row) and isinstance(sound, Row) and sound.cells == ["1", "占道"]
    assert isinstance(torn, RowRefused) and (torn.code, torn.row) == ("encoding_wrong", 3)


def test_an_open_quote_costs_what_it_swallows_and_no_more(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    text = 'id,text\r\n1,ok\r\n2,"never closed\r\n' + "3,x\r\n" * 20_000
    file.write_text(text, encoding="utf-8", newline="")
    rows = rows_of(file)
    refused = [one for one in rows if isinstance(one, RowRefused)]
    assert [one.code for one in refused] == ["cell_too_large"]
    assert refused[0].row == 3
    assert len(rows) > 10_000, "reading goes on below"


@pytest.mark.parametrize("content", [b"\0\0\0\0", b"x" * 1_100_000])
def test_what_is_no_table_is_refused_as_a_whole(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(content)
    with pytest.raises(TableRefused):
        rows_of(file)


def test_a_file_that_is_not_there_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(TableRefused, match=r"missing\.csv"):
        rows_of(tmp_path / "missing.csv")


def test_rows_and_columns_have_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.csv"
    file.write_text("a" + "," * 400 + "\nb\nc\n")
    wide, *_ = rows_of(file)
    assert isinstance(wide, RowRefused) and wide.code == "too_many_columns"
    monkeypatch.setattr(reading, "ROWS", 2)
    with pytest.raises(TableRefused, match="over 2 rows"):
        rows_of(file)


def test_memory_does_not_grow_with_the_table(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("编号,内容\n" + "1,反映小区门前车辆乱停\n" * 60_000, encoding="utf-8")
    tracemalloc.start()
    with opened(file) as table:
        count = sum(1 for _ in table.rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 60_001
    assert peak < 8 * 1024 * 1024, "the first MiB is looked at, and nothing is kept"


def test_a_workbook_gives_texts_numbers_and_times(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    file.write_bytes(xlsx_of([["编号", "时间"], [20240511001.0, datetime(2024, 5, 11, 9, 30)], ["x", None]]))
    head, first, last = cells_of(file)
    assert head == ["编号", "时间"]
    assert first == [20240511001.0, datetime(2024, 5, 11, 9, 30)]
    assert last[0] == "x"
    assert cells_of(file, sheet="工单") == [head, first, last]
    with pytest.raises(TableRefused, match="工单"):
        rows_of(file, sheet="other")


def test_a_broken_workbook_and_one_that_is_too_large_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.xlsx"
    whole = xlsx_of(TABLE)
    for broken in (whole[:-200], whole.replace(b"PK\1\2", b"PK\1\0", 1)):
        file.write_bytes(broken)
        with pytest.raises(TableRefused):
            rows_of(file)
    file.write_bytes(whole)
    monkeypatch.setattr(workbook, "UNPACKED_BYTES", 100)
    with pytest.raises(TableRefused, match="unpacked"):
        rows_of(file)
    monkeypatch.setattr(workbook, "FILE_BYTES", 100)
    with pytest.raises(TableRefused, match="64 MiB"):
        rows_of(file)


@pytest.mark.parametrize("entity", ['"of mine"', 'SYSTEM "{}"'])
def test_an_entity_in_a_workbook_stands_for_nothing(tmp_path: Path, entity: str) -> None:
    """Its sheets are XML: what a DOCTYPE declares is neither read nor multiplied."""
    file, secret = tmp_path / "a.xlsx", tmp_path / "secret.txt"
    secret.write_text("of mine")
    doctype = f"<!DOCTYPE worksheet [<!ENTITY x {entity.format(secret.as_uri())}>]><worksheet"
    with zipfile.ZipFile(io.BytesIO(xlsx_of([["id"], ["&x;"]]))) as whole, zipfile.ZipFile(file, "w") as made:
        for name in whole.namelist():
            made.writestr(name, whole.read(name).replace(b"<worksheet", doctype.encode()))
    with pytest.raises(TableRefused, match="entity") as refused:
        rows_of(file)
    assert "of mine" not in str(refused.value)


@settings(max_examples=20_000 if IS_SOAK else 300, deadline=None)
@given(st.binary(max_size=400) | st.text(alphabet='",;|\t\r\n\0a1编\ufeff', max_size=60).map(str.encode))
def test_no_bytes_make_reading_fail_otherwise(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any.csv"
    file.write_bytes(content)
    try:
        for one in rows_of(file):
            assert isinstance(one, Row | RowRefused)
    except TableRefused as refused:
        assert refused.remedy
