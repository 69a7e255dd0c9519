"""Whoever was forgotten stays so after a restore: a backup may be older than the forgetting, the ledger is not."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from audit.forgetting import SOURCE, forget_again
from ledger.codec import Examiner, Sound
from ledger.events.person import PersonForgotten
from ledger.reader import Reader
from ledger.topics import PARTITIONS

_SPOKEN = b"person.forgotten"


def forgotten_in(bootstrap: str, report: Callable[[int, int], None] = lambda done, total: None) -> list[str]:
    """Every owner of whom `shanzhi forget` told the ledger, sorted; no other source destroys keys.

    Raises `OutcomeUnknown` where Kafka is away.
    """
    owners, examiner, done = set(), Examiner(PARTITIONS), 0
    with Reader(bootstrap) as reader:
        total = sum(reader.ends.values())
        for batch in reader.batches(reader.starts, reader.ends):
            done += len(batch.records)
            for raw in batch.records:
                if raw.value is None or _SPOKEN not in raw.value:
                    continue
                said = examiner.examine(raw, batch.partition)
                record = said.record if isinstance(said, Sound) else None
                if record and record.source == SOURCE and isinstance(record.event, PersonForgotten):
                    owners.add(record.event.owner or record.subject)
            report(done, total)
    return sorted(owners)


def reapply_forgotten(cursor: Any, owners: Collection[str]) -> None:
    """Destroys what was restored of them, in the same transaction."""
    if owners:
        forget_again(cursor, owners)
