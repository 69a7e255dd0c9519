"""The pure half of the store: what a batch of records does to the tables, given what they held before.

`judge` reads the records, `plan` settles repeats and quarantine against the event index, folds what counts
and sums what the touched entities contribute. The same code runs over PostgreSQL and over `memory`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from msgspec import Struct

from ledger.codec import Examiner, Sound, Verdict
from ledger.errors import LedgerUnsound
from ledger.event import types
from ledger.record import Batch, RawRecord, Record
from projections.families import FAMILIES
from projections.family import State, Tally

Key = tuple[str | date, ...]


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


@dataclass(frozen=True)
class Loaded:
    """What the tables held before: both positions, the index for the batch's identities, touched states."""

    next: int
    last_hash: str | None
    index_next: int
    indexed: Mapping[str, Indexed]
    states: Mapping[str, State]
    index_hash: str | None = None


@dataclass
class Plan:
    """What to write. `next` and `last_hash` are the position after it."""

    partition: int
    next: int
    last_hash: str | None
    index_next: int
    repeats: int = 0
    gaps: int = 0
    folded: int = 0
    index: list[IndexRow] = field(default_factory=list)
    quarantine: list[QuarantineRow] = field(default_factory=list)
    anomalies: list[AnomalyRow] = field(default_factory=list)
    entities: dict[str, list[EntityRow]] = field(default_factory=dict)
    tallies: dict[Tally, list[TallyRow]] = field(default_factory=dict)


class Rewind(Exception):
    """Records between the position and the batch were not delivered: read again from `offset`."""

    def __init__(self, partition: int, offset: int) -> None:
        super().__init__(f"partition {partition} has to be read again from offset {offset}")
        self.partition = partition
        self.offset = offset


def record_hash(raw: RawRecord) -> str:
    """32 hex digits over key and value: recognises the last applied record when reading goes on."""
    return sha256((raw.key or b"") + b"\0" + (raw.value or b"")).hexdigest()[:32]


def judge(batch: Batch, examiner: Examiner) -> Judged:
    """Reads every record of the batch; never raises."""
    examine, partition = examiner.examine, batch.partition
    return Judged(partition, [(raw, examine(raw, partition)) for raw in batch.records], batch.sought)


def plan(judged: Judged, loaded: Loaded) -> Plan | None:
    """What the batch does to the tables; None where all of it was applied before.

    Raises `LedgerUnsound` where the record before the position is not the one that was applied, `Rewind` where
    records before the batch are missing and the log was not asked for them.
    """
    _assert_same_log(judged, loaded)
    items = [item for item in judged.items if item[0].offset >= loaded.next]
    if not items:
        return None
    if judged.sought is None or judged.sought > loaded.next:
        if items[0][0].offset > loaded.next:
            raise Rewind(judged.partition, loaded.next)
        items = _unbroken(items)  # what follows a hole is asked for before it counts
    last = items[-1][0]
    planned = Plan(
        partition=judged.partition,
        next=last.offset + 1,
        last_hash=record_hash(last),
        index_next=max(loaded.index_next, last.offset + 1),
    )
    counted = settle(items, loaded.index_next, loaded.indexed, planned)
    for name, after in fold(counted, loaded.states, planned).items():
        planned.entities[name] = [
            EntityRow(subject, state, subject not in loaded.states) for subject, state in sorted(after.items())
        ]
        sum_shares(name, after, loaded.states, planned)
    return planned


def _assert_same_log(judged: Judged, loaded: Loaded) -> None:
    applied = {loaded.next - 1: loaded.last_hash, loaded.index_next - 1: loaded.index_hash}
    for raw, _ in judged.items:
        if applied.get(raw.offset) not in (None, record_hash(raw)):
            raise LedgerUnsound(
                f"Partition {judged.partition} holds another record at offset {raw.offset} than was applied",
                "The ledger was cut or replaced. Restore it from its archive, or rebuild from what it holds now "
                "after saving the tables; see docs/why/one-ledger.md.",
            )
        if raw.offset >= loaded.next and raw.offset >= loaded.index_next:
            return


