"""Data keys without a vault, the same ones at every run: for tests that compare bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha512

from ledger.errors import PersonForgotten


class FixedKeys:
    """A `Keys` whose keys follow from the owners; the `forgotten` have none. Counts how often it is asked."""

    def __init__(self, *forgotten: str) -> None:
        self.forgotten = frozenset(forgotten)
        self.asked = 0

    def for_owners(self, owners: Iterable[str]) -> Mapping[str, bytes]:
        """64 bytes for each owner."""
        self.asked += 1
        wanted = set(owners)
        if gone := wanted & self.forgotten:
            raise PersonForgotten(gone)
        return {owner: sha512(f"only for tests: {owner}".encode()).digest() for owner in wanted}

    def existing(self, owners: Iterable[str]) -> Mapping[str, bytes]:
        """The same keys; none for the `forgotten`."""
        return self.for_owners(set(owners) - self.forgotten)
