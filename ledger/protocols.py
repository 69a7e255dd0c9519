"""What the ways in ask of the tables, as protocols: `producers` knows the ledger alone, the composition root wires
what `projections` has."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from ledger.submission import Stored


class First(NamedTuple):
    """Where the first record of an identity stands, and the hash of its content."""

    partition: int
    offset: int
    content: str


class Quarantined(NamedTuple):
    """Where a record stands that is no event: in the ledger, or in the intake."""

    topic: Literal["ledger", "intake"]
    partition: int
    offset: int
    reason: str


class Receipts(Protocol):
    """What became of what was sent. Every method raises `OutcomeUnknown` where PostgreSQL is away."""

    def first(self, wanted: Iterable[tuple[int, str]]) -> Mapping[str, First]:
        """By identity, of those (partition, identity) that are indexed."""
        ...

    def find(self, identity: str, place: tuple[int, int] | None = None) -> First | Quarantined | None:
        """In whichever partition: a quarantined record at that place, else an indexed event, else a quarantined one."""
        ...

    def quarantined(self, places: Collection[tuple[int, int]]) -> Collection[tuple[int, int]]:
        """Those (partition, offset) of the ledger that hold no event."""
        ...

    def positions(self) -> Mapping[int, int]:
        """Next offset by partition of the tables that readers see; none before a worker has ever run."""
        ...


class Cell(NamedTuple):
    """A row of a tally that would change: its key and measures by name, and by how much."""

    table: str
    key: Mapping[str, str]
    change: Mapping[str, int]


@dataclass(frozen=True)
class Previewed:
    """What an event would do, were it sent now."""

    outcome: Literal["new", "repeat", "id_reused", "quarantined"]
    is_late: bool
    anomaly: str | None
    cells: Sequence[Cell]


class Preview(Protocol):
    """What events would change; nothing is written."""

    def of(self, events: Sequence[Stored], now: datetime) -> Sequence[Previewed]:
        """One answer an event, in their order. Raises `OutcomeUnknown` where PostgreSQL is away."""
        ...


class Territory(Protocol):
    """The tree of places, as of now."""

    def outside(self, places: Collection[str], grounds: Collection[str]) -> Collection[str]:
        """Those of the places that neither are among the grounds nor lie below one; unknown places lie outside."""
        ...
