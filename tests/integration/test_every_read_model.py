"""Every read model on an empty and on a filled county: it answers, and its sums are those of the tallies.

The county is filled with the sample of every event type, a few times over, with places of ours (and one that nobody
has registered) where the sample names a place, and with a month of a simulated county.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from ledger.event import EventKind, latest
from producers.simulator import Simulation, Submitted
from projections import read
from projections.family import SHANGHAI
from projections.read import Board, Question
from shanzhi.cli import app
from tests.integration.test_read_models import NOW, County, forget

LEVELS = ("county", "town", "community", "estate", "grid")
TREES = ("today", "then")
TIMES_OVER = 3
SIMULATED_DAYS, SIMULATED_SCALE = 30, 0.33
REFOLDING = (".corrected", ".voided")  # what these change is read from Kafka again
SHIPPED = ("rules", "reports")  # there before anybody has told anything
EMPTY = {"quarantine", "duplicates"}  # nothing broken was told; alike cases are a matter of chance
TREE = {
    "y": ("county", None),
    **{f"t{number}": ("town", "y") for number in range(2)},
    **{f"c{number}": ("community", f"t{number % 2}") for number in range(4)},
    **{f"e{number}": ("estate", f"c{number % 4}") for number in range(6)},
    **{f"g{number}": ("grid", f"e{number % 6}" if number < 9 else "c0") for number in range(12)},
}
PLACES = [*TREE, "lost"]


@pytest.fixture(scope="module")
def empty(county_database: str) -> Iterator[County]:
    """Nobody has told anything yet."""
    county = County(county_database)
    yield county
    county.close()
    forget(county_database)


@pytest.fixture(scope="module")
def filled(empty: County) -> County:
    """Three streams of every kind of subject, spread over places and days; communities move in the middle of May."""
    told = random.Random(3)
    for name, (level, parent) in TREE.items():
        empty.place(name, level, parent)
    by_subject: dict[str, list[EventKind]] = {}
    for kind in latest.values():
        if kind.type.endswith(REFOLDING):
            continue
        for family in kind.subjects:
            by_subject.setdefault(family, []).append(kind)
    for family, kinds in sorted(by_subject.items()):
        for number in range(TIMES_OVER):
            empty.given(f"{family}/s{number}", *(_told(kind, told) for kind in kinds))
    for number in range(4):
        moved = {"parent": f"place/t{told.randrange(2)}"}
        empty.given(f"place/c{number}", (f"05-{told.randrange(10, 20)} 09:00", "place.changed", moved))
    arrivals = Simulation(7, SIMULATED_DAYS, SIMULATED_SCALE, date(2024, 5, 1))
    empty.given_all(one.event for one in arrivals if isinstance(one, Submitted))
    return empty


def _told(kind: EventKind, told: random.Random) -> tuple[str, str, dict[str, Any]]:
    text = msgspec.json.encode(kind.sample).decode()
    text = re.sub(r'"place/[^"]+"', lambda _: f'"place/{told.choice(PLACES)}"', text)
    time = NOW.astimezone(SHANGHAI).replace(month=5, day=1) + timedelta(minutes=told.randrange(30 * 24 * 60))
    data: dict[str, Any] = msgspec.json.decode(text)
    return f"{time:%m-%d %H:%M}", kind.type, data


def names(kind: Any = object) -> list[str]:
    return [name for name, model in read.read_models().items() if isinstance(model, kind)]


def ask(county: County, name: str, **options: Any) -> read.Answer[Any]:
    return read.named(county.connection, county.generation, name, **{"as_of": NOW, **options})


def test_every_read_model_answers_in_an_empty_county(empty: County) -> None:
    for name in names():
        answer = ask(empty, name)
        rows = [row for row in answer if not getattr(row, "is_overall", False)]
        assert rows == [] or name in SHIPPED, name
        msgspec.json.encode(answer)


def test_every_read_model_answers_with_every_option(filled: County) -> None:
    wanted = {
        "place": "place/c0", "unit": "unit/s0", "person": "person/s0", "subject": "case/s0", "period": "2024-05",
        "level": "town", "tree": "then",
    }  # fmt: skip
    for name, model in read.read_models().items():
        for option in read.options_of(model):
            if option in wanted:
                msgspec.json.encode(ask(filled, name, **{option: wanted[option]}))
        for choice in read.choices_of(model).get("by", ()):
            ask(filled, name, by=choice if isinstance(model, Question) else [choice])


def test_a_month_of_a_county_shows_in_every_read_model(filled: County) -> None:
    silent, last_day = set(), datetime(2024, 5, 30, 12, tzinfo=SHANGHAI)
    for name, model in read.read_models().items():
        answer = ask(filled, name, as_of=last_day, **{"period": "2024"} if "period" in read.options_of(model) else {})
        if not [row for row in answer if not getattr(row, "is_overall", False)]:
            silent.add(name)
    assert silent <= EMPTY, " ".join(sorted(silent))


def test_the_command_shows_boards_books_and_questions_alike(
    filled: County, county_database: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", county_database)
    for arguments in (
        "overview --level town", "map --level estate --place place/c0", "first-asked", "units --month 2024-05",
        "act-board --by place --by month --tree then --month 2024", "acts --subject act/s0", "publishers",
    ):  # fmt: skip
        name, *options = arguments.split()
        assert app.run(["show", name, *options, "--limit", "5", "--json"]) == 0, arguments
        told = msgspec.json.decode(capfd.readouterr().out)
        assert told["rows"], arguments
        assert app.run(["show", name, *options, "--limit", "5"]) == 0, arguments
        assert read.read_model(name).title in capfd.readouterr().out


@pytest.mark.parametrize("tree", TREES)
def test_roll_ups_at_every_level_equal_the_whole(filled: County, tree: str) -> None:
    for name in names(Board):
        model = read.read_models()[name]
        assert isinstance(model, Board)
        if "level" not in read.options_of(model):
            continue
        expected = of_the_tally(filled, model)
        for level in LEVELS:
            whole, *parts = ask(filled, name, by=["place"], level=level, tree=tree, limit=read.MOST_ROWS).rows
            assert {one: getattr(whole, one) for one in model.titles} == expected, (name, level)
            summed = {one: sum(getattr(row, one) for row in parts) for one in model.titles}
            assert summed == expected, (name, level)
            at_level = {row.place for row in parts if row.place_level == level}
            assert len(at_level) == len([row for row in parts if row.place_level == level]), (name, level)


def test_every_grouping_sums_to_the_whole(filled: County) -> None:
    for name in names(Board):
        model = read.read_models()[name]
        assert isinstance(model, Board)
        expected = of_the_tally(filled, model)
        for group in read.choices_of(model)["by"]:
            whole, *parts = ask(filled, name, by=[group], limit=read.MOST_ROWS).rows
            assert {one: getattr(whole, one) for one in model.titles} == expected, (name, group)
            assert {one: sum(getattr(row, one) for row in parts) for one in model.titles} == expected, (name, group)
            for key, ratio in model.ratios.items():
                below = sum_of(filled, model, ratio.whole)
                share = round(sum_of(filled, model, ratio.part) / below, 6) if below else None
                assert getattr(whole, key) == (share and pytest.approx(share, abs=1e-6)), (name, key)
            for key, one in model.distinct.items():
                counted = value(
                    filled, f"select count(distinct {one.column}) from {model.tally.table} where {one.measure} > 0"
                )
                assert getattr(whole, key) == counted, (name, key)


def of_the_tally(county: County, board: Board) -> dict[str, int]:
    return {measure: sum_of(county, board, measure) for measure in board.titles}


def sum_of(county: County, board: Board, measure: str) -> int:
    return int(value(county, f"select coalesce(sum({measure}), 0) from {board.tally.table}"))


def value(county: County, statement: str) -> Any:
    with county.connection, county.connection.cursor() as cursor:
        cursor.execute(f"set local search_path = {county.generation}")
        cursor.execute(statement)
        return cursor.fetchone()[0]
