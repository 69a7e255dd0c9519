"""Where the tables stand: a generation and, of each partition of the ledger, the next offset that it lacks."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ledger.topics import PARTITIONS
from projections.store.generation import is_newer

_is_vector = re.compile(rf"\d{{1,18}}(?:\.\d{{1,18}}){{{PARTITIONS - 1}}}\Z", re.ASCII).match


class Standing(NamedTuple):
    """A generation at a position vector. Offsets are the ledger's, and the same in every generation."""

    generation: str
    positions: tuple[int, ...]

    @property
    def vector(self) -> str:
        """The positions as one word: `12.0.7…`, partition 0 first."""
        return ".".join(map(str, self.positions))

    def holds(self, partition: int, offset: int) -> bool:
        """Whether a record is in the tables, or was found to be no event."""
        return self.positions[partition] > offset

    def is_as_new_as(self, other: Standing) -> bool:
        """Whether nothing that `other` holds is missing here."""
        is_older = self.generation != other.generation and is_newer(other.generation, self.generation)
        return not is_older and all(own >= theirs for own, theirs in zip(self.positions, other.positions, strict=True))


def positions_of(vector: str) -> tuple[int, ...] | None:
    """The positions of a `vector`, None where it is none."""
    return tuple(map(int, vector.split("."))) if _is_vector(vector) else None


def standing_of(cursor: Any, generation: str) -> Standing:
    """Where a generation stands, in the cursor's transaction."""
    cursor.execute(f"select next from {generation}.position order by partition")
    return Standing(generation, tuple(offset for (offset,) in cursor.fetchall()))
