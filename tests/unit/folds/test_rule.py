"""What the fold keeps of adopted rules: every version as it was told, readable or not."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from ledger.events.rule import RuleAdopted
from projections.family import LIST_ITEMS
from projections.rule import rule_day
from tests.unit.test_folds import MORNING, Spec


def adopted(version: str = "2024-2", days: int = 0, rule: str = "credit", **parameters: Any) -> RuleAdopted:
    return RuleAdopted(
        rule=rule,
        version=version,
        effective_from=MORNING + timedelta(days=days),
        parameters=parameters or {"lookback_days": 31},
    )


@pytest.fixture
def rule() -> Spec:
    return Spec("rule/credit")


def test_versions_stand_side_by_side_each_on_its_own_day(rule: Spec) -> None:
    rule.given(adopted("2024-2", days=1)).when(adopted("2024-1"), delivered=2).odd(None)
    day = date(2024, 5, 11)
    rule.then(rule_day, {("credit", day): {"adopted": 1}, ("credit", day + timedelta(days=1)): {"adopted": 1}})
    assert [one.version for one in rule.state().adoptions] == ["2024-2", "2024-1"], "in the order of the ledger"


def test_what_this_version_can_not_read_is_kept_all_the_same(rule: Spec) -> None:
    odd: dict[str, Any] = {"b": [1, {"c": None}], "a": "甲\t\n"}
    rule.when(adopted(**odd)).odd(None)
    (one,) = rule.state().adoptions
    assert one.parameters == '{"a":"甲\\t\\n","b":[1,{"c":null}]}', "fields in one order, whatever order they came in"


def test_a_version_twice_and_another_rule_are_odd(rule: Spec) -> None:
    rule.given(adopted()).when(adopted()).odd("a version adopted twice")
    rule.when(adopted(rule="workload")).odd("adopted in the stream of another rule")
    rule.given(*[adopted(f"v{number}") for number in range(LIST_ITEMS)])
    rule.when(adopted("one more")).odd(f"over {LIST_ITEMS} adoptions of one rule")
    assert len(rule.state().adoptions) == LIST_ITEMS
