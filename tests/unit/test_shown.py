"""What staff see in the cells of a table: words, names, times of Shanghai, the whole; and no code that has no word."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from msgspec import inspect

import projections
from ledger.event import latest
from projections.families import FAMILIES
from projections.read import WORDS, Row, word
from projections.read.reasons import reasons
from shanzhi.cli.shown import ENTRIES, references, shown


class Line(Row, frozen=True, kw_only=True):
    """A row like those of boards and books."""

    titles: ClassVar[dict[str, str]] = {
        "subject": "编号", "unit": "单位编号", "unit_name": "单位", "helper_name": "帮扶方", "status": "状态",
        "seats": "席位",
    }  # fmt: skip
    subject: str | None = None
    is_overall: bool = False
    unit: str | None = None
    unit_name: str | None = None
    helper: str | None = None
    helper_name: str | None = None
    status: str | None = None
    seats: tuple[Any, ...] = ()


def codes(kind: Any) -> Iterator[str]:
    match kind:
        case inspect.Metadata(type=inner) | inspect.VarTupleType(item_type=inner):
            yield from codes(inner)
        case inspect.UnionType(types=kinds):
            for one in kinds:
                yield from codes(one)
        case inspect.StructType(fields=fields):
            for field in fields:
                yield from codes(field.type)
        case inspect.LiteralType(values=values):
            yield from map(str, values)


def test_every_code_of_an_event_and_every_family_has_a_word() -> None:
    told = {code for kind in latest.values() for code in codes(inspect.type_info(kind.cls))}
    assert len(told) > 150
    assert {code for code in told if code not in WORDS} == {"1+1", "N+1"}
    assert set(FAMILIES) <= WORDS.keys()


def given_reasons(path: Path) -> Iterator[str]:
    """What a module may give as a reason: texts that its functions of `str | None` return, and those of rows."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.FunctionDef(returns=ast.expr() as returns, body=body) if ast.unparse(returns) == "str | None":
                found = [one.value for part in body for one in ast.walk(part) if isinstance(one, ast.Return)]
                yield from (text for value in found if value is not None for text in texts(value))
            case ast.Call(func=ast.Name(id="anomaly_row"), args=[_, reason]):
                yield from texts(reason)


def texts(given: ast.expr) -> Iterator[str]:
    match given:
        case ast.Constant(value=str() as text):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)
        case ast.IfExp(body=first, orelse=other):
            yield from texts(first)
            yield from texts(other)
        case ast.BoolOp(values=values):
            for one in values:
                yield from texts(one)


def test_every_reason_of_the_folds_has_chinese_and_nothing_else_has() -> None:
    folds = Path(projections.__file__).parent
    given = {one for path in (*folds.glob("*.py"), folds / "store" / "restate.py") for one in given_reasons(path)}
    assert len(given) > 190
    assert given == reasons().keys()


def test_a_reason_keeps_its_number() -> None:
    assert word("over 200 links at one place", "reason") == "一个地点挂联超过 200 个"
    assert word("over 200 links at one place", "note") == "over 200 links at one place"
    assert word("another paid for it", "reason") == "another paid for it"


@pytest.mark.parametrize(
    ("value", "column", "said"),
    [
        ("clinic", "kind", "义诊"),
        ("failed", "status", "调解不成"),
        ("failed", "mark", "不及格"),
        ("case.accepted", "type", "落单 case.accepted"),
        ("自家的话", "kind", "自家的话"),
    ],
)
def test_a_code_is_read_as_its_column_has_it(value: str, column: str, said: str) -> None:
    assert word(value, column) == said


def test_ids_stay_where_they_identify_and_names_stand_elsewhere() -> None:
    row = Line(subject="unit/a", unit="unit/c", helper="unit/b", seats=({"unit": "unit/b", "since": None},))
    names = {"unit/a": "财政局", "unit/b": "民政局"}
    assert references([row]) == {"unit/a", "unit/b", "unit/c"}
    assert shown(row, names) == ["unit/a", "unit/c", "未登记 unit/c", "民政局", "–", "民政局"]


def test_a_person_has_no_name_here_and_is_not_called_unregistered() -> None:
    assert shown(Line(helper="person/p"), {})[3] == "person/p"


def test_times_in_lists_are_those_of_shanghai_and_long_lists_are_cut() -> None:
    seat = {"role": "chair", "at": "2024-05-10T16:30:00Z"}
    assert shown(Line(seats=(seat,)), {})[5] == "主任 2024-05-11 00:30"
    assert shown(Line(seats=(1,) * (ENTRIES + 2)), {})[5].endswith(f"… 共 {ENTRIES + 2}")


def test_the_whole_says_that_it_is_the_whole() -> None:
    assert shown(Line(is_overall=True), {})[0] == "合计"
    assert shown(Line(), {})[0] == "–"
