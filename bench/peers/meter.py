"""What a contender costs while it runs: memory of its processes, and processor time of these and of both servers.

And how busy the machine was with other things meanwhile, so that a reader can tell a quiet run from a disturbed one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain
from typing import NamedTuple

import psutil

LOOK_SECONDS = 0.1


class Cost(NamedTuple):
    """The most that all processes of a contender held at a look; processor seconds of them and of the servers.

    `elsewhere` is the share of all processors' time (0 to 1) that others used: neither these nor this process.
    """

    peak_bytes: int
    own_seconds: float
    kafka_seconds: float
    postgres_seconds: float
    elsewhere: float


class Meter:
    """A context manager; looks from its beginning to its end at processes and all that they started."""

    def __init__(self, pids: Sequence[int], kafka_pid: int, postgres_pid: int) -> None:
        self._processes = [psutil.Process(pid) for pid in pids]
        self._servers = [psutil.Process(kafka_pid), psutil.Process(postgres_pid)]
        self._before = [_with_children(server) for server in self._servers]
        self._machine_before, self._here_before = _machine(), _seconds(psutil.Process())
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
        kafka, postgres = (
            _with_children(one) - before for one, before in zip(self._servers, self._before, strict=True)
        )
        own = sum(self._own.values())
        busy, all_of_it = (now - before for now, before in zip(_machine(), self._machine_before, strict=True))
        ours = own + kafka + postgres + _seconds(psutil.Process()) - self._here_before
        elsewhere = max(0.0, busy - ours) / all_of_it if all_of_it else 0.0
        return Cost(self._peak_bytes, own, kafka, postgres, elsewhere)

    def _run(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            self._look()

    def _look(self) -> None:
        held_bytes = 0
        for process in chain.from_iterable(map(_tree, self._processes)):
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


def _machine() -> tuple[float, float]:
    """Processor seconds since the machine started: busy, and in all."""
    times = psutil.cpu_times()
    whole = float(times.user + times.nice + times.system + times.irq + times.softirq + times.steal)
    return whole, whole + float(times.idle + times.iowait)


def _with_children(server: psutil.Process) -> float:
    """With those of its children that have ended, and those that run: each connection of PostgreSQL is one."""
    times = server.cpu_times()
    total = float(times.user + times.system + times.children_user + times.children_system)
    for child in server.children(recursive=True):
        with suppress(psutil.Error):
            total += _seconds(child)
    return total
