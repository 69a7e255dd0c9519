"""Kafka in memory: partitions that only grow, and producers whose records may arrive, or not, or without a word.

Modelled after `ledger.writer`: one producer keeps the order of a partition, and is given up with all that it holds
once a record of it was not acknowledged.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from ledger.codec import EPOCH
from ledger.errors import OutcomeUnknown
from ledger.record import StoredRecord
from ledger.submission import Stored
from ledger.writer import Receipt

Answer = Receipt | OutcomeUnknown


@dataclass
class Flying:
    """A record on its way, as `ledger.writer.Pending` is."""

    stored: Stored
    key: bytes | None
    value: bytes | None
    partition: int
    answer: Answer | None = None
    done: Callable[[Answer], None] = lambda _: None

    def then(self, done: Callable[[Answer], None]) -> None:
        """Whom to tell what became of it."""
        self.done = done

    def settle(self, answer: Answer) -> None:
        """Tells it, once."""
        self.answer = answer
        self.done(answer)


@dataclass
class Producer:
    """As `ledger.writer.Sending` is. `is_still`: its process is frozen, and sends nothing."""

    partitions: int
    is_still: Callable[[], bool]
    is_given_up: bool = False
    flying: deque[Flying] = field(default_factory=deque)

    def send_raw(self, stored: Stored, key: bytes | None, value: bytes | None, partition: int) -> Flying:
        """Raises `OutcomeUnknown` once it was given up."""
        if self.is_given_up:
            raise unknown()
        one = Flying(stored, key, value, partition % self.partitions)
        self.flying.append(one)
        return one


def unknown() -> OutcomeUnknown:
    """Nobody knows."""
    return OutcomeUnknown("It was not acknowledged", "Send it again: the same id and source count once.")


class Broker:
    """`records` by partition and offset; `ends` are the next offsets. `now` stamps."""

    def __init__(self, partitions: int, dice: Random, now: Callable[[], datetime]) -> None:
        self.partitions: dict[int, list[StoredRecord]] = {number: [] for number in range(partitions)}
        self.ends = dict.fromkeys(self.partitions, 0)
        self.records: dict[tuple[int, int], StoredRecord] = {}
        self.producers: list[Producer] = []
        self.losses = 0.0
        self._dice, self._now = dice, now

    def append(self, partition: int, key: bytes | None, value: bytes | None, lost_offsets: int = 0) -> int:
        """Where it stands from now on; `lost_offsets` before it hold nothing."""
        offset = self.ends[partition] + lost_offsets
        record = StoredRecord(offset, (self._now() - EPOCH) // timedelta(milliseconds=1), key, value)
        self.partitions[partition].append(record)
        self.records[partition, offset] = record
        self.ends[partition] = offset + 1
        return offset

    def read(self, partition: int, since: int, until: int, most: int = 1_000) -> list[StoredRecord]:
        """Records from `since` on, before `until`."""
        return [one for one in self.partitions[partition] if since <= one.offset < until][:most]

    def first_at(self, partition: int, offset: int) -> int | None:
        """As `ledger.reader.Reader.first_at`."""
        return next((one.offset for one in self.partitions[partition] if one.offset >= offset), None)

    def end_offsets(self) -> Mapping[int, int]:
        """As of now."""
        return dict(self.ends)

    def producer(self, is_still: Callable[[], bool]) -> Producer:
        """Another one."""
        self.producers.append(made := Producer(len(self.partitions), is_still))
        return made

    def has_work(self) -> bool:
        """Whether anything is on its way that could arrive."""
        return any(one.flying and not one.is_still() for one in self.producers)

    def deliver(self) -> None:
        """One record arrives and is acknowledged; or the acknowledgement is lost; or the record."""
        producer = self._dice.choice([one for one in self.producers if one.flying and not one.is_still()])
        partition = self._dice.choice(list(dict.fromkeys(one.partition for one in producer.flying)))
        one = next(flying for flying in producer.flying if flying.partition == partition)
        if self._dice.random() >= self.losses:
            offset = self._arrive(producer, one)
            one.settle(Receipt(one.stored.id, one.stored.source, partition, offset))
            return
        if self._dice.random() < 0.5:
            self._arrive(producer, one)
            one.settle(unknown())
        self.give_up(producer)

    def give_up(self, producer: Producer) -> None:
        """Some of what it holds may have arrived; nobody hears of it."""
        producer.is_given_up = True
        while producer.flying:
            one = producer.flying[0]
            if self._dice.random() < 0.7:
                break
            self._arrive(producer, one)
            one.settle(unknown())
        while producer.flying:
            producer.flying.popleft().settle(unknown())

    def orphan(self, producer: Producer) -> None:
        """Its process is no more: what had left may still arrive later, and nobody is told."""
        producer.is_given_up, producer.is_still = True, lambda: False
        for _ in range(self._dice.randint(0, len(producer.flying))):
            producer.flying.pop()
        for one in producer.flying:
            one.done = lambda _: None

    def _arrive(self, producer: Producer, one: Flying) -> int:
        producer.flying.remove(one)
        return self.append(one.partition, one.key, one.value)
