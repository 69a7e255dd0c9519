"""Presets of rules: what ships is sound, and what is not is refused with its place and remedy."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import msgspec
import pytest

from projections.rules import (
    Credit,
    Preset,
    RuleRefused,
    ThreeRates,
    UnitAssessment,
    Workload,
    default_preset,
    parse_preset,
    preset,
    presets,
)
from projections.rules.preset import RULES, figures_of, source_of

SHIPPED = files("projections.rules") / "presets"


def text_of(name: str) -> str:
    return (SHIPPED / f"{name}.toml").read_text(encoding="utf-8")


def test_every_file_is_named_by_its_rule_and_name() -> None:
    names = sorted(one.name for one in SHIPPED.iterdir())
    assert names == sorted(f"{one.rule}.{one.name}.toml" for one in presets())


def test_every_rule_has_one_default() -> None:
    defaults = [one.rule for one in presets() if one.is_default]
    assert sorted(defaults) == sorted(RULES)
    assert default_preset(ThreeRates).name == "analysis_code"
    assert default_preset(UnitAssessment).name == "dadangwei"
    assert default_preset(Workload).parameters.load.emergency == 3
    assert default_preset(Credit).parameters.order[0] == "order"


def test_figures_are_those_of_their_sources() -> None:
    rates = preset(ThreeRates, "analysis_code").parameters
    assert (rates.response_weight, rates.resolution_weight, rates.satisfaction_weight) == (10, 50, 40)
    assert (rates.fairly_worth, rates.window_closes_minute) == (0.9, 12 * 60)
    other = preset(ThreeRates, "zhungeer").parameters
    assert (other.response_weight, other.resolution_weight, other.satisfaction_weight) == (30, 35, 35)
    assert [grade.at_least for grade in preset(UnitAssessment, "dadangwei").parameters.grades] == [95, 90, 0]
    assert [grade.at_least for grade in preset(UnitAssessment, "bengbu").parameters.grades] == [90, 80, 60, 0]
    assert preset(UnitAssessment, "bengbu").parameters.duty_minutes_each_month * 12 == 50 * 60
    load = default_preset(Workload).parameters.load
    assert (load.mediation, load.application, load.hazard) == (3, 1, 2)
    targets = default_preset(Workload).parameters.targets
    assert (targets.patrols, targets.visits) == (4, 10)
    assert default_preset(Workload).parameters.bonus.at_most == 10
    assert default_preset(UnitAssessment).parameters.final.joint == 50
    credit = default_preset(Credit).parameters
    assert (credit.points_per_hour, credit.points_per_wish) == (1, 2)
    assert credit.order == ("order", "duty", "wish", "act", "visit")


def test_every_figure_has_its_value_and_its_source() -> None:
    one = preset(UnitAssessment, "dadangwei")
    figures = dict(figures_of(msgspec.to_builtins(one.parameters)))
    assert (figures["weights.report"], figures["fairly_worth"], len(figures["grades"])) == (25, 0.9, 3)
    assert source_of(one, "weights.report") == "assumed", "a table's source speaks for what it holds"
    assert source_of(one, "final.joint") == "大党委 template: 0.5 during the year + 0.5 annual"
    assert source_of(one, "no_such_figure") is None
    assert all(source_of(each, name) for each in presets() for name in dict(figures_of(parameters_of(each))))


def parameters_of(one: Preset[Any]) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(one.parameters)
    return told


def test_a_version_of_ones_own_need_not_say_that_it_is_no_default() -> None:
    text = text_of("three_rates.zhungeer").replace("is_default = false\n", "")
    assert not parse_preset(text).is_default


def test_an_unknown_preset_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(RuleRefused, match=r"no preset “duchang”. There are: analysis_code, zhungeer\."):
        preset(ThreeRates, "duchang")


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("three_rates.zhungeer", "response_weight = 30\n", "response_weight = 20\n", "add to 90, not 100"),
        ("three_rates.zhungeer", "worth = 0.9", "worth = 1.1", r"`float` <= 1\.0 - at `\$\.fairly_worth`"),
        ("three_rates.zhungeer", "fairly_worth = 0.9\n", "", "missing required field `fairly_worth`"),
        ("three_rates.zhungeer", "fairly_worth = 0.9\n", "fairly = 0.9\n", "unknown field `fairly`"),
        ("three_rates.zhungeer", "= 720", "= 0", "`int` >= 1"),
        ("three_rates.zhungeer", '["call_back"]', '["hotline"]', "Invalid enum value 'hotline'"),
        ("three_rates.zhungeer", '"three_rates"', '"two_rates"', "no rule is named “two_rates”"),
        ("three_rates.zhungeer", 'version = "2024-1"\n', "", "missing required field `version`"),
        ("three_rates.zhungeer", 'fairly_worth = "assumed', '# "', "no source for fairly_worth. Add it"),
        ("three_rates.zhungeer", "[sources]", '[sources]\nbonus = "assumed"', "sources of no figure: bonus"),
        ("three_rates.zhungeer", "[sources]", "[sources", "is not TOML"),
        ("unit_assessment.bengbu", "contracts = 15", "contracts = 10", r"to 95, not 100 - at `\$\.weights`"),
        ("unit_assessment.bengbu", "at_least = 80", "at_least = 95", "grades have to fall to 0 from"),
        ("unit_assessment.bengbu", "at_least = 0\n", "at_least = 5\n", "grades have to fall to 0"),
        ("workload.hecun", "staff = 20", "staff = 30", r"add to 110, not 100 - at `\$\.month`"),
        ("workload.hecun", "urgent = 2", "urgent = -2", ">= 0"),
        ("workload.hecun", "patrols = 4", "patrols = 0", r"`int` >= 1 - at `\$\.targets\.patrols`"),
        ("unit_assessment.bengbu", "joint = 50 ", "joint = 40 ", r"add to 90, not 100 - at `\$\.final`"),
        ("gaming.flags", "burst_cases = 5", "burst_cases = 1", "`int` >= 2"),
        ("credit.one_act", '"duty", ', "", "order has to name duty and act, and each kind once"),
    ],
)
def test_what_is_not_sound_is_refused(name: str, old: str, new: str, message: str) -> None:
    text = text_of(name)
    assert old in text
    with pytest.raises(RuleRefused, match=message):
        parse_preset(text.replace(old, new, 1))
