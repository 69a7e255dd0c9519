"""docs/alerts.yml: every figure that a rule asks for is one that a process says, each rule has its runbook and tests.

What the rules say of a county is tried by Prometheus' own tool: `promtool test rules docs/alerts.test.yml`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract.test_operations import registries

DOCS = Path(__file__).resolve().parents[2] / "docs"
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((DOCS / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
TESTS: list[dict[str, Any]] = yaml.safe_load((DOCS / "alerts.test.yml").read_text(encoding="utf-8"))["tests"]
FIRING = 'count by (alertname) (ALERTS{alertstate="firing"})'
PARTS = ["征兆 Symptom.", "对居民和工作人员 For residents and staff.", "## 看 Look", "## 处理 Mend", "## 好了 Over"]
SCRAPED = {"instance", "job", "le"}
_metric = re.compile(r"\b(up|shanzhi_\w+)(?:\{([^}]*)\})?")
_is_chinese = re.compile(r"[\u4e00-\u9fff]").search


def said() -> dict[str, set[str]]:
    """The names of all samples with their labels; a histogram's and a counter's are more than one."""
    found: dict[str, set[str]] = {"up": set()}
    for registry in registries().values():
        for metric in registry.collect():
            family = [metric.name, *(f"{metric.name}_{end}" for end in ("total", "bucket", "count", "sum"))]
            for name in family:
                found.setdefault(name, set())
            for sample in metric.samples:
                found.setdefault(sample.name, set()).update(sample.labels)
    return found


def asked(text: str) -> dict[str, set[str]]:
    """Names with the labels that are asked for of each."""
    found: dict[str, set[str]] = {}
    for name, labels in _metric.findall(text):
        found.setdefault(name, set()).update(re.findall(r"(\w+)\s*[=!]~?", labels))
    return found


def fired(test: dict[str, Any]) -> list[str]:
    (asking,) = test["promql_expr_test"]
    assert asking["expr"] == FIRING
    return [re.findall(r'alertname="(\w+)"', sample["labels"])[0] for sample in asking["exp_samples"]]


def test_there_are_ten() -> None:
    assert len({rule["alert"] for rule in RULES}) == len(RULES) == 10


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_asks_for_what_is_said_and_tells_people_what_to_do(rule: dict[str, Any]) -> None:
    known, wanted = said(), asked(rule["expr"])
    assert wanted
    assert [name for name in wanted if name not in known] == []
    unlabelled = {"shanzhi_dashboard_seconds_bucket"}  # of a part that nobody has asked for yet
    assert [name for name in wanted if name not in unlabelled and not wanted[name] <= known[name] | SCRAPED] == []
    assert rule["labels"]["severity"] in ("page", "ticket")
    for told in (rule["annotations"]["summary"], rule["annotations"]["description"]):
        chinese, middle, english = told.partition(" · ")
        assert _is_chinese(chinese) and middle and english.isascii()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_has_its_runbook(rule: dict[str, Any]) -> None:
    path = DOCS.parent / rule["annotations"]["runbook_url"]
    text = path.read_text(encoding="utf-8")
    places = [text.find(part) for part in PARTS]
    assert -1 not in places and places == sorted(places)
    assert len(text.splitlines()) <= 70
    listed = (DOCS / "runbooks" / "README.md").read_text(encoding="utf-8")
    assert f"| {rule['alert']} |" in listed and f"]({path.name})" in listed


def test_there_is_no_runbook_without_a_rule() -> None:
    told = {Path(rule["annotations"]["runbook_url"]).name for rule in RULES}
    assert {page.name for page in (DOCS / "runbooks").glob("*.md")} == told | {"README.md"}


def test_each_rule_is_tried_on_a_county_that_is_well_and_on_one_that_is_not() -> None:
    well, *ill = TESTS
    assert fired(well) == []
    assert {name for test in ill for name in fired(test)} == {rule["alert"] for rule in RULES}
    shown = {name for one in well["input_series"] for name in asked(one["series"])}
    assert shown == {name for rule in RULES for name in asked(rule["expr"])}


def test_the_tests_plant_what_is_said() -> None:
    known = said()
    for test in TESTS:
        for one in test["input_series"]:
            ((name, labels),) = asked(one["series"]).items()
            assert name in known, one
            assert labels <= known[name] | SCRAPED | {"part"}, one
