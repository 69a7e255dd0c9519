"""Tables of 12345 on real servers: counted, imported once more without effect, and asked for by their own numbers."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg2
import pytest

from producers.publisher import utc_now
from projections.read.requests import TableRequests
from projections.store.generation import current_generation
from shanzhi.bench.sheet import write_sheet
from shanzhi.cli import app
from tests.door import Door
from tests.sheets import csv_of, xlsx_of
from tests.soak import IS_SOAK

ROWS = 50_000 if IS_SOAK else 800
APPLIED_SECONDS = 600 if IS_SOAK else 60
SOURCE = "urn:import:12345"
TOLD = "select coalesce(sum(events), 0)::int from {}.watermark where source = %s"
Command = Callable[..., tuple[int, Any]]


@pytest.fixture
def command(door: Door, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    """Runs a command with `--json` in the door's folder: its exit code and what it told."""
    monkeypatch.setenv("SHANZHI_FOLDER", str(door.folder))

    def run(*arguments: object) -> tuple[int, Any]:
        capfd.readouterr()
        code = app.run([*map(str, arguments), "--json"])
        return code, json.loads(capfd.readouterr().out or "null")

    return run


def one(door: Door, statement: str, *arguments: object) -> Any:
    """The first cell of an answer of the readers' tables, which are `{}`."""
    with closing(psycopg2.connect(door.endpoints.database_url)) as connection:
        generation = current_generation(connection)
        with connection.cursor() as cursor:
            cursor.execute(statement.format(generation), arguments)
            (found,) = cursor.fetchone() or (None,)
            return found


def wait_for(door: Door, wanted: int, statement: str, *arguments: object) -> None:
    deadline = time.monotonic() + APPLIED_SECONDS
    while one(door, statement, *arguments) != wanted:
        assert time.monotonic() < deadline, one(door, statement, *arguments)
        time.sleep(0.1)


def events_of(door: Door, source: str = SOURCE) -> int:
    return int(one(door, TOLD, source))


def test_a_table_imported_twice_counts_once_and_goes_back_by_its_numbers(
    door: Door, command: Command, tmp_path: Path
) -> None:
    file, mapping = tmp_path / "sheet.csv", tmp_path / "map.toml"
    sheet = write_sheet(file, ROWS, encoding="gb18030")
    assert command("import", file, "--guess", "--mapping", mapping)[0] == 0

    code, first = command("import", file, "--mapping", mapping)
    assert (code, first["rows"], first["refused"]) == (3, ROWS, sheet.refused)
    assert first["events"] == dict(sheet.events)
    rate = ROWS / first["seconds"]
    print(f"{ROWS} rows, {first['published']} events in {first['seconds']} s: {rate:.0f} rows/s")

    total = sheet.events.total()
    wait_for(door, total, TOLD, SOURCE)
    told = "select count(*) from {}.entity_case where source = %s and "
    wait_for(door, ROWS - sheet.refused, told + "discovered_at is not null", SOURCE)
    assert one(door, told + "handled_at is not null", SOURCE) == sheet.events["case.handled"]
    assert one(door, told + "merged_into is not null", SOURCE) == sheet.events["case.merged"]
    assert one(door, told + "fired <> '[]'", SOURCE) == sheet.events["case.overdue"]
    assert one(door, "select count(*) from {}.anomaly where subject like %s", "case/12345~%") == 0

    code, second = command("import", file, "--mapping", mapping)
    assert (code, second["published"], second["repeats"], second["changed"]) == (3, 0, total, 0)
    assert events_of(door) == total

    with (tmp_path / "sheet.csv.rejects.csv").open(encoding="utf-8-sig", newline="") as rejects:
        named = list(csv.reader(rejects))[1:]
    assert [int(row) for row, *_ in named] == [number + 1 for number in range(100, ROWS + 1, 100)]
    assert {column for _, column, *_ in named} == {"工单编号", "受理时间", "工单状态"}

    back = tmp_path / "back.csv"
    assert app.run(["external", "12345", "--csv", "--to", str(back)]) == 0
    with back.open(encoding="utf-8-sig", newline="") as file_back:
        by_number = {row["对方编号 number"]: row for row in csv.DictReader(file_back)}
    assert len(by_number) == ROWS - sheet.refused
    by_api = all_of(door, door.register("town-hall", SOURCE))
    assert {number: row["状态 step"] for number, row in by_number.items()} == {
        number: standing["step"] for number, standing in by_api.items()
    }


def all_of(door: Door, key: str) -> dict[str, Any]:
    """Every case of the system, page by page."""
    found: dict[str, Any] = {}
    after = ""
    while after is not None:
        answer = httpx.get(
            f"{door.url}/external/12345", params={"after": after} if after else {}, timeout=30,
            headers={"authorization": f"Bearer {key}"},
        ).json()  # fmt: skip
        found |= {standing["number"]: standing for standing in answer["results"]}
        after = answer["next"]
    return found


def test_a_workbook_of_another_night_adds_what_has_happened_since(door: Door, command: Command, tmp_path: Path) -> None:
    head = ["工单编号", "受理时间", "诉求内容", "承办单位", "办结时限", "工单状态", "办结时间"]
    began = utc_now().replace(tzinfo=None, microsecond=0) - timedelta(days=3)
    open_, done = [f"{began:%Y-%m-%d %H:%M:%S}", "占道", "县城管局", "2030-01-01"], f"{began:%Y-%m-%d} 23:59:00"
    file, mapping = tmp_path / "nightly.xlsx", tmp_path / "map.toml"
    file.write_bytes(xlsx_of([head, ["N-1", *open_, "办理中", ""], ["N-2", *open_, "办理中", ""]]))
    assert command("import", file, "--guess", "--mapping", mapping)[0] == 0
    mapping.write_text(mapping.read_text().replace("12345", "nightly"))
    code, first = command("import", file, "--mapping", mapping)
    assert (code, first["events"]["case.discovered"], first["events"]["case.whistled"]) == (0, 2, 2)
    wait_for(door, first["published"], TOLD, "urn:import:nightly")

    file.write_bytes(xlsx_of([head, ["N-1", *open_, "已办结", done], ["N-2", *open_, "办理中", ""]]))
    code, second = command("import", file, "--mapping", mapping)
    assert (code, second["events"]) == (0, {"case.handled": 1})
    wait_for(
        door, 1, "select count(*) from {}.entity_case where external_system = 'nightly' and handled_at is not null"
    )
    code, answer = command("external", "nightly", "--number", "N-1")
    assert (code, [row["step"] for row in answer["rows"]]) == (0, ["handled"])


def test_our_clocks_run_on_what_was_told_in_time(door: Door, command: Command, tmp_path: Path) -> None:
    now = utc_now()
    rows = [("C-1", now - timedelta(hours=1)), ("C-2", now - timedelta(days=9))]
    file, mapping = tmp_path / "fresh.csv", tmp_path / "map.toml"
    file.write_text(csv_of([["工单编号", "受理时间"], *([number, at.isoformat()] for number, at in rows)]))
    assert command("import", file, "--guess", "--mapping", mapping)[0] == 0
    mapping.write_text(
        mapping.read_text().replace('"12345"', '"fresh"').replace("urn:import:12345", "urn:import:fresh")
    )
    assert command("import", file, "--mapping", mapping)[0] == 0
    wait_for(door, 2, "select count(*) from {}.entity_case where external_system = 'fresh'")
    with closing(TableRequests(door.endpoints.database_url)) as clocks:
        assert list(clocks.running(["case/fresh~C-1", "case/fresh~C-2"])) == ["case/fresh~C-1"]