def _unbroken(items: list[tuple[RawRecord, Sound | Verdict]]) -> list[tuple[RawRecord, Sound | Verdict]]:
    """The items up to the first hole between their offsets."""
    first, last = items[0][0].offset, items[-1][0].offset
    if last - first == len(items) - 1:
        return items
    number = next(number for number, (raw, _) in enumerate(items) if raw.offset != first + number)
    return items[:number]


def settle(
    items: Iterable[tuple[RawRecord, Sound | Verdict]],
    index_next: int,
    indexed: Mapping[str, Indexed],
    planned: Plan,
) -> list[Record[Any]]:
    """Decides what counts, and notes index rows, repeats, verdicts and gaps in the plan.

    Below `index_next` the index has decided before, and only its own offsets count.
    """
    counted: list[Record[Any]] = []
    seen: dict[str, Indexed] = {}
    expected = index_next
    for raw, said in items:
        offset = raw.offset
        if offset < index_next:
            if isinstance(said, Sound) and said.record:
                known = indexed.get(said.identity)
                if known is not None and known.offset == offset:
                    counted.append(said.record)
            continue
        planned.gaps += max(0, offset - expected)
        expected = offset + 1
        if isinstance(said, Verdict):
            planned.quarantine.append(QuarantineRow(offset, raw.timestamp, said.reason, said.detail, said.identity))
            continue
        prior = indexed.get(said.identity) or seen.get(said.identity)
        if prior is None:
            seen[said.identity] = Indexed(offset, said.content)
            record = said.record
            planned.index.append(IndexRow(offset, said.identity, said.content, said.subject, record is None))
            if record is not None:
                counted.append(record)
        elif prior.content == said.content:
            planned.repeats += 1
        else:
            detail = f"the id at offset {prior.offset} has other content"
            planned.quarantine.append(QuarantineRow(offset, raw.timestamp, "id_reused", detail, said.identity))
    return counted


def fold(counted: Sequence[Record[Any]], states: Mapping[str, State], planned: Plan) -> dict[str, dict[str, State]]:
    """The states after the records, by family and subject; anomalies and the count go into the plan."""
    after: dict[str, dict[str, State]] = {}
    for record in counted:
        family = FAMILIES[record.subject.partition("/")[0]]
        current = after.get(family.name)
        if current is None:
            current = after[family.name] = {}
        state = current.get(record.subject)
        if state is None:
            state = states.get(record.subject) or family.state()
        reason = family.anomaly(state, record)
        if reason is not None:
            planned.anomalies.append(
                AnomalyRow(record.offset, record.subject, types[type(record.event)], reason, record.time)
            )
        current[record.subject] = family.evolve(state, record)
    planned.folded += len(counted)
    return after


def sum_shares(name: str, current: Mapping[str, State], states: Mapping[str, State], planned: Plan) -> None:
    """Adds `contribute(after) − contribute(before)` of each touched entity; rows that come to nothing are left out."""
    contribute = FAMILIES[name].contribute
    sums: dict[Tally, dict[Key, list[int]]] = {}
    for subject, state in current.items():
        before = states.get(subject)
        for sign, shares in ((-1, contribute(before) if before else ()), (1, contribute(state))):
            for share in shares:
                rows = sums.setdefault(share.tally, {})
                row = rows.get(share.key)
                if row is None:
                    row = rows[share.key] = [0] * (len(share.values) + 1)
                row[-1] += sign
                for position, value in enumerate(share.values):
                    if value:
                        row[position] += sign * value
    for tally in FAMILIES[name].tallies:
        changed = [TallyRow(key, tuple(row[:-1]), row[-1]) for key, row in sums.get(tally, {}).items() if any(row)]
        if changed:
            planned.tallies[tally] = sorted(changed)
