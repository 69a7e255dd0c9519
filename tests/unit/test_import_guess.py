"""First mappings from names of columns: of 12345 desks and of 311 cities, ready to import with."""

from __future__ import annotations

from pathlib import Path

import pytest

from producers.tables.draft import draft
from producers.tables.guess import guess
from producers.tables.head import Head
from producers.tables.mapping import TableMapping, mapping_of
from producers.tables.reading import Row
from producers.tables.refusals import TableRefused
from shanzhi.bench.sheet import write_sheet
from shanzhi.cli import app
from tests.sheets import csv_of

NEW_YORK = (
    "Unique Key|Created Date|Closed Date|Agency|Agency Name|Complaint Type|Descriptor|Incident Address|Status|Due Date|"
    "Resolution Description|Borough|Open Data Channel Type|Latitude|Longitude",
    "61234567|05/11/2024 02:30:00 PM|05/12/2024 09:00:00 AM|DSNY|Department of Sanitation|Graffiti|Wall|1 MAIN ST|"
    "Closed||Cleaned.|BRONX|ONLINE|40.8|-73.9",
)
BOSTON = (
    "case_enquiry_id|open_dt|sla_target_dt|closed_dt|case_status|closure_reason|case_title|reason|type|department|location|"
    "neighborhood|latitude|longitude|source",
    "101005123456|2024-05-11 09:30:00|2024-05-20 09:30:00||Open||Pothole|Street|Request for Pothole|PWDx|1 Main St|"
    "Roxbury|42.3|-71.1|Constituent Call",
)
CHICAGO = (
    "SR_NUMBER|SR_TYPE|OWNER_DEPARTMENT|STATUS|CREATED_DATE|CLOSED_DATE|STREET_ADDRESS|PARENT_SR_NUMBER|COMMUNITY_AREA|"
    "LATITUDE|LONGITUDE|ORIGIN",
    "SR24-00912345|Street Light Out|Streets|Completed|05/11/2024 02:30:00 PM|05/13/2024 01:00:00 PM|1 W LAKE|"
    "SR24-00912300|32|41.8|-87.6|Mobile Device",
)
TOWN_HALL = (
    "工单编号|来电时间|诉求人|联系电话|诉求类型|问题类型|来电内容|主办单位|办理时限|办理状态|办理结果|是否解决|"
    "满意度|工单来源|紧急程度|所属社区",
    "140622202405110007|2024年5月11日 09:30|张三|13812345678|投诉|停车|占道|县城管局|2024-05-16|办理中|||"
    "|12345热线|特急|云兴街",
)


def rows_of(*lines: str) -> list[Row]:
    return [Row(number, list(line.split("|"))) for number, line in enumerate(lines, 1)]


def mapped(*lines: str) -> TableMapping:
    found = guess(rows_of(*lines))
    assert found.missing == []
    return mapping_of(draft(found, "311"))


@pytest.mark.parametrize("table", [NEW_YORK, BOSTON, CHICAGO, TOWN_HALL])
def test_tables_as_they_are_published_can_be_imported_by_their_first_mapping(table: tuple[str, str]) -> None:
    head, row = rows_of(*table)
    fields = Head(head.cells, mapped(*table)).of(row)
    assert fields.text("number") == row.cells[0]
    for field in ("channel", "demand", "urgency", "status", "resolved", "satisfaction"):
        fields.word(field)
    for field in ("discovered", "due", "closed"):
        fields.time(field)
    assert fields.text("owner") and fields.text("category")


def test_the_fields_are_those_that_their_columns_mean() -> None:
    boston = mapped(*BOSTON).columns
    assert (boston.due, boston.closed, boston.status) == ("sla_target_dt", "closed_dt", "case_status")
    assert (boston.owner, boston.measures, boston.channel) == ("department", "closure_reason", "source")
    chicago = mapped(*CHICAGO).columns
    assert (chicago.duplicate_of, chicago.category, chicago.owner) == (
        "PARENT_SR_NUMBER",
        "SR_TYPE",
        "OWNER_DEPARTMENT",
    )
    new_york = mapped(*NEW_YORK)
    assert new_york.times == ("%m/%d/%Y %I:%M:%S %p",)
    assert new_york.columns.owner == "Agency Name", "the name and not the letters"


