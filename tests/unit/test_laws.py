"""The laws hold: what each says is in `tests.laws`, where its function names it."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.laws import LAWS
from tests.strategies import PROFILE

PER_RECORD = settings(PROFILE, max_examples=100)


@pytest.mark.parametrize("name", LAWS)
def test_law(name: str) -> None:
    LAWS[name].hold(PER_RECORD)
