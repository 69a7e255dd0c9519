"""The arrangements 机制 of the two reports, each with its events, the read models that answer for it, and a test.

`docs/arrangements.md` is made from this table; a test holds every name in it to the registries and to the test files.
"""

from __future__ import annotations

from typing import NamedTuple


class Arrangement(NamedTuple):
    """One arrangement. `county` is whose report names it; `test` is a file and a function in it."""

    term: str
    county: str
    events: tuple[str, ...]
    read_models: tuple[str, ...]
    test: str


def _row(county: str, term: str, events: str, read_models: str, test: str) -> Arrangement:
    return Arrangement(term, county, tuple(events.split()), tuple(read_models.split()), test)


_H, _Z, _BOTH = "浑源", "左云", "浑源、左云"

ARRANGEMENTS = (
)
