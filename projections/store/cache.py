"""States of entities that were touched lately, by partition: sound while the locked position is where we left it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from projections.family import State

BYTES_PER_PARTITION = 4 * 1024 * 1024  # some 2,000 states; twice as many spare one load in a hundred
_STATE_BYTES, _ITEM_BYTES = 1_500, 300  # of a state with nothing in its lists, and of one thing in them, about


@dataclass
class _Held:
    states: OrderedDict[str, State] = field(default_factory=OrderedDict)
    sizes: dict[str, int] = field(default_factory=dict)
    bytes_held: int = 0


class StateCache:
    """An LRU for each partition, bounded by what its states hold, about. One lane at a time uses a partition, so there
    is no lock."""

    def __init__(self) -> None:
        self._at: dict[int, tuple[str, int]] = {}
        self._held: dict[int, _Held] = {}

    def states(self, partition: int, generation: str, next_offset: int) -> Mapping[str, State]:
        """The partition's states, empty where generation or position are not the ones that they belong to."""
        if self._at.get(partition) != (generation, next_offset):
            self.drop(partition)
        return self._held.setdefault(partition, _Held()).states

    def keep(
        self, partition: int, generation: str, next_offset: int, touched: Iterable[Mapping[str, State | None]]
    ) -> None:
        """Remembers what was just committed at that position; None: there is no such entity any more."""
        held = self._held.setdefault(partition, _Held())
        for some in touched:
            for subject, state in some.items():
                held.bytes_held -= held.sizes.pop(subject, 0)
                if state is None:
                    held.states.pop(subject, None)
                    continue
                held.states[subject] = state
                held.states.move_to_end(subject)
                held.sizes[subject] = size = _bytes_of(state)
                held.bytes_held += size
        while held.bytes_held > BYTES_PER_PARTITION:
            oldest, _ = held.states.popitem(last=False)
            held.bytes_held -= held.sizes.pop(oldest)
        self._at[partition] = (generation, next_offset)

    def drop(self, partition: int) -> None:
        """Forgets a partition: after an error, a revocation or a moved position."""
        self._at.pop(partition, None)
        self._held.pop(partition, None)


def _bytes_of(state: State) -> int:
    """What it holds, about: long texts and long lists, like a survey's thousand cards, make it large."""
    size = _STATE_BYTES
    for value in msgspec.structs.astuple(state):
        if type(value) is str:
            size += len(value)
        elif type(value) is tuple:
            size += len(value) * _ITEM_BYTES
    return size
