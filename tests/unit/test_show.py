"""What can be asked for, without a server: the list, wrong questions, and declarations that can't be answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from projections import read
from projections.read import Board, Book, Distinct, QuestionRefused, Ratio
from projections.read.models import complaint
from shanzhi.cli import app

NOW = datetime(2024, 6, 30, tzinfo=UTC)


def test_without_a_name_every_read_model_is_listed(capfd: pytest.CaptureFixture[str]) -> None:
    assert app.run(["show", "--json"]) == 0
    listed = {one["name"]: one for one in orjson.loads(capfd.readouterr().out)}
    assert listed.keys() == read.read_models().keys()
    assert listed["funnel"] == {
        "name": "funnel", "title": "诉求漏斗", "options": ["place", "level", "period", "as_of", "limit"]
    }  # fmt: skip
    assert app.run(["show"]) == 0
    said = capfd.readouterr().out
    assert all(name in said for name in listed)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "funel"], "funnel"),
        (["show", "cases", "--level", "town"], "--place --unit --person --month"),
        (["show", "acts", "--by", "day"], "--subject"),
        (["show", "team-board", "--month", "2024"], "--level --tree --by"),
    ],
)
def test_a_wrong_question_is_answered_with_the_right_ones(
    capfd: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert app.run(arguments) == 3
    assert said in capfd.readouterr().err


def test_a_declaration_that_cant_be_answered_says_why() -> None:
    board, book = read.read_model("act-board"), read.read_model("acts")
    assert isinstance(board, Board)
    assert isinstance(book, Book)
    wrong: list[tuple[read.ReadModel, str]] = [
        (replace(board, titles={"steps": "步数"}), "names steps, which volunteer_day does not have"),
        (replace(board, ratios={"share": Ratio("steps", "acts", "率")}), "names steps"),
        (replace(board, distinct={"people": Distinct("person", "acts", "人数")}), "names person"),
        (replace(board, columns={"colour": "颜色"}), "names colour"),
        (replace(board, ratios={"acts": Ratio("confirmed", "acts", "率")}), "names acts twice"),
        (replace(book, titles={"steps": "步数"}), "names steps, which the state of act does not have"),
        (replace(book, at="steps"), "names steps"),
        (replace(book, family="parade"), "is of the family parade"),
    ]
    for model, said in wrong:
        assert said in str(complaint(model))
    assert complaint(board) is None
    assert complaint(book) is None


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("act-bord", {}, "act-board"),
        ("act-board", {"unit": "unit/a"}, "act-board takes no unit"),
        ("team-board", {"period": "2024"}, "team-board takes no period"),
        ("act-board", {"by": ["colour"]}, "no grouping colour"),
        ("act-board", {"by": ["day", "day"]}, "names a grouping twice"),
        ("act-board", {"level": "galaxy"}, "no level galaxy"),
        ("act-board", {"tree": "tomorrow"}, "no tree tomorrow"),
        ("acts", {"by": ["day"]}, "acts takes no by"),
        ("duty", {"by": "planet"}, "knows no by planet"),
        ("cases", {"level": "town"}, "cases takes no level"),
        ("act-board", {"limit": 0}, "0 rows"),
    ],
)
def test_what_a_read_model_does_not_have_is_refused(name: str, options: dict[str, Any], said: str) -> None:
    """Before anybody is asked: there is no database here."""
    with pytest.raises(QuestionRefused, match=said):
        read.named(None, "generation_1", name, as_of=NOW, **options)
