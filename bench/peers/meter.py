"""What a contender costs while it runs: memory of its processes, and processor time of these and of both servers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

import psutil

LOOK_SECONDS = 0.1


class Cost(NamedTuple):
    """The most that all processes of a contender held at a look; processor seconds of them and of the servers."""

    peak_bytes: int
    own_seconds: float
    kafka_seconds: float
    postgres_seconds: float


class Meter:
    """A context manager; looks from its beginning to its end at a process and all that it started."""

    def __init__(self, pid: int, kafka_pid: int, postgres_pid: int) -> None:
        self._process = psutil.Process(pid)
        self._servers = [psutil.Process(kafka_pid), psutil.Process(postgres_pid)]
        self._before = [_with_children(server) for server in self._servers]
        self._own: dict[int, float] = {}
        self._peak_bytes = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="meter", daemon=True)

    def __enter__(self) -> Meter:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def cost(self) -> Cost:
        """As of now."""
        self._look()
        servers = [_with_children(one) - before for one, before in zip(self._servers, self._before, strict=True)]
        return Cost(self._peak_bytes, sum(self._own.values()), *servers)

    def _run(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            self._look()

    def _look(self) -> None:
        held_bytes = 0
        for process in _tree(self._process):
            with suppress(psutil.Error):
                held_bytes += process.memory_info().rss
                self._own[process.pid] = _seconds(process)
        self._peak_bytes = max(self._peak_bytes, held_bytes)


def _tree(process: psutil.Process) -> Iterator[psutil.Process]:
    with suppress(psutil.Error):
        yield process
        yield from process.children(recursive=True)


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _with_children(server: psutil.Process) -> float:
    """With those of its children that have ended, and those that run: each connection of PostgreSQL is one."""
    times = server.cpu_times()
    total = float(times.user + times.system + times.children_user + times.children_system)
    for child in server.children(recursive=True):
        with suppress(psutil.Error):
            total += _seconds(child)
    return total
