"""The SQL contract as a document: what breaks a promise is named, and the page tells of every view."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contract.write_read_contract import broken, kept

PAGE = Path(__file__).resolve().parents[2] / "docs" / "sql.md"
CHINESE = re.compile("[\u4e00-\u9fff]")
Change = Callable[[Any], object]


def columns(contract: Any, view: str = "orders") -> Any:
    return contract[view]["columns"]


def moved(contract: Any) -> None:
    first = next(iter(columns(contract)))
    columns(contract)[first] = columns(contract).pop(first)


BREAKING: dict[str, tuple[Change, str]] = {
    "a view removed": (lambda c: c.pop("orders"), "orders: the view was removed"),
    "a column removed": (lambda c: columns(c).pop("persons"), "orders.persons: the column was removed"),
    "a column renamed": (
        lambda c: columns(c).update(people=columns(c).pop("persons")), "orders.persons: the column was removed",
    ),
    "a column retyped": (
        lambda c: columns(c)["persons"].update(type="numeric"),
        "orders.persons: the type changed from bigint to numeric",
    ),
    "a column moved": (moved, "orders.order_id: the column was moved"),
}  # fmt: skip
KEEPING: dict[str, Change] = {
    "nothing": lambda c: None,
    "a view added": lambda c: c.update(more={"title": "更多", "columns": {}}),
    "a column added at the end": lambda c: columns(c).update(more={"type": "text", "title": "更多"}),
    "a title reworded": lambda c: columns(c)["persons"].update(title="人数"),
}


@pytest.mark.parametrize("name", BREAKING)
def test_what_breaks_a_promise_is_named(name: str) -> None:
    change, said = BREAKING[name]
    after = copy.deepcopy(kept())
    change(after)
    assert said in broken(kept(), after)


@pytest.mark.parametrize("name", KEEPING)
def test_what_only_adds_passes(name: str) -> None:
    after = copy.deepcopy(kept())
    KEEPING[name](after)
    assert broken(kept(), after) == []


def test_every_view_and_column_has_a_chinese_title() -> None:
    for name, view in kept().items():
        assert CHINESE.search(view["title"]), name
        for column, told in view["columns"].items():
            assert CHINESE.search(told["title"]), f"{name}.{column}"


def test_no_column_is_about_a_person_a_household_or_a_camera() -> None:
    """People are counted; who is behind a figure has no column, whatever the codes of the ledger call them."""
    forbidden = re.compile(
        r"(^|_)(person|people|reporter|wisher|mediator|assignee|watcher|helper|recipient|party|parties|member|phone|text"
        r"|location|household|camera|curtain|care|photo|fingerprint)(_id|_name|s)?$"
    )
    counts = {"conferences.parties", "cases.photos", "orders.persons", "wishes.granted_by_persons"}
    counts |= {f"{view}.members" for view in ("patrol_days", "duty_units", "duty_communities")}
    for name, view in kept().items():
        for column, told in view["columns"].items():
            if forbidden.search(column):
                assert (f"{name}.{column}" in counts, told["type"]) == (True, "bigint"), f"{name}.{column}"


def test_the_page_tells_of_every_view() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(kept())
