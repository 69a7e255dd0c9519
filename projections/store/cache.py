"""States of entities that were touched lately, by partition: sound while the locked position is where we left it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping

import msgspec

from projections.family import State

STATES_PER_PARTITION = 2_000  # twice as many spare one load in a hundred
TEXT_PER_STATE = 2_000  # characters; longer ones are loaded again, else long complaints would fill the memory


class StateCache:
    """A bounded LRU for each partition. One lane at a time uses a partition, so there is no lock."""

    def __init__(self) -> None:
        self._at: dict[int, tuple[str, int]] = {}
        self._states: dict[int, OrderedDict[str, State]] = {}

    def states(self, partition: int, generation: str, next_offset: int) -> OrderedDict[str, State]:
        """The partition's states, empty where generation or position are not the ones that they belong to."""
        if self._at.get(partition) != (generation, next_offset):
            self.drop(partition)
        return self._states.setdefault(partition, OrderedDict())

    def keep(
        self, partition: int, generation: str, next_offset: int, touched: Iterable[Mapping[str, State | None]]
    ) -> None:
        """Remembers what was just committed at that position; None: there is no such entity any more."""
        states = self._states.setdefault(partition, OrderedDict())
        for some in touched:
            for subject, state in some.items():
                if state is not None and _characters(state) <= TEXT_PER_STATE:
                    states[subject] = state
                    states.move_to_end(subject)
                else:
                    states.pop(subject, None)
        while len(states) > STATES_PER_PARTITION:
            states.popitem(last=False)
        self._at[partition] = (generation, next_offset)

    def drop(self, partition: int) -> None:
        """Forgets a partition: after an error, a revocation or a moved position."""
        self._at.pop(partition, None)
        self._states.pop(partition, None)


def _characters(state: State) -> int:
    return sum([len(value) for value in msgspec.structs.astuple(state) if type(value) is str])
