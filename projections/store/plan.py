"""The pure half of the store: what a batch of records does to the tables, given what they held before.

`judge` reads the records, `plan` settles repeats and quarantine against the event index, folds what counts
and sums what the touched entities contribute. The same code runs over PostgreSQL and over `memory`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from ledger.codec import Examiner, Sound, Verdict
from ledger.errors import LedgerUnsound
from ledger.record import Batch, RawRecord, Record
from projections.families import FAMILIES
from projections.family import State
from projections.store.restate import Stream, anomaly_row
from projections.store.rows import (
    EntityRow,
    Indexed,
    IndexRow,
    Judged,
    Loaded,
    Plan,
    QuarantineRow,
    Standing,
)
from projections.store.sums import compare_deadlines, mark, may_ask, requests, sum_shares

After = dict[str, dict[str, State | None]]
"""States by family and subject; None where nothing of the stream stands any more."""


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
    mark(counted, planned)
    after = fold(counted, loaded, planned)
    if loaded.streams:
        restate(_standing(items, loaded, planned), loaded, planned, after)
    for name, states in after.items():
        planned.entities[name] = [
            EntityRow(subject, state, subject not in loaded.states)
            for subject, state in sorted(states.items())
            if state is not None
        ]
        planned.gone[name] = sorted(subject for subject, state in states.items() if state is None)
        sum_shares(name, states, loaded.states, planned)
        compare_deadlines(name, states, loaded.states, planned)
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


def fold(counted: Sequence[Record[Any]], loaded: Loaded, planned: Plan) -> After:
    """The states after the records of streams that no correction speaks of; anomalies, requests and the count go into
    the plan."""
    after: After = {}
    for record in counted:
        subject = record.subject
        if subject in loaded.streams:
            continue
        family = FAMILIES[subject.partition("/")[0]]
        current = after.get(family.name)
        if current is None:
            current = after[family.name] = {}
        state = current.get(subject)
        if state is None:
            state = loaded.states.get(subject) or family.state()
        reason = family.anomaly(state, record)
        if reason is not None:
            planned.anomalies.append(anomaly_row(record, reason))
        current[subject] = now = family.evolve(state, record)
        if may_ask(family, record, loaded.reacted):
            planned.requests += requests(family, state, now, record)
    planned.folded += len(counted)
    return after


def restate(streams: Mapping[str, Sequence[Standing]], loaded: Loaded, planned: Plan, after: After) -> None:
    """As `fold`, for the streams that the batch corrects; `streams` is what it has of each."""
    for subject, own in sorted(streams.items()):
        family, before = FAMILIES[subject.partition("/")[0]], loaded.streams[subject]
        known = loaded.states.get(subject)
        stream = Stream(family, before, known)
        stream.follow(own, loaded.reacted)
        planned.requests += stream.requests
        if stream.is_restated:
            planned.forgotten += [one.offset for one in before or ()]
        planned.anomalies += stream.anomalies.values()
        if stream.state is not None or known is not None:
            after.setdefault(family.name, {})[subject] = stream.state


def _standing(
    items: Iterable[tuple[RawRecord, Sound | Verdict]], loaded: Loaded, planned: Plan
) -> dict[str, list[Standing]]:
    """What the batch has of the streams that it corrects: the records that count, known here or not."""
    new = {row.offset for row in planned.index}
    found: dict[str, list[Standing]] = {subject: [] for subject in loaded.streams}
    for raw, said in items:
        if isinstance(said, Sound) and said.subject in found:
            known = loaded.indexed.get(said.identity)
            if raw.offset in new or (known is not None and known.offset == raw.offset):
                found[said.subject].append(Standing(raw.offset, said.record))
    return found
