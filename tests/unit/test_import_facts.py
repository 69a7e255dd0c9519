"""Rows into facts: what each column becomes, the same for the same row, nothing personal outside of sealed texts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.tables.checking import Checked
from producers.tables.head import Head
from producers.tables.mapping import mapping_of
from producers.tables.reading import Row
from producers.tables.refusals import MappingRefused, RowRefused
from tests.sheets import HEAD, MAPPING, NOW, checked, events_of, mapping, row
from tests.soak import IS_SOAK

DONE = {"承办": "县城管局", "时限": "2024-05-16", "状态": "已办结", "办结": "2024-05-15 17:00", "结果": "已清理"}


def types(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"].removeprefix("case.") for event in events]


def refusal_of(**cells: Any) -> RowRefused:
    (refused,) = checked(row(**cells))
    assert isinstance(refused, RowRefused)
    return refused


def test_a_row_becomes_a_case_with_whom_it_was_given_to_and_how_it_ended() -> None:
    discovered, whistled, handled = events_of(row(内容="占道", 分类="停车管理", 社区="云兴街", **DONE))
    assert discovered["subject"] == "case/12345~A-1"
    assert discovered["time"] == "2024-05-11T01:30:00+00:00", "Shanghai's, where nothing else is said"
    assert discovered["data"] == {
        "channel": "import", "demand": "complaint", "urgency": "ordinary", "category": "停车管理", "text": "占道",
        "place": "place/yunxing", "external": {"system": "12345", "number": "A-1"},
    }  # fmt: skip
    (unit,) = whistled["data"]["units"]
    assert (unit["part"], whistled["data"]["by"]) == ("lead", "place/county")
    assert whistled["data"]["handle_due"] == "2024-05-16T15:59:59+00:00", "a day ends with its last second"
    assert handled["data"]["by"] == unit["unit"]
    assert handled["data"]["whistle"] == whistled["data"]["whistle"]
    assert (handled["data"]["resolved"], handled["data"]["measures"]) == (True, "已清理")


def test_a_deadline_that_passed_is_overdue_at_its_time() -> None:
    late = events_of(row(**DONE | {"办结": "2024-05-20 10:00"}))
    assert types(late) == ["discovered", "whistled", "overdue", "handled"]
    overdue, whistled = late[2], late[1]["data"]
    assert overdue["time"] == overdue["data"]["due"] == whistled["handle_due"]
    assert overdue["data"]["key"] == f"{whistled['whistle']}~{whistled['units'][0]['unit']}"
    still_open = row(**DONE | {"状态": "办理中", "办结": ""})
    assert types(events_of(still_open)) == ["discovered", "whistled", "overdue"]
    before = NOW.replace(year=2024, month=5, day=14)
    assert types(events_of(still_open, now=before)) == ["discovered", "whistled"]


def test_what_is_told_within_a_day_is_left_to_the_clocks_of_this_system() -> None:
    fresh = row(时间="2024-05-11 09:30", 承办="县城管局", 时限="2024-05-11T10:00:00+08:00")
    now = NOW.replace(year=2024, month=5, day=11, hour=8)
    assert types(events_of(fresh, now=now)) == ["discovered", "whistled"]
    assert types(events_of(fresh, now=now + timedelta(days=1))) == ["discovered", "whistled", "overdue"]


def test_a_duplicate_is_merged_into_the_case_of_the_other_number() -> None:
    discovered, merged = events_of(row(重复="A-0", 状态="已办结", 办结="2024-05-15 17:00"))
    assert merged["data"] == {"into": "case/12345~A-0"}
    assert merged["time"] > discovered["time"]
    assert types(events_of(row(重复="A-1"))) == ["discovered"], "of itself it is none"


def test_a_person_is_dispatched_to_and_a_due_without_an_owner_lies_with_the_desk() -> None:
    dispatched = events_of(row(承办="张三", 时限="2024-05-16"))[1]
    assert (dispatched["type"], dispatched["data"]["to"]) == ("case.dispatched", "person/zhang-7f3a")
    desk = events_of(row(时限="2024-05-16"))[1]
    assert (desk["data"]["to"], desk["data"]["nobody"]) == ("place/county", True)
    assert types(events_of(row())) == ["discovered"]


def test_several_units_are_called_at_once_and_each_is_registered_once() -> None:
    first, second = checked(row(2, 承办="县城管局、县住建局"), row(3, 编号="A-2", 承办="县住建局"))
    assert isinstance(first, Checked) and isinstance(second, Checked)
    assert [one["data"]["name"] for one in first.told.units] == ["县城管局", "县住建局"]
    assert second.told.units == []
    parts = [one["part"] for one in first.told.events[1]["data"]["units"]]
    assert parts == ["lead", "assist"]


def test_units_of_a_row_that_is_refused_are_registered_by_the_next_one() -> None:
    refused, told = checked(row(2, 承办="县城管局", 内容="字" * 5_000), row(3, 编号="A-2", 承办="县城管局"))
    assert isinstance(refused, RowRefused) and isinstance(told, Checked)
    assert [one["data"]["name"] for one in told.told.units] == ["县城管局"]


def test_the_same_row_is_the_same_events_and_a_changed_fact_a_new_one() -> None:
    once, again = (orjson.dumps(events_of(row(**DONE))) for _ in range(2))
    assert once == again
    first = {event["id"] for event in events_of(row(**DONE))}
    other_owner = {event["id"] for event in events_of(row(**DONE | {"承办": "县住建局"}))}
    reopened = {event["id"] for event in events_of(row(**DONE | {"办结": "2024-05-20 09:00"}))}
    assert len(first & other_owner) == 1, "the case itself"
    assert len(first & reopened) == 2
    other_words = {event["id"] for event in events_of(row(**DONE | {"结果": "已处理", "内容": "又来"}))}
    assert other_words == first, "ids tell nothing of what will be sealed"


def test_nothing_personal_stands_outside_of_what_is_sealed() -> None:
    (event,) = events_of(
        row(内容="占道", 电话="13812345678", 地址="云泰园3号楼", 社区="南河湾", 经度="112.7", 纬度="40.01")
    )
    text = event["data"].pop("text")
    assert event["data"].pop("location") == {"longitude": 112.7, "latitude": 40.01}
    assert all(word in text for word in ("占道", "13812345678", "云泰园3号楼", "南河湾"))
    assert not any(word in str(event) for word in ("占道", "13812345678", "云泰园", "南河湾"))


def test_numbers_that_make_no_id_give_a_case_a_name_that_tells_nothing() -> None:
    (plain,), (other,) = events_of(row(编号="工单/7"))[:1], events_of(row(编号="工单/8"))[:1]
    assert plain["subject"].startswith("case/x-") and plain["subject"] != other["subject"]
    assert plain["data"]["external"]["number"] == "工单/7"


def test_numbers_like_somebodys_own_need_something_before_them() -> None:
    number = "140622199001011234"
    assert refusal_of(编号=number).code == "personal_number"
    (event,) = events_of(row(编号=number), by=mapping(more='number_prefix = "N"'))
    assert event["data"]["external"]["number"] == f"N{number}"


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2024-05-11 09:30:15", "2024-05-11T01:30:15"),
        ("2024/5/1 9:05", "2024-05-01T01:05:00"),
        ("2024年5月11日 09时30分", "2024-05-11T01:30:00"),
        ("2024.05.11", "2024-05-10T16:00:00"),
        ("20240511", "2024-05-10T16:00:00"),
        ("2024-05-11T09:30:00Z", "2024-05-11T09:30:00"),
        ("2024-05-11T09:30:00.000", "2024-05-11T01:30:00"),
        ("05/11/2024 02:30:00 PM", "2024-05-11T06:30:00"),
    ],
)
def test_times_are_read_as_people_write_them(written: str, utc: str) -> None:
    assert events_of(row(时间=written))[0]["time"] == f"{utc}+00:00"


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ({"编号": ""}, "编号", "field_missing"),
        ({"时间": "NULL"}, "时间", "field_missing"),
        ({"时间": "昨天"}, "时间", "time_unreadable"),
        ({"时间": "2030-01-01 00:00"}, "时间", "time_in_future"),
        ({"状态": "不明"}, "状态", "value_not_mapped"),
        ({"状态": "已办结"}, "状态", "end_without_time"),
        ({"紧急": "很急"}, "紧急", "value_not_mapped"),
        ({"承办": "张三、县城管局"}, "承办", "owners_mixed"),
        ({"经度": "112,7", "纬度": "40"}, "经度", "degrees_wrong"),
        ({"内容": "字" * 4_001}, "内容", "text_too_long"),
        ({"分类": "类" * 201}, "分类", "text_too_long"),
    ],
)
def test_a_row_that_can_not_be_told_is_refused_with_its_column(cells: dict[str, str], column: str, code: str) -> None:
    refused = refusal_of(**cells)
    assert (refused.row, refused.column, refused.code) == (2, column, code)
    assert refused.chinese and refused.english
    if column in ("内容", "经度"):
        assert not any(value in refused.value for value in cells.values()), "what is personal is not shown"


def test_a_rating_comes_with_its_answers() -> None:
    by = mapping(values='[values.satisfaction]\n"满意" = "satisfied"\n[values.resolved]\n"否" = false')
    *_, handled, rated = events_of(row(**DONE, 满意度="满意", 解决="否"), by=by)
    assert handled["data"]["resolved"] is rated["data"]["resolved"] is False
    assert (rated["data"]["satisfaction"], rated["data"]["by"]) == ("satisfied", "call_back")


def test_a_row_with_more_than_the_head_is_refused_since_names_may_stand_in_columns_of_units() -> None:
    sound = row()
    (refused,) = checked(Row(7, [*sound.cells, "李四"]))
    assert isinstance(refused, RowRefused) and (refused.row, refused.code) == (7, "more_than_the_head")
    assert "李四" not in f"{refused.value} {refused.chinese} {refused.english}"
    assert isinstance(checked(Row(8, [*sound.cells, "", " "]))[0], Checked), "what is empty is nothing"


def test_blank_rows_are_nothing() -> None:
    assert checked(row(编号="", 时间=" ")) == [None]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", "required field"),
        ("system = 1", "system"),
        ("x = ", "TOML"),
        (MAPPING.format(more='zone = "Mars/City"', columns="", values=""), "Mars/City"),
        (MAPPING.format(more="", columns='colour = "色"', values=""), "colour"),
        (MAPPING.format(more="", columns="", values='[values.demand]\n"投诉" = "anger"'), "values.demand"),
        (MAPPING.format(more="", columns="", values="").replace("place/yunxing", "云兴"), "云兴"),
        (MAPPING.format(more="", columns="", values="").replace("person/zhang-7f3a", "case/1"), "case/1"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused_with_its_place(text: str, names: str) -> None:
    with pytest.raises(MappingRefused, match=names) as refused:
        mapping_of(text)
    assert refused.value.remedy


def test_a_column_that_is_not_there_or_twice_is_refused_with_those_that_are_like_it() -> None:
    with pytest.raises(MappingRefused, match="办结时间") as refused:
        Head([*HEAD, "办结日期"], mapping(closed="办结时间"))
    assert "办结日期" in refused.value.remedy
    with pytest.raises(MappingRefused, match="twice"):
        Head([*HEAD, "内容"], mapping())


CELLS = st.text(max_size=20) | st.sampled_from(
    ["2024-05-11 09:30", "2024-05-20", "已办结", "办理中", "县城管局", "张三", "A-2", "13812345678", "=1+1", "0"]
) | st.none() | st.integers() | st.floats() | st.datetimes() | st.booleans()  # fmt: skip


@settings(max_examples=20_000 if IS_SOAK else 500, deadline=None)
@given(st.dictionaries(st.sampled_from(HEAD), CELLS))
def test_no_cells_make_a_row_fail_otherwise(cells: dict[str, Any]) -> None:
    (told,) = checked(row(**cells))
    if isinstance(told, RowRefused):
        assert told.code and told.chinese and told.english
    elif told is not None:
        assert len(told.submissions) == len(told.told.events) + len(told.told.units)
