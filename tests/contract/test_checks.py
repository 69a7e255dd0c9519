"""What `shanzhi doctor` looks at: each check has a name, says what it looks at, and a remedy in both languages."""

from __future__ import annotations

import re
from itertools import accumulate

import pytest

from shanzhi.doctor.check import Check
from shanzhi.doctor.examination import CHECKS

_is_chinese = re.compile(r"[\u4e00-\u9fff]").search


def test_there_are_many_and_each_has_a_name_of_its_own() -> None:
    names = [one.name for one in CHECKS]
    assert len(names) >= 30
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("one", CHECKS, ids=lambda one: one.name)
def test_a_check_is_told_in_both_languages(one: Check) -> None:
    assert re.fullmatch(r"[a-z_]+", one.name)
    for said in (one.title, one.remedy):
        chinese, middle, english = said.partition(" · ")
        assert middle and english.isascii(), said
        assert _is_chinese(chinese), said
    assert (one.look.__doc__ or "").count("."), "it says what it looks at"


def test_a_check_needs_only_what_was_looked_at_before() -> None:
    before = accumulate(({one.name} for one in CHECKS), set.union, initial=set[str]())
    assert [one.name for one, known in zip(CHECKS, before, strict=False) if not one.needs <= known] == []
