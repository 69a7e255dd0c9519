"""The ledger leaves as files: all that counts and nothing else, as it is stored."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from audit.bulk import COLUMNS, Selection, files
from projections.read import parse_period
from tests.exporting import Position, counted, exported
from tests.folded import Folded


@pytest.fixture(scope="module")
def events(folded: Folded) -> dict[Position, Any]:
    return counted(folded)


def assert_told(row: dict[str, Any], raw: Any) -> None:
    said = json.loads(raw.value)
    assert json.loads(row["data"]) == said["data"]
    for name in ("type", "subject", "id", "source", "authid", "correlationid", "causationid"):
        assert row[name] == said.get(name), name
    assert said["dataschema"] == f"urn:shanzhi:{row['type']}:{row['version']}"


@pytest.mark.parametrize("processes", [1, 2])
def test_parquet_reads_back_as_the_ledger(
    folded: Folded, events: dict[Position, Any], tmp_path: Path, processes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if processes > 1:
        monkeypatch.setattr(files, "ALONE_RECORDS", 0)
        monkeypatch.setattr(files, "PIECE_RECORDS", 100)
    found = exported(folded, tmp_path, Selection())
    assert [(row["partition"], row["offset"]) for row in found] == sorted(events)
    assert list(found[0]) == list(COLUMNS)
    for row in found:
        raw = events[row["partition"], row["offset"]]
        assert_told(row, raw)
        assert row["stamp"].timestamp() * 1000 == raw.timestamp
        assert row["time"] == datetime.fromisoformat(json.loads(raw.value)["time"])
        assert row["quarantined"] is None


def test_csv_reads_back_as_the_ledger(folded: Folded, events: dict[Position, Any], tmp_path: Path) -> None:
    found = exported(folded, tmp_path, Selection(), "csv")
    assert [(int(row["partition"]), int(row["offset"])) for row in found] == sorted(events)
    for row in found:
        raw = events[int(row["partition"]), int(row["offset"])]
        assert_told(row, raw)
        assert datetime.fromisoformat(row["stamp"]).timestamp() * 1000 == raw.timestamp
        assert datetime.fromisoformat(row["time"]) == datetime.fromisoformat(json.loads(raw.value)["time"])


def test_a_month_and_a_type_are_those_of_the_ledger(
    folded: Folded, events: dict[Position, Any], tmp_path: Path
) -> None:
    said = [json.loads(raw.value) for raw in events.values()]
    months = Counter(
        (one["type"], (datetime.fromisoformat(one["time"]) + timedelta(hours=8)).strftime("%Y-%m"))
        for one in said
        if one["time"].endswith(("Z", "+00:00"))
    )
    assert sum(months.values()) == len(events)  # stored times are in UTC, else this would not be Shanghai's month
    (type_, month), many = months.most_common(1)[0]
    found = exported(folded, tmp_path, Selection(parse_period(month), type_))
    assert len(found) == many > 10


def test_what_was_set_aside_shows_where_and_why_and_nothing_else(folded: Folded, tmp_path: Path) -> None:
    found = exported(folded, tmp_path, Selection(with_quarantine=True))
    aside = [row for row in found if row["quarantined"]]
    with closing(psycopg2.connect(folded.endpoints.database_url)) as connection, connection.cursor() as cursor:
        cursor.execute("select partition, ledger_offset, reason from shanzhi.quarantine order by 1, 2")
        assert [(row["partition"], row["offset"], row["quarantined"]) for row in aside] == cursor.fetchall() != []
    assert {name for row in aside for name in row if row[name] is not None} == {
        "partition", "offset", "stamp", "quarantined",
    }  # fmt: skip
