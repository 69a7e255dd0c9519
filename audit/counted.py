"""Which records of a scan count, and what they speak of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from audit.references import references
from ledger.codec import Sound
from ledger.record import RawRecord
from projections.family import State
from projections.store.load import load_indexed, load_states
from projections.store.rows import Judged

Item = tuple[RawRecord, Sound]


def counting(cursor: Any, partition: int, items: Iterable[Item]) -> list[Item]:
    """Those records of a partition that count: the index names their own offset."""
    items = list(items)
    indexed = load_indexed(cursor, Judged(partition, list(items)))
    return [
        (raw, said)
        for raw, said in items
        if said.identity in indexed and indexed[said.identity].offset == raw.offset
    ]


def spoken_of(cursor: Any, items: Sequence[Item]) -> Iterator[frozenset[str]]:
    """For each record, what its event, its subject and its entity, as it stands now, refer to."""
    subjects = {said.subject for _, said in items if said.record}
    states = {subject: _of_state(state) for subject, state in load_states(cursor, subjects, {}).items()}
    for raw, said in items:
        own = references(msgspec.json.decode(raw.value or b"null")["data"])
        yield frozenset(own) | states.get(said.subject, frozenset()) | {said.subject}


def _of_state(state: State) -> frozenset[str]:
    return frozenset(references(msgspec.to_builtins(state)))
