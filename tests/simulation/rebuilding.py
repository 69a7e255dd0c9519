"""A rebuild: the phases of `audit.rebuild`, over the project's own fold of a partition.

Modelled are the transactions: each partition is committed by itself, tallies at the end, then the last stretch with a
lane, and one transaction that switches with the readers' positions held still.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from functools import partial

from audit.folding.counted import Afresh, ByIndex, Counting
from audit.folding.keep import EVERYTHING
from audit.folding.partition import PartitionFold, add_contributions
from audit.rebuild.catching_up import behind, refuse_going_back
from ledger.codec import Examiner
from ledger.errors import OutcomeUnknown, StoreUnsound
from ledger.record import Batch
from projections.store.cache import StateCache
from projections.store.generation import UNDER_CONSTRUCTION
from projections.store.memory import PartitionPosition
from projections.store.rows import Standing
from projections.store.sums import Sums
from tests.simulation.broker import Broker
from tests.simulation.indexing import Shadow, swap
from tests.simulation.lane import Lane
from tests.simulation.schedule import Steps
from tests.simulation.switching import NEAR_RECORDS, hold_live
from tests.simulation.tables import Away, Generation, Tables

ATTEMPTS = 6
READ_AT_ONCE = 4


class Rebuild:
    """One run of the command. `with_index`: the event index is made anew too."""

    def __init__(self, tables: Tables, broker: Broker, fingerprint: str, with_index: bool) -> None:
        self._tables, self._broker, self._fingerprint = tables, broker, fingerprint
        self._with_index = with_index
        self._session, self._folding = tables.connect(), tables.connect()
        self._lane: Lane | None = None
        self._shadow = Shadow(tables)

    def tasks(self) -> Sequence[Steps]:
        """It ends by itself."""
        return [self._run()]

    def end(self) -> None:
        """What it has begun stays until another one drops it."""
        self.let_go()

    def let_go(self) -> None:
        """PostgreSQL ends its sessions."""
        for session in (self._session, self._folding, self._lane and self._lane.session):
            if session and session.is_open:
                self._tables.end(session)

    def _run(self) -> Steps:
        try:
            if self._tables.keep(self._session, "builder"):
                yield from self._work()
        except (Away, OutcomeUnknown, StoreUnsound):
            yield "rebuild: failed"
        self.let_go()

    def _work(self) -> Steps:
        tables, session = self._tables, self._session
        yield "rebuild: drop what was left"
        tables.commit(session, self._drop_leftovers)
        until = indexed(tables)
        yield from tables.lock(session, "generations")
        yield "rebuild: begin"
        made: list[Generation] = []
        tables.commit(session, lambda: made.append(tables.make_generation(UNDER_CONSTRUCTION + self._fingerprint)))
        (generation,) = made
        yield from self._fold(generation, until)
        if self._with_index:
            yield from swap(tables, self._broker, session, self._shadow, ATTEMPTS)
        self._lane = Lane(tables, self._broker, self._fingerprint, StateCache(), generation, gives_up=True)
        yield from self._come_near(self._lane, generation)
        for _ in range(ATTEMPTS):
            yield from self._switch(self._lane, generation)
            if tables.readers is generation:
                return
        raise OutcomeUnknown("Not switched", "Rebuild again.")

    def _drop_leftovers(self) -> None:
        for one in self._tables.under_construction():
            del self._tables.generations[one.number]

    # The bulk -----------------------------------------------------------------------------------------

    def _fold(self, generation: Generation, until: Mapping[int, int]) -> Steps:
        sums: Sums = {}
        for partition, end in sorted(until.items(), key=lambda one: -one[1]):
            yield "rebuild: fold a partition"
            self._tables.ask(self._folding)
            folded = self._folded(partition, end)
            yield "rebuild: commit a partition"
            self._tables.commit(self._folding, partial(self.write_partition, generation, folded, sums))
        yield "rebuild: tallies"
        self._tables.commit(self._folding, partial(write_sums, generation, sums))

    def _folded(self, partition: int, until: int) -> PartitionFold:
        """As `audit.folding.task.Task.fold`."""
        examiner = Examiner(self._tables.partitions)
        counting = Afresh(examiner, {}) if self._with_index else self._by_index(examiner, partition)
        folded = PartitionFold(partition, EVERYTHING, counting)
        records = self._broker.read(partition, 0, until)
        for first in range(0, len(records), READ_AT_ONCE):
            folded.take(Batch(partition, records[first : first + READ_AT_ONCE], 0))
            if self._with_index:
                self._shadow.take(folded.plan)
        if folded.corrected:
            folded.restate(self._streams(folded, counting))
        if self._with_index:
            self._shadow.stand(folded.plan)
        return folded

    def write_partition(self, generation: Generation, folded: PartitionFold, sums: Sums) -> None:
        """As `audit.folding.written.write_partition`: everything but the tallies, which are summed."""
        store, plan = generation.store, folded.plan
        for name, states in folded.families():
            store.entities |= states
            add_contributions(sums, name, states.values())
        store.anomalies |= {(plan.partition, row.offset): row for row in plan.anomalies}
        store.deadlines |= {row.clock: row.deadline for row in plan.deadlines}
        store.watermarks |= {(plan.partition, source, day): mark for (source, day), mark in plan.marks.items()}
        store.positions[plan.partition] = PartitionPosition(plan.next, plan.last_hash)

    def _by_index(self, examiner: Examiner, partition: int) -> ByIndex:
        rows = [row for (number, _), row in self._tables.permanent.index.items() if number == partition]
        known = array("q", sorted(row.offset for row in rows if not row.unfolded))
        return ByIndex(examiner, known, frozenset(row.offset for row in rows if row.unfolded))

    def _streams(self, folded: PartitionFold, counting: Counting) -> list[tuple[str, list[Standing]]]:
        partition, index = folded.plan.partition, self._tables.permanent.index
        if self._with_index:
            index = self._shadow.index
        found: dict[str, list[int]] = {subject: [] for subject in sorted(folded.corrected)}
        for (number, _), row in index.items():
            if number == partition and row.subject in found and row.offset < folded.plan.next:
                found[row.subject].append(row.offset)
        records = self._broker.records
        return [
            (subject, [counting.place(records[partition, offset], partition) for offset in sorted(offsets)])
            for subject, offsets in found.items()
        ]

    # The last stretch ---------------------------------------------------------------------------------

    def _come_near(self, lane: Lane, generation: Generation) -> Steps:
        while True:
            yield "rebuild: come near"
            self._tables.ask(self._session)
            since, until = standing(self._tables, generation), indexed(self._tables)
            if behind(since, until) <= NEAR_RECORDS // 2:
                return
            yield from self.catch_up(lane, since, until)

    def _switch(self, lane: Lane, generation: Generation) -> Steps:
        """Readers are held still, what is left is folded, and they are switched; not where that is too much."""
        tables, session = self._tables, self._session
        yield from tables.lock(session, "generations")
        yield from hold_live(tables, session)
        refuse_going_back(f"generation_{tables.current}", f"generation_{generation.number}")
        yield from self.hold_followed()
        since, until = standing(tables, generation), indexed(tables)
        if behind(since, until) > NEAR_RECORDS:
            tables.release(session)
            yield "rebuild: once more"
            return
        yield from self.catch_up(lane, since, until)
        yield "rebuild: commit the switch"
        tables.commit(session, partial(self._hand_over, generation))

    def hold_followed(self) -> Steps:
        """What the workers of these folds follow, where readers see another one: they may not get ahead of ours."""
        followed = self._tables.newest(self._fingerprint)
        if followed is not None and followed is not self._tables.readers:
            for number in range(self._tables.partitions):
                yield from self._tables.lock(self._session, ("position", followed.number, number))

    def _hand_over(self, generation: Generation) -> None:
        generation.fingerprint = self._fingerprint
        self._tables.show(generation)

    def catch_up(self, lane: Lane, since: Mapping[int, int], until: Mapping[int, int]) -> Steps:
        """Folds what came in meanwhile, as live."""
        for partition, end in until.items():
            records = self._broker.read(partition, since[partition], end)
            if records:
                yield from lane.apply(Batch(partition, records, since[partition]))


def indexed(tables: Tables) -> dict[int, int]:
    """How far the index has read."""
    return {number: position.next for number, position in tables.permanent.positions.items()}


def standing(tables: Tables, generation: Generation) -> dict[int, int]:
    """Where a generation stands."""
    return {number: generation.next(number) for number in range(tables.partitions)}


def write_sums(generation: Generation, sums: Sums) -> None:
    """As `audit.folding.written.write_sums`."""
    for tally, rows in sums.items():
        generation.store.tallies[tally.table] = {key: tuple(row) for key, row in rows.items()}
