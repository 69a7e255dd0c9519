"""docs/security.md: every requirement of OWASP ASVS 5.0 up to level 2 once, every test that it names, every role."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

from ledger.acls import RIGHTS
from ledger.logins import login_name
from projections.store.read_contract import ROLE
from projections.store.roles import ROLES

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
# Section: its requirements of level 1, then of level 2, as ASVS 5.0.0 numbers them. What is of level 3 is left out.
REQUIREMENTS = """
1.1: ; 1-2 | 1.2: 1-5; 6-9 | 1.3: 1-2; 3-11 | 1.4: ; 1-3 | 1.5: 1; 2
2.1: 1; 2-3 | 2.2: 1-2; 3 | 2.3: 1; 2-4 | 2.4: ; 1
3.2: 1-2; | 3.3: 1; 2-4 | 3.4: 1-2; 3-6 | 3.5: 1-3; 4-5 | 3.7: ; 1-2
4.1: 1; 2-3 | 4.2: ; 1 | 4.3: ; 1-2 | 4.4: 1; 2-4
5.1: ; 1 | 5.2: 1-2; 3 | 5.3: 1-2; | 5.4: ; 1-3
6.1: 1; 2-3 | 6.2: 1-8; 9-12 | 6.3: 1-2; 3-4 | 6.4: 1-2; 3-4 | 6.5: ; 1-5 | 6.6: ; 1-3 | 6.8: ; 1-4
7.1: ; 1-3 | 7.2: 1-4; | 7.3: ; 1-2 | 7.4: 1-2; 3-5 | 7.5: ; 1-2 | 7.6: ; 1-2
8.1: 1; 2 | 8.2: 1-2; 3 | 8.3: 1; | 8.4: ; 1
9.1: 1-3; | 9.2: 1; 2-4
10.1: ; 1-2 | 10.2: ; 1-2 | 10.3: ; 1-4 | 10.4: 1-5; 6-11 | 10.5: ; 1-5 | 10.6: ; 1-2 | 10.7: ; 1-3
11.1: ; 1-2 | 11.2: ; 1-3 | 11.3: 1-2; 3 | 11.4: 1; 2-4 | 11.5: ; 1 | 11.6: ; 1
12.1: 1; 2-3 | 12.2: 1-2; | 12.3: ; 1-4
13.1: ; 1 | 13.2: ; 1-5 | 13.3: ; 1-2 | 13.4: 1; 2-5
14.1: ; 1-2 | 14.2: 1; 2-4 | 14.3: 1; 2-3
15.1: 1; 2-3 | 15.2: 1; 2-3 | 15.3: 1; 2-7
16.1: ; 1 | 16.2: ; 1-5 | 16.3: ; 1-4 | 16.4: ; 1-3 | 16.5: ; 1-3
17.1: ; 1 | 17.2: ; 1-4 | 17.3: ; 1-2
"""
ROWS = re.findall(r"^\| V([\d.]+) \| (.+) \| (–|`[^`]+`(?:, `[^`]+`)*) \|$", PAGE, re.MULTILINE)
GROUPS = re.findall(r"^\| (V[\d.]+[–,][V\d., –]+|V[\d.]+) \| ([^|]+) \|$", PAGE, re.MULTILINE)


def requirements() -> tuple[list[str], list[str]]:
    """Those of level 1 and those of level 2."""
    levels: tuple[list[str], list[str]] = [], []
    for section in re.split(r"[|\n]", REQUIREMENTS.strip()):
        name, _, numbers = section.partition(":")
        for level, span in zip(levels, numbers.split(";"), strict=True):
            first, _, last = span.strip().partition("-")
            level += [f"{name.strip()}.{number}" for number in range(int(first or 1), int(last or first or 0) + 1)]
    return levels


def order(requirement: str) -> tuple[int, ...]:
    return tuple(map(int, requirement.split(".")))


def spread(told: str) -> list[str]:
    """`V9.1.1–V9.2.4, V1.3.1` as single requirements of these levels."""
    every = sorted((one for level in requirements() for one in level), key=order)
    found: list[str] = []
    for part in told.replace("V", "").split(", "):
        first, _, last = part.partition("–")
        found += [one for one in every if order(first) <= order(one) <= order(last or first)]
    return found


@cache
def named_in(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_every_requirement_of_levels_one_and_two_stands_on_the_page_once() -> None:
    first, second = requirements()
    assert (len(first), len(second)) == (70, 183), "as many as ASVS 5.0.0 has"
    told = [one for one, _, _ in ROWS] + [one for group, _ in GROUPS for one in spread(group)]
    assert sorted(told, key=order) == sorted(first + second, key=order)


def test_every_test_that_is_named_exists() -> None:
    missing = []
    for requirement, _, tests in ROWS:
        for test in re.findall(r"`([^`]+)`", tests):
            file, _, name = test.partition("::")
            if not (name.startswith("test_") and name in named_in(file)):
                missing.append((requirement, test))
    assert missing == []


def test_what_no_test_shows_is_a_gap_or_asked_of_the_proxy() -> None:
    untested = {one: words for one, words, test in ROWS if test == "–"}
    assert all(words.startswith(("**Gap**", "Proxy")) for words in untested.values()), untested


def test_every_role_is_told() -> None:
    told = re.findall(r"^\| `(shanzhi_\w+)` \|.+\|.+\|$", PAGE, re.MULTILINE)
    assert told == [*map(login_name, ROLES), ROLE]
    assert list(RIGHTS) != [] and RIGHTS.keys() == ROLES.keys()
