"""Entities folded again: where their events stand is said by the index, what they say by Kafka."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, NamedTuple

from audit.explain.explanation import Told
from ledger.codec import Examiner, Sound
from ledger.errors import LedgerUnsound
from ledger.event import types
from ledger.partition import partition_of
from ledger.topics import PARTITIONS
from projections.families import FAMILIES
from projections.family import State
from projections.store.restate import Stream
from projections.store.rows import NOBODY_ASKS, Standing
from projections.store.streams import Fetch

STREAMS_AT_ONCE = 500

Report = Callable[[int, int], None]
"""Called with the streams that were read again so far, and with how many there are in all."""


def silent(done: int, total: int) -> None:
    """Nobody looks."""


class Refolded(NamedTuple):
    """A stream read again: `state` is None where nothing of it stands."""

    subject: str
    partition: int
    state: State | None
    standing: Sequence[Standing]

    def told(self, most: int) -> list[Told]:
        """The first events, where each of them stands."""
        return [_told(self.partition, one) for one in self.standing[:most]]


class Ledger:
    """The ledger as far as a generation has read it, asked for single streams."""

    def __init__(self, cursor: Any, generation: str, fetch: Fetch, report: Report) -> None:
        self._cursor, self._fetch, self._report = cursor, fetch, report
        self._examiner = Examiner(PARTITIONS)
        cursor.execute(f"select partition, next from {generation}.position order by partition")
        self.until: dict[int, int] = dict(cursor.fetchall())

    def refold(self, subjects: Collection[str]) -> Iterator[Refolded]:
        """The streams, each as the pure folds make it of its records, a corrected one with its corrections.

        Raises `OutcomeUnknown` where Kafka is away, `LedgerUnsound` where it holds something else than was applied.
        """
        by_partition: dict[int, list[str]] = {}
        done = 0
        for subject in subjects:
            by_partition.setdefault(partition_of(subject.encode(), PARTITIONS), []).append(subject)
        for partition, own in sorted(by_partition.items()):
            for first in range(0, len(own), STREAMS_AT_ONCE):
                some = own[first : first + STREAMS_AT_ONCE]
                yield from self._of_partition(partition, some)
                done += len(some)
                self._report(done, len(subjects))

    def _of_partition(self, partition: int, subjects: Collection[str]) -> Iterator[Refolded]:
        self._cursor.execute(
            f"select subject, ledger_offset, encode(content, 'hex') from shanzhi.event_index_{partition} "
            "where subject = any(%s) and ledger_offset < %s order by ledger_offset",
            (list(subjects), self.until[partition]),
        )
        places = self._cursor.fetchall()
        records = self._fetch(partition, {offset for _, offset, _ in places}) if places else {}
        streams: dict[str, list[Standing]] = {subject: [] for subject in sorted(subjects)}
        for subject, offset, content in places:
            said = self._examiner.examine(records[offset], partition) if offset in records else None
            if not isinstance(said, Sound) or said.content != content:
                raise LedgerUnsound(
                    f"总账 {partition}:{offset} 处不是当初入账的内容 · the ledger does not hold there what was applied",
                    "从归档恢复总账 · Restore the ledger from its archive; see docs/why/one-ledger.md.",
                )
            streams[subject].append(Standing(offset, said.record))
        for subject, standing in streams.items():
            stream = Stream(FAMILIES[subject.partition("/")[0]], [], None)
            stream.follow(standing, NOBODY_ASKS)
            yield Refolded(subject, partition, stream.state, standing)


def _told(partition: int, one: Standing) -> Told:
    record = one.record
    position = f"{partition}:{one.offset}"
    if record is None:
        return Told(position=position, type=None, time=None, authid=None)
    return Told(position=position, type=types[type(record.event)], time=record.time, authid=record.authid)