def test_what_is_personal_is_named_and_not_taken() -> None:
    found = guess(rows_of(*TOWN_HALL))
    assert found.personal == ["诉求人", "联系电话"]
    text = draft(found, "12345")
    assert '# contact = ["诉求人", "联系电话"]' in text
    assert mapping_of(text).columns.contact is None
    assert mapping_of(text).number_prefix == "N", "such numbers look like people's"


def test_values_that_nobody_knows_are_left_to_a_person() -> None:
    found = guess(rows_of("工单编号|受理时间|工单状态", "1|2024-05-11|挂账"))
    assert '# "挂账" = "?"' in draft(found, "12345")


def test_a_title_above_the_head_is_passed_over() -> None:
    found = guess(
        [
            Row(1, ["五月工单", "", ""]),
            Row(2, ["工单编号", "受理时间", "诉求内容"]),
            Row(3, ["1", "2024-05-11", "占道"]),
        ]
    )
    assert (found.header_row, found.rows) == (2, 1)
    assert mapping_of(draft(found, "12345")).header_row == 2


def test_a_table_without_a_head_and_fields_that_lack_are_told() -> None:
    with pytest.raises(TableRefused):
        guess([])
    found = guess(rows_of("甲|乙"))
    assert found.missing == ["number", "discovered"]
    assert '# number = "?"' in draft(found, "12345")


def test_the_command_writes_a_mapping_once_and_checks_a_table_without_servers(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHANZHI_FOLDER", str(tmp_path / "none"))
    sheet = write_sheet(tmp_path / "sheet.csv", 200)
    assert app.run(["import", "sheet.csv", "--guess", "--mapping", "map.toml"]) == 0
    assert app.run(["import", "sheet.csv", "--guess", "--mapping", "map.toml"]) == 2, "nothing is overwritten"
    assert app.run(["import", "sheet.csv"]) == 2
    capfd.readouterr()
    assert app.run(["import", "sheet.csv", "--mapping", "map.toml", "--dry-run", "--json"]) == 3
    told = capfd.readouterr().out
    assert f'"refused":{sheet.refused}' in told and f'"case.discovered":{sheet.rows - sheet.refused}' in told
    rejects = (tmp_path / "sheet.csv.rejects.csv").read_text(encoding="utf-8-sig").splitlines()
    assert rejects[0].startswith("行 row,列 column")
    assert rejects[1].startswith("101,工单编号,,") and rejects[2].startswith("201,受理时间,上周三,")
    assert app.run(["import", "sheet.csv", "--mapping", "map.toml", "--dry-run"]) == 3
    shown = capfd.readouterr()
    assert "张三" not in shown.out + shown.err and "case.discovered" in shown.out
    assert app.run(["import", "sheet.csv", "--mapping", "map.toml"]) == 10, "nothing runs"


def test_a_table_without_faults_leaves_no_file_of_rejects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_sheet(tmp_path / "a.csv", 50)
    (tmp_path / "a.csv.rejects.csv").write_text("of before")
    assert app.run(["import", "a.csv", "--guess", "--mapping", "map.toml"]) == 0
    assert app.run(["import", "a.csv", "--mapping", "map.toml", "--dry-run", "--json"]) == 0
    assert not (tmp_path / "a.csv.rejects.csv").exists()


def test_values_in_the_rejects_are_no_formulas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [["工单编号", "受理时间", "工单状态"], ["1", "2024-05-11", "=cmd()"]]
    (tmp_path / "a.csv").write_text(csv_of(rows), encoding="utf-8")
    assert app.run(["import", "a.csv", "--guess", "--mapping", "map.toml"]) == 0
    assert app.run(["import", "a.csv", "--mapping", "map.toml", "--dry-run", "--json"]) == 3
    assert ",'=cmd()," in (tmp_path / "a.csv.rejects.csv").read_text(encoding="utf-8-sig")
