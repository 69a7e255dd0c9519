"""Presets of rules: what ships is sound, and what is not is refused with its place and remedy."""

from __future__ import annotations

from importlib.resources import files

import pytest

from projections.rules import (
    Credit,
    RuleRefused,
    ThreeRates,
    UnitAssessment,
    Workload,
    default_preset,
    parse_preset,
    preset,
    presets,
)

SHIPPED = files("projections.rules") / "presets"


def text_of(name: str) -> str:
    return (SHIPPED / f"{name}.toml").read_text(encoding="utf-8")


def test_every_file_is_named_by_its_rule_and_name() -> None:
    names = sorted(one.name for one in SHIPPED.iterdir())
    assert names == sorted(f"{one.rule}.{one.name}.toml" for one in presets())
    assert names == [
        "credit.one_act.toml",
        "three_rates.analysis_code.toml",
        "three_rates.zhungeer.toml",
        "unit_assessment.bengbu.toml",
        "unit_assessment.dadangwei.toml",
        "workload.hecun.toml",
    ]


def test_every_rule_has_one_default() -> None:
    defaults = [one.rule for one in presets() if one.is_default]
    assert sorted(defaults) == ["credit", "three_rates", "unit_assessment", "workload"]
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
        ("credit.one_act", '"duty", ', "", "order has to name duty and act, and each kind once"),
    ],
)
def test_what_is_not_sound_is_refused(name: str, old: str, new: str, message: str) -> None:
    text = text_of(name)
    assert old in text
    with pytest.raises(RuleRefused, match=message):
        parse_preset(text.replace(old, new, 1))
