"""Answers as texts: a spreadsheet gets no formula, strangers get nobody."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from audit.bulk.spreadsheet import plain_cell
from projections.read import word
from readers.api.bodies import BOM, csv_of, veiled
from tests.strategies import PROFILE


def read_back(text: bytes) -> list[list[str]]:
    told = text.decode()
    assert told.startswith(BOM)
    return list(csv.reader(io.StringIO(told.removeprefix(BOM), newline="")))


@PROFILE
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20), min_size=1, max_size=3))
def test_no_text_is_a_formula_and_each_comes_back(texts: list[str]) -> None:
    header, *rows = read_back(csv_of({"a": "标题"}, [{"a": text} for text in texts]))
    assert header == ["标题"]
    for text, row in zip(texts, rows, strict=True):
        cell = "".join(row)
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
        assert plain_cell(cell) == word(text, "a")


def test_staff_read_words_and_shanghais_time_and_numbers_stay_numbers() -> None:
    row = {
        "status": "handled", "at": datetime(2024, 5, 11, 1, 30, tzinfo=UTC), "day": date(2024, 5, 11), "done": True,
        "late": False, "none": None, "share": 0.5, "left": -3, "by": ["unit/a", "lead"],
        "told": {"part": "assist", "no": None},
    }  # fmt: skip
    titles = {name: name for name in row}
    cells = read_back(csv_of(titles, [row]))[1]
    assert cells == [
        "已办理", "2024-05-11 09:30:00", "2024-05-11", "是", "否", "", "0.5", "-3", "unit/a；牵头", "part=协办",
    ]  # fmt: skip


def test_rows_of_any_type_are_cells() -> None:
    class Post(Struct):
        place: str

    class Line(Struct):
        grids: list[Post]

    assert read_back(csv_of({"grids": "网格"}, [Line([Post("place/a")])]))[1] == ["place=place/a"]


_people = st.from_regex(r"person/[A-Za-z0-9._~-]{1,120}", fullmatch=True)


@PROFILE
@given(st.lists(_people | st.sampled_from(["place/a", "unit/b", "甲", "personnel"]), max_size=6))
def test_behind_the_veil_there_is_nobody_and_everything_else(texts: list[str]) -> None:
    told: Any = veiled(",".join(texts).encode()).decode().split(",")
    wanted = [re.sub("^person/.*", "person/*", text, flags=re.DOTALL) for text in texts]
    assert told == (wanted or [""])
