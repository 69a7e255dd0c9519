"""period 考核期: one stream is one period of one place, `period/<place id>~<period>`."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from ledger.event import Event
from ledger.fields import Name, PlaceRef, Shape

Offset = Annotated[int, Meta(ge=0, le=9_007_199_254_740_991)]  # what every reader of JSON can hold
Cut = Annotated[tuple[Offset, ...], Meta(min_length=1, max_length=64)]
Digest = Annotated[str, Meta(max_length=64), Shape(r"^[0-9a-f]{64}\Z")]


class RuleVersion(Struct, frozen=True):
    """Which version of which rule."""

    rule: Name
    version: Name


class PeriodClosed(
    Event,
    type="period.closed",
    term="考核期结账",
    sample={
        "scope": "place/zuoyun",
        "rules": [{"rule": "unit_assessment", "version": "2024-1"}],
        "cut": [812, 790, 803, 811, 799, 820, 808, 795, 801, 788, 816, 805],
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    },
):
    """The figures of a place and period were published (考核期结账).

    `cut` is the next offset of every partition of the ledger that they rest on, `sha256` that of the figures.
    """

    scope: PlaceRef
    rules: Annotated[tuple[RuleVersion, ...], Meta(min_length=1, max_length=50)]
    cut: Cut
    sha256: Digest
