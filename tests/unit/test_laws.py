"""The laws hold. What each one says is in `tests.laws`, where a function of its name checks one case."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from projections import family
from tests.laws import LAWS
from tests.soak import IS_SOAK
from tests.strategies import PROFILE

EXAMPLES = settings(PROFILE, max_examples=3_000 if IS_SOAK else 30)
FOLDS = sorted(
    one.stem for one in Path(family.__file__).parent.glob("*.py") if one.stem not in ("__init__", "families")
)
MAY_IMPORT = (
    "__future__",
    "collections.abc",
    "dataclasses",
    "datetime",
    "typing",
    "msgspec",
    "ledger",
    "projections",
)
READS_A_CLOCK = {"now", "utcnow", "today", "fromtimestamp"}


@pytest.mark.parametrize("name", LAWS)
def test_law(name: str) -> None:
    LAWS[name].hold(EXAMPLES)


@pytest.mark.parametrize("name", FOLDS)
def test_a_fold_has_nothing_at_hand_that_could_tell_it_more_than_its_arguments(name: str) -> None:
    tree = ast.parse((Path(family.__file__).parent / f"{name}.py").read_text(encoding="utf-8"))
    assert list(forbidden(tree)) == []


def test_a_fold_with_a_clock_or_dice_at_hand_is_seen() -> None:
    source = (
        "import time\nfrom os import environ\nfrom datetime import datetime\n\ndef f():\n    datetime.now()\n"
    )
    assert list(forbidden(ast.parse(source))) == ["time", "os", "now"]


def forbidden(tree: ast.Module) -> Iterator[str]:
    """Modules that a fold may not import, and names by which it would read a clock."""
    for node in ast.walk(tree):
        named = []
        if isinstance(node, ast.Import):
            named = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            named = [node.module or "."]
        for module in named:
            if not any(module == may or module.startswith(f"{may}.") for may in MAY_IMPORT):
                yield module
            if module.startswith("projections.") and module.removeprefix("projections.") not in FOLDS:
                yield module
        if isinstance(node, ast.Attribute) and node.attr in READS_A_CLOCK:
            yield node.attr
