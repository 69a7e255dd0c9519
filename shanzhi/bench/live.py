"""How fast workers read a backlog: N events are published first, then workers start and the clock runs."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from typing import Any

import psutil

from audit.verify import verify
from ledger.reader import Reader
from ledger.writer import Writer
from producers import Publisher
from producers.simulator import Arrival, first
from shanzhi.crew import Crew
from shanzhi.draining import Pace, wait_until_read
from shanzhi.endpoints import Report, prepare, serve
from shanzhi.feeding import Fed, Feeder
from shanzhi.keys import vault_of
from shanzhi.posts import worker_posts
from shanzhi.settings import Settings
from shanzhi.stack import Endpoints
from shanzhi.watch import Watch, ledger_ends

SAMPLED_RECORDS = 500  # a partition, for the size of an event
Show = Callable[[Fed], None]


class Memory:
    """The most that any one of the worker processes held at a look."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self.peak_bytes = 0

    def look(self) -> None:
        """A sample of all that run."""
        for pid in self._crew.pids:
            with suppress(psutil.Error):
                self.peak_bytes = max(self.peak_bytes, psutil.Process(pid).memory_info().rss)


def bench_live(settings: Settings, events: int, workers: int, report: Report, show: Show) -> dict[str, Any]:
    """On new servers in the settings' folder. `events` count repeats and broken records too."""
    with ExitStack() as servers:
        endpoints, _ = servers.enter_context(serve(settings, report))
        prepare(endpoints, settings.replicas)
        began = time.monotonic()
        fed = publish(settings, endpoints, first(events), show)
        published_seconds = time.monotonic() - began
        report("启动处理进程 · workers start")
        figures = drain(settings, endpoints, workers, fed, report)
        report("对账 · folding the ledger afresh")
        verified = verify(endpoints.kafka_bootstrap, endpoints.database_url)
        figures["exact"] = figures["exact"] and verified.equal
        return {
            "events": fed.records,
            "workers": workers,
            "lanes": settings.lanes,
            **figures,
            "differences": verified.told(),
            "published_per_second": round(fed.records / published_seconds),
            "bytes_per_event": _bytes_per_event(endpoints),
            "cpu_count": os.cpu_count(),
        }


def publish(
    settings: Settings, endpoints: Endpoints, arrivals: Iterable[Arrival], show: Show, fed: Fed | None = None
) -> Fed:
    """Publishes arrivals of a county, the way of any publisher. `fed`: what came before them, counted on."""
    vault = vault_of(settings, endpoints.database_url)
    with (
        Publisher(endpoints.kafka_bootstrap, vault) as publisher,
        Writer(endpoints.kafka_bootstrap) as writer,
    ):
        feeder = Feeder(arrivals, publisher, writer)
        feeder.fed = fed or feeder.fed
        return feeder.run(show)


def drain(settings: Settings, endpoints: Endpoints, workers: int, fed: Fed, report: Report) -> dict[str, Any]:
    """Starts workers and waits until they have read all; how fast they were."""
    ends = ledger_ends(endpoints.kafka_bootstrap)
    with ExitStack() as running:
        watch = running.enter_context(Watch(endpoints.database_url))
        pace, started = Pace.start(watch), time.monotonic()
        crew = Crew(worker_posts(endpoints, settings, workers), logs=settings.logs, report=report)
        running.enter_context(crew)
        memory = Memory(crew)

        def look() -> None:
            crew.tend()
            memory.look()

        wait_until_read(watch, ends, pace, look)
        memory.look()
        counted = watch.counted()
    return {
        "events_per_second": round(pace.per_second),
        "drain_seconds": round(pace.seconds, 2),
        "startup_seconds": round(pace.began - started, 2),
        "worker_restarts": crew.restarts,
        "peak_mib": round(memory.peak_bytes / 2**20, 1),
        "indexed": counted.indexed,
        "repeats": counted.repeats,
        "quarantined": counted.quarantined,
        "exact": counted[:4] == (fed.published, fed.repeats, fed.planted.total(), 0),
    }


def _bytes_per_event(endpoints: Endpoints) -> int:
    """Mean of the last records of each partition, as they lie in the ledger before compression."""
    with Reader(endpoints.kafka_bootstrap) as reader:
        starts, ends = reader.starts, reader.ends
        since = {number: max(starts[number], end - SAMPLED_RECORDS) for number, end in ends.items()}
        batches = reader.batches(since, ends)
        sizes = [len(record.value or b"") for batch in batches for record in batch.records]
    return round(sum(sizes) / len(sizes)) if sizes else 0
