"""What a version of a rule would change, on a real PostgreSQL: figures worked by hand, and nothing written."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import pytest

from audit.what_if import Move, WhatIf, what_if
from projections.read import QuestionRefused, parse_period
from projections.read.rules import rules
from projections.rules import Credit, Survey, ThreeRates, UnitAssessment, Workload, default_preset, parse_preset, preset
from shanzhi.cli import app
from tests.folded import Folded
from tests.integration.test_read_models import (
    MAY,
    NOW,
    County,
    called_back,
    dispatched,
    forget,
    handled,
    reported,
    whistled,
)

PERIOD = parse_period(MAY)


@pytest.fixture
def county(county_database: str) -> Iterator[County]:
    """Unit a did all in time, b reported too late, c handled too late."""
    county = County(county_database)
    county.place("c1", "community")
    county.place("g1", "grid", "c1")
    for name, report, handle in (("a", "05-10 12:00", "05-11 12:00"), ("b", "05-13 09:00", "05-11 12:00"),
                                 ("c", "05-10 12:00", "05-13 09:00")):  # fmt: skip
        county.unit(name)
        county.case(
            name, "05-10 09:00", dispatched("05-10 09:10", "05-10 11:00", "05-20 09:00", grid="place/g1"),
            whistled("05-10 10:00", name), reported(report, name), handled(handle, f"unit/{name}"),
            called_back("05-14 09:00", "fairly"),
        )  # fmt: skip
    yield county
    county.close()
    forget(county_database)


def draft(**changes: str) -> str:
    """The default rule of unit assessment with other figures."""
    text = (files("projections.rules") / "presets" / "unit_assessment.dadangwei.toml").read_text(encoding="utf-8")
    for old, new in {'"2024-1"': '"draft"', **changes}.items():
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


HANDLING = {"report = 25": "report = 10", "handle = 25": "handle = 40"}


def tried(county: County, proposed: Any, place: str | None = None) -> WhatIf:
    return what_if(county.connection, proposed, PERIOD, NOW, place)


def test_scores_and_ranks_before_and_after_the_greatest_change_first(county: County) -> None:
    before = county.ask("units", period=MAY).rows
    found = tried(county, parse_preset(draft(**HANDLING)))
    assert (found.in_force.version, found.proposed.version, found.changed) == ("2024-1", "draft", 2)
    moved = {row.subject: row.moves["ongoing"] for row in found.rows}
    assert [row.subject for row in found.rows] == ["unit/c", "unit/b", "unit/a"], "c falls, b rises, a stays"
    late_report, late_handling, in_time = moved["unit/b"], moved["unit/c"], moved["unit/a"]
    assert (late_report.before, late_report.after) == (61.43, 82.86), "(25 + 18) / 70, (40 + 18) / 70"
    assert (late_handling.before, late_handling.after, late_handling.delta) == (61.43, 40.0, -21.43), "(10 + 18) / 70"
    assert (late_handling.rank_before, late_handling.rank_after, late_handling.rank_delta) == (2, 3, -1)
    assert (late_handling.grade_before, late_report.rank_delta) == (late_handling.grade_after, 0)
    assert (in_time.before, in_time.after, in_time.delta, in_time.is_change) == (97.14, 97.14, 0.0, False)
    assert found.rows[0].moves["final"] == Move(before=None, after=None, delta=None), "nothing joint was scored"
    assert county.ask("units", period=MAY).rows == before
    assert [row for row in rules(county.connection, county.generation) if not row.is_shipped] == []


def test_grades_change_with_their_limits(county: County) -> None:
    found = tried(county, preset(UnitAssessment, "bengbu"))
    moved = {row.subject: row.moves["ongoing"] for row in found.rows}
    assert [moved[f"unit/{name}"].grade_before for name in "ab"] == ["优秀", "一般"]
    assert [moved[f"unit/{name}"].grade_after for name in "ab"] == ["优秀", "合格"]
    assert moved["unit/b"].delta == 0
    assert moved["unit/b"].is_change


@pytest.mark.parametrize("kind", [UnitAssessment, Credit, ThreeRates, Workload])
def test_the_rule_in_force_changes_nothing(county: County, kind: Any) -> None:
    found = tried(county, default_preset(kind))
    assert found.rows
    assert found.changed == 0
    assert found.proposed == found.in_force


def test_rates_and_grids_are_tried_too(county: County) -> None:
    rates = tried(county, preset(ThreeRates, "zhungeer"), "place/c1")
    whole = next(row for row in rates.rows if row.subject == "place/c1")
    assert whole.moves["rates"] == Move(before=96.0, after=96.5, delta=0.5), "100 − 10 % of 40, of 35"
    text = (files("projections.rules") / "presets" / "workload.hecun.toml").read_text(encoding="utf-8")
    grids = tried(county, parse_preset(text.replace("fairly_worth = 0.9", "fairly_worth = 0.5", 1)))
    (grid,) = [row for row in grids.rows if row.subject == "place/g1"]
    assert grid.moves["month"].delta is not None and grid.moves["month"].delta < 0


def test_a_rule_that_scores_nothing_is_refused(county: County) -> None:
    with pytest.raises(QuestionRefused, match="survey"):
        tried(county, default_preset(Survey))


@pytest.fixture
def files_of(tmp_path: Path) -> Any:
    def written(text: str) -> str:
        path = tmp_path / "draft.toml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return written


def test_the_command_shows_what_would_change(
    folded: Folded, files_of: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", folded.endpoints.database_url)
    command = ["what-if", "--rule", files_of(draft(**HANDLING)), "--period", "2024-03"]
    assert app.run([*command, "--limit", "3", "--json"]) == 0
    told = msgspec.json.decode(capfd.readouterr().out)
    assert (len(told["rows"]), told["changed"] > 3) == (3, True)
    assert app.run(command) == 0
    shown = capfd.readouterr()
    assert "2024-1 → dadangwei draft" in shown.out
    assert told["rows"][0]["subject"] in shown.out
    assert "nothing was written" in shown.err


@pytest.mark.parametrize(
    "changes, what",
    [
        ({"report = 25": "report = 30"}, "weights add to 105"),
        ({"report = 25": "reports = 25"}, "unknown field `reports`"),
        ({'rule = "unit_assessment"': 'rule = "unit_assesment"'}, "no rule is named"),
    ],
)
def test_what_could_not_be_adopted_is_refused_in_the_same_words(
    changes: dict[str, str], what: str, files_of: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    file = files_of(draft(**changes))
    assert app.run(["what-if", "--rule", file, "--period", "2024-03"]) == 3
    tried_out = capfd.readouterr().err
    assert app.run(["rule", "adopt", file, "--from", "2024-03-01"]) == 3
    assert what in tried_out.replace("\n", " ")
    assert tried_out == capfd.readouterr().err
