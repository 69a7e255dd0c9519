"""A gateway: the real group writer over producers and the index in memory, and publishers who send until they know.

It counts twelve partitions, as the ledger has. Here there are three, so that streams meet: a hash modulo 12 and then
modulo 3 is the hash modulo 3.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

import orjson

from ledger.errors import EventRefused, OutcomeUnknown
from ledger.parties import Party
from ledger.protocols import First
from producers.gateway.answers import Accepted, Answer, Job
from producers.gateway.writing import GroupWriter
from tests.fixed_keys import FixedKeys
from tests.simulation.broker import Broker, Producer
from tests.simulation.schedule import Post, Schedule, Steps, Wait
from tests.simulation.tables import Tables

SOURCES = ("urn:example:desk", "urn:example:hotline")
PARTY = Party("simulated", "simulated", SOURCES)
KEYS = FixedKeys()
PATIENCE_STEPS = 80
Event = dict[str, Any]


class Writer:
    """As `ledger.writer.Writer`, whose producer is made anew once it was given up."""

    def __init__(self, broker: Broker, is_still: Callable[[], bool]) -> None:
        self._broker, self._is_still = broker, is_still
        self._producers: list[Producer] = []

    def sending(self) -> Producer:
        """The producer of now."""
        if not self._producers or self._producers[-1].is_given_up:
            self._producers.append(self._broker.producer(self._is_still))
        return self._producers[-1]

    def end(self) -> None:
        """Its process is no more."""
        for producer in self._producers:
            self._broker.orphan(producer)


class Indexed:
    """What the gateway asks of the index; everything lies within its party's ground."""

    def __init__(self, tables: Tables) -> None:
        self._index, self._partitions = tables.permanent.index, tables.partitions

    def first(self, wanted: Iterable[tuple[int, str]]) -> Mapping[str, First]:
        """As `ledger.protocols.Receipts`."""
        places = ((partition % self._partitions, name) for partition, name in wanted)
        return {
            name: First(partition, row.offset, row.content)
            for partition, name in places
            if (row := self._index.get((partition, name)))
        }

    def outside(self, places: Collection[str], grounds: Collection[str]) -> Collection[str]:
        """As `ledger.protocols.Territory`."""
        return ()


class Gateway:
    """Requests wait in `jobs`; what arrives while a group is written is the next group."""

    def __init__(
        self, tables: Tables, broker: Broker, now: Callable[[], datetime], is_still: Callable[[], bool]
    ) -> None:
        self.jobs: deque[Job] = deque()
        self._writer = Writer(broker, is_still)
        asked: Any = Indexed(tables)
        self._group = GroupWriter(self._writer, KEYS, asked, asked, now)  # type: ignore[arg-type]  # as far as it is used

    def tasks(self) -> Sequence[Steps]:
        """One thread writes."""
        return [self._run()]

    def end(self) -> None:
        """What it had sent may still arrive."""
        self._writer.end()

    def let_go(self) -> None:
        """It holds nothing in PostgreSQL."""

    def _run(self) -> Steps:
        while True:
            yield Wait("gather", lambda: bool(self.jobs))
            group = [self.jobs.popleft() for _ in range(min(3, len(self.jobs)))]
            entries = [entry for job in group for entry in self._group.checked(job)]
            yield "write a group"
            try:
                self._group.write(entries)
            except OutcomeUnknown as error:
                for job in group:
                    job.fail(error)


class Told(NamedTuple):
    """What a publisher was answered: `number` counts its events, in the order in which it told them."""

    number: int
    event: Event
    answer: Accepted | EventRefused


@dataclass
class Publisher:
    """Tells a story, an event at a time, and again until it is answered; repeats some. `told` is what it knows."""

    schedule: Schedule
    gateways: Sequence[Post]
    story: Callable[[Sequence[Event]], Event | None]
    told: list[Told] = field(default_factory=list)

    def tasks(self) -> Sequence[Steps]:
        """One event after another."""
        return [self._run()]

    def end(self) -> None:
        """Publishers are not ours to kill."""

    def let_go(self) -> None:
        """Nor do they have sessions."""

    def _run(self) -> Steps:
        dice, events = self.schedule.dice, list[Event]()
        while True:
            yield "think"
            event = self.story(events)
            if event is None:
                return
            events.append(event)
            for _ in range(dice.choice((1, 1, 1, 2, 4))):
                yield from self._sent(len(events), event)
            if dice.random() < 0.1:
                yield from self._sent(len(events), event | {"time": self._moved(event)})

    def _sent(self, number: int, event: Event) -> Steps:
        while True:
            post = self.schedule.dice.choice(self.gateways)
            gateway = post.process
            if not isinstance(gateway, Gateway):
                yield Wait("find a gateway", lambda: any(one.process for one in self.gateways))
                continue
            answers: list[Answer] = []
            patience = self.schedule.now + PATIENCE_STEPS
            gateway.jobs.append(Job(PARTY, [orjson.dumps(event)], answers.extend))
            yield Wait("answer", partial(self._is_over, answers, post, gateway, patience))
            if answers and not isinstance(answers[0], OutcomeUnknown):
                self.told.append(Told(number, event, answers[0]))
                return

    def _is_over(self, answers: list[Answer], post: Post, gateway: Gateway, patience: int) -> bool:
        return bool(answers) or post.process is not gateway or self.schedule.now > patience

    def _moved(self, event: Event) -> str:
        """Another time: the same id says something else."""
        return str(event["time"]).replace(":00", ":01", 1)
