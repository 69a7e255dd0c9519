"""What a batch is planned from, and the rows that a plan has for the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from msgspec import Struct

from ledger.codec import Sound, Verdict
from ledger.correction import Correction
from ledger.record import RawRecord, Record
from projections.family import Deadline, State, Tally

Key = tuple[str | date, ...]
NOBODY_ASKS = 2**63 - 1
"""The `reacted` of a plan whose records are asked nothing."""


class Indexed(Struct, frozen=True, gc=False):
    """What the event index holds of one identity."""

    offset: int
    content: str


class IndexRow(Struct, frozen=True, gc=False):
    offset: int
    identity: str
    content: str
    subject: str
    unfolded: bool


class QuarantineRow(Struct, frozen=True, gc=False):
    offset: int
    stamp_ms: int
    reason: str
    detail: str
    identity: str | None = None


class AnomalyRow(Struct, frozen=True, gc=False):
    offset: int
    subject: str
    type: str
    reason: str
    time: datetime


class EntityRow(Struct, frozen=True, gc=False):
    subject: str
    state: State
    is_new: bool


class TallyRow(Struct, frozen=True, gc=False, order=True):
    key: Key
    deltas: tuple[int, ...]
    contributors: int


class Clock(NamedTuple):
    """The key of a deadline's row."""

    subject: str
    clock: str
    key: str


class DeadlineRow(NamedTuple):
    """A clock that runs, or runs otherwise than before."""

    clock: Clock
    deadline: Deadline


class Mark(NamedTuple):
    """What a source told of a day: how many events, and the greatest time and stamp of them."""

    events: int
    newest_time: datetime
    newest_stamp: datetime

    def and_also(self, other: Mark) -> Mark:
        """Both together; the order does not matter."""
        newest = max(self.newest_time, other.newest_time), max(self.newest_stamp, other.newest_stamp)
        return Mark(self.events + other.events, *newest)


class RequestRow(Struct, frozen=True, gc=False):
    """What a record asks the decider for. `id` is made of cause, kind and key."""

    id: str
    kind: str
    key: str
    record: Record[Any]
    details: dict[str, Any]


class Standing(NamedTuple):
    """A record that counts, by its place in a stream; None where this version does not know its type."""

    offset: int
    record: Record[Any] | None


@dataclass(frozen=True)
class Judged:
    """The records of a batch with what each says; ordered by offset."""

    partition: int
    items: list[tuple[RawRecord, Sound | Verdict]]
    sought: int | None = None

    def identities(self) -> list[str]:
        """What has to be looked up in the event index."""
        return [said.identity for _, said in self.items if isinstance(said, Sound)]

    def subjects(self) -> set[str]:
        """Whose states have to be loaded."""
        return {said.subject for _, said in self.items if isinstance(said, Sound) and said.record}

    def corrected(self, next_offset: int, indexed: Mapping[str, Indexed]) -> set[str]:
        """Whose streams have to be read again: corrections from `next_offset` on that are no repeats speak of them."""
        return {
            said.subject
            for raw, said in self.items
            if isinstance(said, Sound)
            and said.record
            and isinstance(said.record.event, Correction)
            and raw.offset >= next_offset
            and (said.identity not in indexed or indexed[said.identity].offset == raw.offset)
        }


@dataclass(frozen=True)
class Loaded:
    """What the tables held before: the positions, the index for the batch's identities, touched states.

    `streams` has, for each of `Judged.corrected`, what stands in it below `next`, None where that is too much to
    correct. Records below `reacted` were asked before what follows from them.
    """

    next: int
    last_hash: str | None
    index_next: int
    indexed: Mapping[str, Indexed]
    states: Mapping[str, State]
    index_hash: str | None = None
    reacted: int = NOBODY_ASKS
    streams: Mapping[str, Sequence[Standing] | None] = field(default_factory=dict)


@dataclass
class Plan:
    """What to write. `next` and `last_hash` are the position after it.

    `forgotten` are offsets whose anomalies no longer hold, `gone` entities of which nothing stands any more, `met`
    clocks that run no longer.
    """

    partition: int
    next: int
    last_hash: str | None
    index_next: int
    repeats: int = 0
    gaps: int = 0
    folded: int = 0
    index: list[IndexRow] = field(default_factory=list)
    quarantine: list[QuarantineRow] = field(default_factory=list)
    forgotten: list[int] = field(default_factory=list)
    anomalies: list[AnomalyRow] = field(default_factory=list)
    entities: dict[str, list[EntityRow]] = field(default_factory=dict)
    gone: dict[str, list[str]] = field(default_factory=dict)
    deadlines: list[DeadlineRow] = field(default_factory=list)
    met: list[Clock] = field(default_factory=list)
    marks: dict[tuple[str, date], Mark] = field(default_factory=dict)
    requests: list[RequestRow] = field(default_factory=list)
    tallies: dict[Tally, list[TallyRow]] = field(default_factory=dict)
