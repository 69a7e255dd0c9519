"""A worker: fetches into the real backlog, applies in lanes over the real cache, and switches readers in the end.

Modelled after `processors.projector`, `.worker` and `.batches`: a rebalance drops what is queued and begins again at
the positions, a hole is asked for, of a batch that was sent back nothing older is taken, and who has lag and nothing to
do ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from ledger.record import Batch
from processors.backlog import Backlog, Sent
from processors.continuity import assert_log_holds
from projections.store.cache import StateCache
from projections.store.plan import Rewind
from tests.simulation.broker import Broker
from tests.simulation.lane import Lane
from tests.simulation.schedule import Ended, Steps, Wait
from tests.simulation.switching import is_worth_a_try, switch
from tests.simulation.tables import Generation, Tables

FETCHED_AT_MOST = 6


@dataclass
class Group:
    """Workers of one version: who has which partition, as Kafka sees it. `slips`: how often a fetch goes astray."""

    fingerprint: str
    members: int
    dice: Random
    owners: dict[int, int] = field(default_factory=dict)
    epoch: int = 0
    slips: float = 0.0

    def rebalance(self, partitions: int) -> None:
        """Everybody gets others; who does not know of it yet goes on with what it had."""
        self.epoch += 1
        self.owners = {number: self.dice.randrange(self.members) for number in range(partitions)}


class Worker:
    """One member of a group, with so many lanes."""

    def __init__(self, tables: Tables, broker: Broker, group: Group, number: int, lanes: int) -> None:
        self._tables, self._broker, self._group, self._number = tables, broker, group, number
        self._backlog, self._cache = Backlog(), StateCache()
        self._lanes = [Lane(tables, broker, group.fingerprint, self._cache) for _ in range(lanes)]
        self._following: dict[int, int] = {}
        self._applied: dict[int, int] = {}
        self._epoch = -1
        self._tried_at = -1
        self._generation = tables.newest(group.fingerprint) or tables.make_generation(group.fingerprint)
        self._switching = tables.connect()

    def tasks(self) -> Sequence[Steps]:
        """Fetching, lanes, and the look at whose tables readers see."""
        return [self._fetch(), *(self._run(lane) for lane in self._lanes), self._switch()]

    def end(self) -> None:
        """Its sessions end."""
        self.let_go()

    def let_go(self) -> None:
        """Also where it is but frozen."""
        for session in [self._switching, *(lane.session for lane in self._lanes if lane.session)]:
            if session.is_open:
                self._tables.end(session)

    # Fetching -----------------------------------------------------------------------------------------

    def _fetch(self) -> Steps:
        dice, ends = self._group.dice, self._broker.ends
        while True:
            yield Wait("fetch", self._has_to_read)
            if not self._behind() and self._is_stuck():
                raise Ended
            if self._epoch != self._group.epoch:
                yield from self._rebalanced()
                continue
            partition = dice.choice(self._behind())
            since = self._following[partition]
            records = self._broker.read(partition, since, ends[partition], dice.randint(1, FETCHED_AT_MOST))
            if not records:
                continue
            self._following[partition] = records[-1].offset + 1
            slip = dice.random() if self._group.slips else 1.0
            if slip < self._group.slips / 2:
                continue  # what was fetched is lost on its way to the agent
            if slip < self._group.slips:
                self._following[partition] = dice.randint(0, self._following[partition])  # read once more
            self._backlog.add(Batch(partition, records))

    def _has_to_read(self) -> bool:
        ends = self._broker.ends
        return (
            self._epoch != self._group.epoch
            or any(offset < ends[number] for number, offset in self._following.items())
            or self._is_stuck()
        )

    def _is_stuck(self) -> bool:
        """What the watchdog looks for: there is something to be applied, and nothing to do."""
        ends = self._broker.ends
        return not self._backlog.partitions and any(offset < ends[number] for number, offset in self._applied.items())

    def _behind(self) -> list[int]:
        return [number for number, offset in self._following.items() if offset < self._broker.ends[number]]

    def _rebalanced(self) -> Steps:
        """What `Projector.revoke` and `_Worker._positions` do: everything is taken away, and some of it given back."""
        self._epoch = self._group.epoch
        gone = set(self._following)
        self._following, self._applied = {}, {}
        self._backlog.forget(gone)
        yield Wait("revoked", lambda: not gone & self._backlog.busy)
        self._backlog.forget(gone)
        newest = self._tables.newest(self._group.fingerprint)
        assert newest is not None
        self._generation = newest
        own = [number for number, owner in self._group.owners.items() if owner == self._number]
        positions = {number: newest.next(number) for number in own}
        read = {number: max(positions[number], self._tables.permanent.positions[number].next) for number in own}
        assert_log_holds(positions, read, dict.fromkeys(own, 0), self._broker.ends)
        yield "assigned"
        self._following = {number: max(0, position - 1) for number, position in positions.items()}
        self._applied = positions

    # Applying -----------------------------------------------------------------------------------------

    def _run(self, lane: Lane) -> Steps:
        while True:
            yield Wait("take", lambda: self._backlog.has_work)
            batch = self._backlog.take()
            try:
                applied = yield from lane.apply(batch)
                if batch.partition in self._applied:
                    self._applied[batch.partition] = applied.next
            except Rewind as rewind:
                yield from self._send_back(rewind)
            self._backlog.busy.discard(batch.partition)

    def _send_back(self, rewind: Rewind) -> Steps:
        yield "ask for the first"
        first = self._broker.first_at(rewind.partition, rewind.offset)
        first = rewind.offset if first is None else first
        self._backlog.send_back(rewind.partition, Sent(rewind.offset, first))
        yield "seek"
        if rewind.partition in self._following:
            self._following[rewind.partition] = first

    def _switch(self) -> Steps:
        while True:
            yield Wait("switch", self._may_switch)
            self._tried_at = self._tables.commits
            if not self._switching.is_open:
                self._switching = self._tables.connect()
            yield from switch(self._tables, self._switching, self._generation)

    def _may_switch(self) -> bool:
        return self._tried_at != self._tables.commits and is_worth_a_try(self._tables, self._generation)


__all__ = ["Generation", "Group", "Worker"]
