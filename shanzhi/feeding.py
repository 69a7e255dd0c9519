"""Publishes a simulated county: sound events by the publisher's own way in, broken records as they are.

A planted record may misuse an identity that came just before it, so it waits until everything before it was
acknowledged: the ledger then holds both in the simulated order.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, takewhile
from typing import Any

from ledger.errors import EventRefused, OutcomeUnknown
from ledger.injected_time import TimeSource, time_of
from ledger.submission import Stored
from ledger.vault import Vault
from ledger.writer import Writer
from producers import Publisher
from producers.simulator import Arrival, Planted, Submitted
from shanzhi.stack import Endpoints

PROGRESS_EVENTS = 500
AWAY_SECONDS = 1.0
_NOBODY = Stored("planted", "simulator", b"", b"")


@dataclass
class Fed:
    """What was acknowledged so far. `published` are distinct events, `last_time` is the latest one's."""

    published: int = 0
    repeats: int = 0
    planted: Counter[str] = field(default_factory=Counter)
    last_time: str = ""

    @property
    def records(self) -> int:
        """Everything that the ledger got."""
        return self.published + self.repeats + self.planted.total()


class Feeder:
    """Feeds arrivals to the ledger. Where Kafka goes away, `run` raises; called again, it goes on.

    What was not acknowledged is sent again then, and counts once.
    """

    def __init__(self, arrivals: Iterable[Arrival | None], publisher: Publisher, writer: Writer) -> None:
        self.fed = Fed()
        self._arrivals: Iterator[Arrival | None] = iter(arrivals)
        self._publisher, self._writer = publisher, writer
        self._open: deque[Arrival] = deque()

    def run(self, on_progress: Callable[[Fed], None] = lambda _: None) -> Fed:
        """To the end of the arrivals; None among them asks for the answers to what came before.

        Raises `OutcomeUnknown` where Kafka or PostgreSQL is away, `EventRefused` where the catalogue knows
        other events than the simulator.
        """
        self._arrivals = chain(list(self._open), self._arrivals)
        self._open.clear()
        for answer in self._publisher.publish_all(self._events()):
            if isinstance(answer, EventRefused):
                raise answer
            arrival = self._open.popleft()
            assert isinstance(arrival, Submitted)
            self._count(arrival)
            if self.fed.records % PROGRESS_EVENTS == 0:
                on_progress(self.fed)
        on_progress(self.fed)
        return self.fed

    def _events(self) -> Iterator[dict[str, Any] | None]:
        for arrival in self._arrivals:
            if isinstance(arrival, Submitted):
                self._open.append(arrival)
                yield arrival.event
                continue
            yield None
            if arrival is not None:
                self._plant(arrival)

    def _plant(self, planted: Planted) -> None:
        self._open.append(planted)
        self._writer.send_raw(_NOBODY, planted.key, planted.value, planted.partition).receipt()
        self._open.pop()
        self.fed.planted[planted.reason] += 1

    def _count(self, arrival: Submitted) -> None:
        if arrival.repeat:
            self.fed.repeats += 1
        else:
            self.fed.published += 1
        self.fed.last_time = max(self.fed.last_time, arrival.event["time"])


@contextmanager
def publishing(
    endpoints: Endpoints,
    key: bytes,
    arrivals: Iterable[Arrival | None],
    *,
    patient: bool = False,
    times: TimeSource | None = None,
) -> Iterator[tuple[Feeder, Future[Fed]]]:
    """Feeds in a thread of its own, so that workers are looked after meanwhile; leaving ends it early.

    A `patient` one waits for servers that are away, and goes on. `times`: the database's where none is given, which is
    asked for each event where it is injected.
    """
    stopping = threading.Event()

    def feed() -> Fed:
        while True:
            try:
                return feeder.run()
            except OutcomeUnknown:
                if not patient or stopping.wait(AWAY_SECONDS):
                    raise

    times = times or time_of(endpoints.database_url)
    with (
        Publisher(endpoints.kafka_bootstrap, Vault(endpoints.database_url, key), times) as publisher,
        Writer(endpoints.kafka_bootstrap, stamp_ms=times.stamp_ms) as writer,
        ThreadPoolExecutor(1, thread_name_prefix="feeder") as thread,
    ):
        feeder = Feeder(takewhile(lambda _: not stopping.is_set(), arrivals), publisher, writer)
        try:
            yield feeder, thread.submit(feed)
        finally:
            stopping.set()
