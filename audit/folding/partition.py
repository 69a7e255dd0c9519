"""One partition folded from its beginning: states by subject, what made no sense, who told how much. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from audit.folding.counted import Counting
from audit.folding.keep import Keep
from ledger.correction import Correction
from ledger.record import Batch
from projections.families import FAMILIES
from projections.family import State
from projections.store.plan import fold, record_hash
from projections.store.restate import Stream
from projections.store.rows import NOBODY_ASKS, Loaded, Plan, Standing
from projections.store.sums import Sums, add_shares, compare_deadlines, mark


class PartitionFold:
    """Batches in their order first, then the streams that corrections speak of, each as a whole."""

    def __init__(self, partition: int, keep: Keep, counting: Counting) -> None:
        self.plan = Plan(partition, 0, None, 0)
        self.states: dict[str, State] = {}
        self.corrected: set[str] = set()
        self._keep, self._counting = keep, counting

    def take(self, batch: Batch) -> bool:
        """Folds a batch; False where what follows was recorded too late."""
        early = self._keep.recorded(batch)
        if early is None:
            return False
        counted = self._keep.happened(self._counting.counted(early, self.plan))
        mark(counted, self.plan)
        self.corrected |= {record.subject for record in counted if isinstance(record.event, Correction)}
        later = dict.fromkeys(self.corrected)
        for after in fold(counted, Loaded(0, None, 0, {}, self.states, streams=later), self.plan).values():
            self.states.update(after)  # type: ignore[arg-type]  # nothing is taken back outside corrected streams
        last = early.records[-1]
        self.plan.next = self.plan.index_next = last.offset + 1
        self.plan.last_hash = record_hash(last)
        return len(early.records) == len(batch.records)

    def restate(self, streams: Iterable[tuple[str, Sequence[Standing]]]) -> None:
        """Folds the corrected streams, each given with all that stands in it."""
        self.plan.anomalies = [row for row in self.plan.anomalies if row.subject not in self.corrected]
        for subject, own in streams:
            stream = Stream(FAMILIES[subject.partition("/")[0]], [], None)
            stream.follow(self._kept(own), NOBODY_ASKS)
            self.plan.anomalies += stream.anomalies.values()
            self.states.pop(subject, None)
            if stream.state is not None:
                self.states[subject] = stream.state

    def families(self) -> Iterator[tuple[str, dict[str, State]]]:
        """The states by family, each in order of subjects; clocks that run on them go into the plan."""
        own: dict[str, dict[str, State]] = {}
        for subject, state in sorted(self.states.items()):
            own.setdefault(subject.partition("/")[0], {})[subject] = state
        for name in FAMILIES:
            if name in own:
                compare_deadlines(name, own[name], {}, self.plan)
                yield name, own[name]

    def _kept(self, own: Iterable[Standing]) -> Iterator[Standing]:
        for one in own:
            if one.record is None or self._keep.happened([one.record]):
                yield one


def add_contributions(sums: Sums, name: str, states: Iterable[State]) -> None:
    """Adds what entities of a family come to, each once."""
    contribute = FAMILIES[name].contribute
    for state in states:
        add_shares(sums, contribute(state), 1)


