"""The store in memory: the second implementation that the laws are held against, and simulations run on."""

from __future__ import annotations

from dataclasses import dataclass, field

from ledger.codec import Examiner
from ledger.record import Batch
from projections.family import State
from projections.store.plan import (
    AnomalyRow,
    Indexed,
    IndexRow,
    Key,
    Loaded,
    Plan,
    QuarantineRow,
    judge,
    plan,
)


@dataclass
class PartitionPosition:
    """Where one partition stands."""

    next: int = 0
    last_hash: str | None = None
    repeats: int = 0
    gaps: int = 0


@dataclass
class MemoryStore:
    """All tables as dictionaries. `tallies[table][key]` is (measures…, contributors)."""

    partitions: int
    positions: dict[int, PartitionPosition] = field(default_factory=dict)
    index: dict[tuple[int, str], IndexRow] = field(default_factory=dict)
    quarantine: dict[tuple[int, int], QuarantineRow] = field(default_factory=dict)
    anomalies: dict[tuple[int, int], AnomalyRow] = field(default_factory=dict)
    entities: dict[str, State] = field(default_factory=dict)
    tallies: dict[str, dict[Key, tuple[int, ...]]] = field(default_factory=dict)

    def apply(self, batch: Batch) -> Plan | None:
        """Applies one batch, as `apply.Lane` does to PostgreSQL."""
        judged = judge(batch, Examiner(self.partitions))
        position = self.positions.setdefault(batch.partition, PartitionPosition())
        indexed = {
            name: Indexed(row.offset, row.content)
            for name in judged.identities()
            if (row := self.index.get((batch.partition, name)))
        }
        states = {subject: self.entities[subject] for subject in judged.subjects() & self.entities.keys()}
        loaded = Loaded(position.next, position.last_hash, position.next, indexed, states)
        planned = plan(judged, loaded)
        if planned:
            self._write(planned)
        return planned

    def _write(self, planned: Plan) -> None:
        position = self.positions[planned.partition]
        position.next, position.last_hash = planned.next, planned.last_hash
        position.repeats += planned.repeats
        position.gaps += planned.gaps
        self.index |= {(planned.partition, row.identity): row for row in planned.index}
        self.quarantine |= {(planned.partition, row.offset): row for row in planned.quarantine}
        self.anomalies |= {(planned.partition, row.offset): row for row in planned.anomalies}
        for rows in planned.entities.values():
            self.entities |= {row.subject: row.state for row in rows}
        for tally, deltas in planned.tallies.items():
            table = self.tallies.setdefault(tally.table, {})
            for row in deltas:
                added = (*row.deltas, row.contributors)
                before = table.get(row.key, (0,) * len(added))
                table[row.key] = tuple(old + new for old, new in zip(before, added, strict=True))
                if table[row.key][-1] == 0:
                    del table[row.key]
