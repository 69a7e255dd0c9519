"""The Chinese of anomalies' reasons: the folds give them in English, `reasons.toml` has what staff read."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_NUMBER = re.compile(r"\b[0-9]+\b")
_PLACE_OF_NUMBER = "{}"


def reason_in_chinese(reason: str) -> str | None:
    """`over 200 links at one place` -> `一个地点挂联超过 200 个`; None for what no fold gives."""
    told = reasons().get(_NUMBER.sub(_PLACE_OF_NUMBER, reason))
    return told and told.format(*_NUMBER.findall(reason))


@cache
def reasons() -> Mapping[str, str]:
    """Chinese by reason, `{}` for each number."""
    return tomllib.loads(files("projections.read").joinpath("reasons.toml").read_text(encoding="utf-8"))
