"""Whether what the clock told was so: the deadline ran, as far as the tables had to know when it was told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ledger.codec import EPOCH
from ledger.partition import partition_of
from ledger.record import Batch
from processors.clock.told import told
from projections.family import Deadline
from projections.store.memory import MemoryStore
from tests.simulation.ticking import rulebook

if TYPE_CHECKING:
    from tests.simulation.world import World


def told_though_met(world: World) -> list[str]:
    """Ids of the events of the clock whose deadline had been met by what was recorded before `told_until`."""
    waiting: dict[int, dict[str, list[tuple[str, datetime]]]] = {}
    for (source, id_), until in world.tables.told_until.items():
        subject = world.tables.permanent.outbox[source, id_].stored.key.decode()
        of_partition = waiting.setdefault(partition_of(subject.encode(), world.tables.partitions), {})
        of_partition.setdefault(subject, []).append((id_, until))
    return [id_ for partition, subjects in waiting.items() for id_ in _never_ran(world, partition, subjects)]


def _never_ran(world: World, partition: int, subjects: dict[str, list[tuple[str, datetime]]]) -> set[str]:
    """Record by record: after which did the deadline run?"""
    left = {id_ for some in subjects.values() for id_, _ in some}
    store, records = MemoryStore(world.tables.partitions), world.broker.partitions[partition]
    for number, raw in enumerate(records):
        store.apply(Batch(partition, [raw], 0))
        if not left:
            break
        following = records[number + 1 : number + 2]
        next_stamp = EPOCH + timedelta(milliseconds=following[0].timestamp) if following else None
        for subject, some in subjects.items():
            known = {id_ for id_, until in some if next_stamp is None or next_stamp >= until}
            if known & left:
                left -= known & set(_running(store, subject))
    return left


def _running(store: MemoryStore, subject: str) -> Iterator[str]:
    """Ids of the events that the clock would tell of the subject's deadlines."""
    book = rulebook()
    for place, deadline in store.deadlines.items():
        due = book.due_of(subject.partition("/")[0], deadline) if place.subject == subject else None
        if due is not None:
            yield from _ids(subject, deadline, due, book.version_at(deadline.started_at).word)


def _ids(subject: str, deadline: Deadline, due: datetime, rule: str) -> Iterator[str]:
    return (event["id"] for event in told(subject, deadline, due, rule, None))
