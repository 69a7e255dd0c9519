"""The store in memory: the second implementation that the laws are held against, and simulations run on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from ledger.codec import Examiner, Sound
from ledger.record import Batch, RawRecord
from projections.family import Deadline, State
from projections.store import restate
from projections.store.plan import judge, plan
from projections.store.rows import (
    AnomalyRow,
    Clock,
    Indexed,
    IndexRow,
    Key,
    Loaded,
    Mark,
    Plan,
    QuarantineRow,
    RequestRow,
    Standing,
)


@dataclass
class PartitionPosition:
    """Where one partition stands. Records below `reacted` were asked before what follows from them."""

    next: int = 0
    last_hash: str | None = None
    repeats: int = 0
    gaps: int = 0
    reacted: int = 0


@dataclass
class MemoryStore:
    """All tables as dictionaries, and the log. `tallies[table][key]` is (measures…, contributors)."""

    partitions: int
    positions: dict[int, PartitionPosition] = field(default_factory=dict)
    index: dict[tuple[int, str], IndexRow] = field(default_factory=dict)
    quarantine: dict[tuple[int, int], QuarantineRow] = field(default_factory=dict)
    anomalies: dict[tuple[int, int], AnomalyRow] = field(default_factory=dict)
    entities: dict[str, State] = field(default_factory=dict)
    deadlines: dict[Clock, Deadline] = field(default_factory=dict)
    watermarks: dict[tuple[int, str, date], Mark] = field(default_factory=dict)
    requests: dict[str, RequestRow] = field(default_factory=dict)
    tallies: dict[str, dict[Key, tuple[int, ...]]] = field(default_factory=dict)
    log: dict[tuple[int, int], RawRecord] = field(default_factory=dict)

    def apply(self, batch: Batch) -> Plan | None:
        """Applies one batch, as `apply.Lane` does to PostgreSQL."""
        judged = judge(batch, Examiner(self.partitions))
        position = self.positions.setdefault(batch.partition, PartitionPosition())
        self.log |= {(batch.partition, raw.offset): raw for raw in batch.records}
        indexed = {
            name: Indexed(row.offset, row.content)
            for name in judged.identities()
            if (row := self.index.get((batch.partition, name)))
        }
        loaded = Loaded(
            position.next,
            position.last_hash,
            position.next,
            indexed,
            {subject: self.entities[subject] for subject in judged.subjects() & self.entities.keys()},
            reacted=position.reacted,
            streams={
                subject: self.stream(batch.partition, subject, position.next)
                for subject in judged.corrected(position.next, indexed)
            },
        )
        planned = plan(judged, loaded)
        if planned:
            self._write(planned)
        return planned

    def stream(self, partition: int, subject: str, below: int) -> list[Standing] | None:
        """What stands in a stream below an offset, None where that is too much to correct."""
        examiner = Examiner(self.partitions)
        offsets = sorted(
            row.offset
            for (number, _), row in self.index.items()
            if number == partition and row.subject == subject and row.offset < below
        )
        if len(offsets) > restate.STREAM_RECORDS:
            return None
        said = [examiner.examine(self.log[partition, offset], partition) for offset in offsets]
        return [
            Standing(offset, one.record if isinstance(one, Sound) else None)
            for offset, one in zip(offsets, said, strict=True)
        ]

    def _write(self, planned: Plan) -> None:
        self.move_position(planned)
        self.write_rows(planned)

    def move_position(self, planned: Plan) -> None:
        """The partition stands where the plan ends."""
        position = self.positions.setdefault(planned.partition, PartitionPosition())
        position.next, position.last_hash = planned.next, planned.last_hash
        position.reacted = max(position.reacted, planned.next)
        position.repeats += planned.repeats
        position.gaps += planned.gaps

    def write_rows(self, planned: Plan) -> None:
        """Everything of a plan but the position."""
        partition = planned.partition
        self.index |= {(partition, row.identity): row for row in planned.index}
        self.quarantine |= {(partition, row.offset): row for row in planned.quarantine}
        for offset in planned.forgotten:
            self.anomalies.pop((partition, offset), None)
        self.anomalies |= {(partition, row.offset): row for row in planned.anomalies}
        for rows in planned.entities.values():
            self.entities |= {row.subject: row.state for row in rows}
        for subject in (subject for gone in planned.gone.values() for subject in gone):
            del self.entities[subject]
        for clock in planned.met:
            del self.deadlines[clock]
        self.deadlines |= {row.clock: row.deadline for row in planned.deadlines}
        for (source, day), mark in planned.marks.items():
            known = self.watermarks.get((partition, source, day))
            self.watermarks[partition, source, day] = known.and_also(mark) if known else mark
        for asked in planned.requests:
            self.requests.setdefault(asked.id, asked)
        self._add(planned)

    def _add(self, planned: Plan) -> None:
        for tally, deltas in planned.tallies.items():
            table = self.tallies.setdefault(tally.table, {})
            for row in deltas:
                added = (*row.deltas, row.contributors)
                before = table.get(row.key, (0,) * len(added))
                table[row.key] = tuple(old + new for old, new in zip(before, added, strict=True))
                if table[row.key][-1] == 0:
                    del table[row.key]
