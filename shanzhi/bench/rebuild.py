"""How fast tables are made anew: N events are published, folded live, rebuilt, and both compared."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from itertools import pairwise
from typing import Any

import psutil

from audit.generations import compare
from audit.rebuild import Rebuilt, rebuild
from producers.simulator import first
from projections.store.connection import connect
from projections.store.generation import current_generation
from shanzhi.bench.live import Show, drain, publish
from shanzhi.endpoints import Report, prepare, serve
from shanzhi.settings import Settings

_LOOK_SECONDS = 0.1
_OURS = ["shanzhi fold", "shanzhi rebuild", "shanzhi worker"]  # a lane catches up; the worker has ended by then


def bench_rebuild(settings: Settings, events: int, processes: int, report: Report, show: Show) -> dict[str, Any]:
    """On new servers in the settings' folder. With a sound index first, then with one made anew."""
    with ExitStack() as servers:
        endpoints, _ = servers.enter_context(serve(settings, report))
        prepare(endpoints, settings.replicas)
        fed = publish(settings, endpoints, first(events), show)
        report("启动处理进程 · a worker starts")
        live = drain(settings, endpoints, 1, fed, report)
        url, bootstrap = endpoints.database_url, endpoints.kafka_bootstrap
        with closing(connect(url, "shanzhi bench")) as connection:
            names = [current_generation(connection)]
        memory, made = _Memory(url), list[Rebuilt]()
        for with_index in (False, True):
            report("重建，含索引 · rebuilding with the index" if with_index else "重建 · rebuilding")
            with memory.watched():
                made.append(rebuild(url, bootstrap, processes=processes, with_index=with_index))
            names.append(made[-1].generation)
        report("对账 · comparing")
        differences = [
            one.told(before, after)
            for before, after in pairwise(names)
            for one in compare(url, before, after).differences
        ]
    sound, anew = made
    return {
        "events": fed.records,
        "processes": processes,
        "events_per_second": sound.events_per_second,
        "events_per_second_with_index": anew.events_per_second,
        "seconds": round(sound.seconds, 2),
        "fold_seconds": round(sound.fold_seconds, 2),
        "seconds_with_index": round(anew.seconds, 2),
        "peak_mib": round(memory.peak_bytes / 2**20, 1),
        "peak_mib_with_postgres": round(memory.peak_with_backends_bytes / 2**20, 1),
        "live_per_second": live["events_per_second"],
        "exact": live["exact"] and not differences,
        "differences": differences,
        "cpu_count": os.cpu_count(),
    }


class _Memory:
    """The most that this process and those that it started to fold held together at a look; without and with the
    backends of PostgreSQL that served them (what of the shared buffers each has touched is not counted)."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self.peak_bytes = self.peak_with_backends_bytes = 0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Looks until the end of the block."""
        ended, own = threading.Event(), psutil.Process()

        def look() -> None:
            with closing(connect(self._url, "shanzhi bench")) as connection, connection.cursor() as cursor:
                connection.autocommit = True
                while not ended.wait(_LOOK_SECONDS):
                    ours = _resident(own) + sum(map(_resident, _folding(own)))
                    cursor.execute("select pid from pg_stat_activity where application_name = any(%s)", (_OURS,))
                    backends = sum(_private(pid) for (pid,) in cursor)
                    self.peak_bytes = max(self.peak_bytes, ours)
                    self.peak_with_backends_bytes = max(self.peak_with_backends_bytes, ours + backends)

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def _folding(own: psutil.Process) -> list[psutil.Process]:
    found = []
    for child in own.children():
        with suppress(psutil.Error):
            if "audit.folding.process" in child.cmdline():
                found.append(child)
    return found


def _resident(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0



def _private(pid: int) -> int:
    """Of a backend on this machine, what it shares with no other."""
    with suppress(psutil.Error):
        memory = psutil.Process(pid).memory_info()
        return max(0, int(memory.rss - getattr(memory, "shared", 0)))
    return 0
