"""The table of arrangements names what there is: event types, read models, tests; and leaves no family out."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.event import latest
from projections.families import FAMILIES
from projections.read import read_models
from projections.read.arrangements import ARRANGEMENTS, Arrangement

ROOT = Path(__file__).resolve().parents[2]
OF_THE_SYSTEM = {"notice", "publisher"}  # no arrangement of the reports: how they are told of, and by whom


@pytest.mark.parametrize("arrangement", ARRANGEMENTS, ids=[one.term for one in ARRANGEMENTS])
def test_an_arrangement_names_what_there_is(arrangement: Arrangement) -> None:
    assert arrangement.events and arrangement.read_models
    assert set(arrangement.events) <= latest.keys()
    assert set(arrangement.read_models) <= read_models().keys()
    file, _, name = arrangement.test.partition("::")
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_every_family_has_its_arrangement() -> None:
    told = {family for one in ARRANGEMENTS for event in one.events for family in latest[event].subjects}
    assert FAMILIES.keys() - told == OF_THE_SYSTEM


def test_no_arrangement_stands_twice() -> None:
    terms = [(one.term, one.county) for one in ARRANGEMENTS]
    assert len(set(terms)) == len(terms)
