"""Who may read what, and what options may be: the list of open read models is closed, every option is told."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections import read
from projections.families import FAMILIES
from readers.accounts.rights import Scope
from readers.api.access import OPEN, WITHHELD, admitted
from readers.api.bodies import row_type
from readers.api.options import options_of, parsed
from readers.api.problems import Problem
from readers.api.question import WAIT_AT_MOST_SECONDS, model_of, question_of, receipts_of, wait_of
from readers.api.viewer import NOBODY, Viewer
from readers.refusals import LoginNeeded
from tests.strategies import PROFILE

SHELTERED = ("care", "curtain", "camera", "notice")
MODELS = list(read.read_models().values())
NO_TABLES: Any = None  # where the question is settled without them
COUNTY = Viewer(Scope(frozenset(), frozenset(), None, True))


def family_of(model: read.ReadModel) -> str | None:
    if isinstance(model, read.Board):
        return next(name for name, family in FAMILIES.items() if model.tally in family.tallies)
    return model.family if isinstance(model, read.Book) else None


# What is open ------------------------------------------------------------------------------------


def test_nothing_that_is_open_asks_for_people_or_tells_of_sheltered_households() -> None:
    assert set(read.read_models()) >= OPEN
    for model in MODELS:
        if model.name in OPEN:
            assert "person" not in options_of(model), model.name
            assert family_of(model) not in SHELTERED, model.name


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_strangers_get_what_is_open_behind_a_veil_and_else_are_asked_to_log_in(model: read.ReadModel) -> None:
    if model.name in OPEN:
        assert admitted(NO_TABLES, NOBODY, model, {}).is_veiled
    else:
        with pytest.raises(LoginNeeded):
            admitted(NO_TABLES, NOBODY, model, {})
    assert not admitted(NO_TABLES, COUNTY, model, {}).is_veiled


def test_what_is_withheld_is_a_column() -> None:
    for name, columns in WITHHELD.items():
        assert {*columns} <= {*row_type(read.read_model(name), {}).titles}


# Options -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_option_of_a_read_model_is_told_and_taken(model: read.ReadModel) -> None:
    assert {*options_of(model), "limit"} == {*read.options_of(model)}
    for option in options_of(model).values():
        assert " · " in option.about, "in both languages"
        sound = option.choices or ({"flag": "true", "text": "甲"}.get(option.kind) or option.example,)
        for text in sound:
            assert option.name in parsed(model, [(option.name, text)])


def test_an_unknown_option_is_told_its_neighbour() -> None:
    with pytest.raises(Problem, match=r"place\?"):
        parsed(read.read_model("wish-board"), [("plaec", "place/a")])
    with pytest.raises(Problem, match="overview"):
        model_of("overvew")


@PROFILE
@given(name=st.sampled_from(["place", "unit", "period", "as_of", "by", "level", "tree"]), text=st.text(max_size=40))
def test_a_value_is_taken_or_refused_with_its_parameter(name: str, text: str) -> None:
    model = read.read_model("contract-board")
    try:
        parsed(model, [(name, text)])
    except Problem as problem:
        assert problem.members["parameter"] == name


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("place", "unit/a"), ("place", "place/a b"), ("place", "place/"), ("place", "place/a\0"), ("by", "town"),
        ("by", "place,place"), ("level", "street"), ("period", "2024-13"), ("period", "0001"), ("period", "9999"),
        ("as_of", "2024-05-11T00:00:00"), ("as_of", "1900-01-01T00:00:00Z"), ("as_of", "morning"),
    ],
)  # fmt: skip
def test_values_that_make_no_sense_are_refused(name: str, text: str) -> None:
    with pytest.raises(Problem) as refused:
        parsed(read.read_model("contract-board"), [(name, text)])
    assert refused.value.members["parameter"] == name


@pytest.mark.parametrize("given", [[("limit", "0")], [("limit", "1001")], [("limit", "１０")], [("format", "xml")],
                                   [("limit", "1"), ("limit", "2")], [("wait", "long")], [("after", "1")]])  # fmt: skip
def test_how_an_answer_comes_has_bounds(given: list[tuple[str, str]]) -> None:
    with pytest.raises(Problem):
        question_of(read.read_model("wish-board"), given, "")


def test_csv_is_asked_for_by_format_or_by_accept() -> None:
    model = read.read_model("wish-board")
    assert question_of(model, [], "text/csv").format == "csv"
    assert question_of(model, [], "text/csv, application/json").format == "json"
    assert question_of(model, [("format", "json")], "text/csv").format == "json"


# Receipts ----------------------------------------------------------------------------------------


def test_a_receipt_is_a_place_or_what_the_gateway_answered() -> None:
    assert receipts_of("3:1024,0:0") == [(3, 1024), (0, 0)]
    assert receipts_of('{"id":"a","partition":3,"offset":1024,"status":"accepted"}') == [(3, 1024)]
    assert receipts_of('[{"partition":1,"offset":2}]') == [(1, 2)]


@pytest.mark.parametrize("text", ["", "3", "3:", ":4", "12:0", "3:-1", "{}", "[1]", '{"partition":-1,"offset":0}', "{"])
def test_forged_receipts_are_refused(text: str) -> None:
    with pytest.raises(Problem):
        receipts_of(text)


def test_nobody_waits_for_long() -> None:
    assert (wait_of(None), wait_of("500ms"), wait_of("999s")) == (2.0, 0.5, WAIT_AT_MOST_SECONDS)
