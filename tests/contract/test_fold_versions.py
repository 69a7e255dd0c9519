"""Tables of two sets of folds never mix: what a fold makes of events can't change without its VERSION."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import get_args

import msgspec
import orjson
import pytest

from projections.families import FAMILIES, fingerprint
from projections.store import ddl
from tests.contract.write_folds import FILE, digest, folded, golden, records, results, write_missing

STORED = orjson.loads(FILE.read_bytes())


@pytest.mark.parametrize("name", FAMILIES)
def test_a_fold_makes_of_events_what_its_version_made(name: str) -> None:
    family = FAMILIES[name]
    known = STORED.get(name, {}).get(str(family.version))
    assert known, "a new version: run python -m tests.contract.write_folds"
    assert digest(family) == known, (
        f"projections/{name}.py makes something else of the same events: give it another VERSION, "
        "then run python -m tests.contract.write_folds"
    )


def test_no_version_but_the_newest_is_waiting_to_be_used_again() -> None:
    assert STORED.keys() == FAMILIES.keys()
    for name, versions in STORED.items():
        assert max(map(int, versions)) == FAMILIES[name].version, "a VERSION never goes back"


def test_a_changed_result_shows_in_the_digest() -> None:
    team = FAMILIES["team"]
    changed = replace(team, anomaly=lambda state, record: None)
    assert digest(changed) != digest(team)
    assert digest(replace(team, contribute=lambda state: iter(()))) != digest(team)


def test_the_digest_sees_every_field_and_every_tally_of_a_family() -> None:
    """What no stream ever fills could change without a sign."""
    for family in FAMILIES.values():
        made = results(family)
        filled = {name for one in made for name in family.state.__struct_fields__ if getattr(one[2], name)}
        assert filled == set(family.state.__struct_fields__)
        assert {share[0] for one in made for share in one[3]} == {tally.table for tally in family.tallies}


def test_the_digest_is_the_same_in_a_process_that_orders_sets_otherwise() -> None:
    command = "from tests.contract.write_folds import *; print(*map(digest, FAMILIES.values()))"
    own = " ".join(map(digest, FAMILIES.values()))
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])}
        ran = subprocess.run(
            [sys.executable, "-c", command], env=environment, capture_output=True, text=True, check=True
        )
        assert ran.stdout.strip() == own


def test_the_script_enters_what_is_new_and_never_changes_a_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "folds.json"
    assert write_missing(file) == []
    written = file.read_bytes()
    assert orjson.loads(written) == {name: {str(one.version): digest(one)} for name, one in FAMILIES.items()}

    silent = replace(FAMILIES["duty"], anomaly=lambda state, record: None)
    monkeypatch.setitem(FAMILIES, "duty", silent)
    assert write_missing(file) == [f"duty {silent.version}"]
    assert file.read_bytes() == written

    monkeypatch.setitem(FAMILIES, "duty", replace(silent, version=silent.version + 1))
    assert write_missing(file) == []
    duty = orjson.loads(file.read_bytes())["duty"]
    assert duty == orjson.loads(written)["duty"] | {str(silent.version + 1): digest(silent)}


def test_a_version_changes_the_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint()
    monkeypatch.setitem(FAMILIES, "case", replace(FAMILIES["case"], version=FAMILIES["case"].version + 1))
    assert fingerprint() != before


def test_the_schema_that_people_read_is_the_one_that_the_folds_need() -> None:
    written = (files("projections.sql") / "schema.sql").read_text(encoding="utf-8")
    assert written == ddl.schema(), "run python -m projections.store.ddl > projections/sql/schema.sql"


@pytest.mark.parametrize("name", FAMILIES)
def test_every_event_type_has_a_fold(name: str) -> None:
    for kind in folded(name):
        family = FAMILIES[name]
        (record,) = records(name, [golden(kind)])
        before = family.state()
        after = family.evolve(before, record)  # `assert_never` would raise
        assert isinstance(after, family.state)
        family.anomaly(before, record)
        list(family.contribute(after))


@pytest.mark.parametrize("name", FAMILIES)
def test_a_fold_names_the_events_of_its_family_and_no_others(name: str) -> None:
    module = sys.modules[f"projections.{name}"]
    union = getattr(module, f"{name.title()}Event")
    said = set(get_args(union) or (union,))  # a family of one type needs no union
    assert said == {kind.cls for kind in folded(name)}


def test_a_state_begins_empty() -> None:
    for family in FAMILIES.values():
        assert all(not value for value in msgspec.structs.astuple(family.state()))
        assert list(family.contribute(family.state())) == []
