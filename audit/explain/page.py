"""How much of an explanation is spelled out: the sums are always of everything."""

from __future__ import annotations

from typing import NamedTuple


class Page(NamedTuple):
    """At most so many entities, of each so many events; of a score, what the first `weighed` of them give to it: each
    takes the score's function once more."""

    entities: int
    events: int
    weighed: int = 300


BRIEF = Page(entities=10, events=8)
WHOLE = Page(entities=100_000, events=10_000)
