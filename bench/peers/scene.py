"""The scene of all runs: the servers, one ledger written once, and what has to come out of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.peers.cells import Cells, count
from bench.peers.workload import records
from ledger.submission import Stored
from ledger.topics import ensure_ledger
from ledger.writer import Pending, Writer
from shanzhi.endpoints import serve
from shanzhi.settings import Settings
from shanzhi.stack import Endpoints
from shanzhi.stack.service import Report

_ON_THEIR_WAY = 5_000


@dataclass(frozen=True)
class Scene:
    """`server_pids` are those of Kafka and of PostgreSQL."""

    settings: Settings
    endpoints: Endpoints
    server_pids: tuple[int, int]
    events: int
    expected: Cells
    report: Report

    @property
    def folder(self) -> Path:
        """Where states and logs of the contenders lie."""
        return self.settings.folder / "peers"


@contextmanager
def set_up(settings: Settings, events: int, report: Report) -> Iterator[Scene]:
    """New servers in the settings' folder with the workload in the ledger."""
    with serve(settings, report) as (endpoints, stack):
        assert stack is not None  # `settings` name no servers
        ensure_ledger(endpoints.kafka_bootstrap)
        report(f"写入账本 · writing {events:,} events")
        expected = count(one.value for one in _written(endpoints.kafka_bootstrap, events))
        pids = (stack.broker.pid or 0, stack.postgres.pid or 0)
        yield Scene(settings, endpoints, pids, events, expected, report)


def _written(bootstrap: str, events: int) -> Iterator[Stored]:
    """Each event once it was acknowledged, in the order of the ledger."""
    waiting: deque[Pending] = deque()
    with Writer(bootstrap) as writer:
        for one in records(events):
            waiting.append(writer.send(one))
            if len(waiting) >= _ON_THEIR_WAY:
                yield _acknowledged(waiting)
        while waiting:
            yield _acknowledged(waiting)


def _acknowledged(waiting: deque[Pending]) -> Stored:
    first = waiting.popleft()
    first.receipt()
    return first.stored
