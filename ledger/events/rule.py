"""rule 规则: one stream is one rule, `rule/<name>`; each event adopts a version of it."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from ledger.event import Event
from ledger.fields import Name, Text, Time

Figures = Annotated[dict[str, Any], Meta(min_length=1, max_length=100)]
Sources = Annotated[dict[str, Text], Meta(max_length=200)]


class RuleAdopted(
    Event,
    type="rule.adopted",
    term="规则启用",
    sample={
        "rule": "three_rates",
        "name": "county",
        "version": "2024-2",
        "title": "接诉即办三率 20/40/40",
        "effective_from": "2024-07-01T00:00:00+08:00",
        "parameters": {
            "response_weight": 20,
            "resolution_weight": 40,
            "satisfaction_weight": 40,
            "fairly_worth": 0.9,
            "window_closes_minute": 720,
            "rated_by": ["call_back"],
        },
        "sources": {"response_weight": "县委办〔2024〕7号"},
    },
):
    """A version of a rule holds from a time on (规则启用); a period uses the version in force when it began.

    `parameters` are those of the rule (`shanzhi rule show NAME`), `sources` say where each figure is from.
    """

    rule: Name
    version: Name
    effective_from: Time
    parameters: Figures
    name: Name | None = None
    title: Name | None = None
    sources: Sources | None = None
