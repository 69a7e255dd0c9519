"""How long it takes from an acknowledgement until the tables that readers see hold the event."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from typing import Any

from projections.read.receipts import TableReceipts
from shanzhi.bench.door import distinct_events, open_door, texts_of
from shanzhi.bench.load import Load, percentile_ms
from shanzhi.endpoints import Report
from shanzhi.settings import Settings

CONNECTIONS = 32
LOOK_SECONDS = 0.005
_PATIENCE_SECONDS = 30.0
_WARM_EVENTS = 300


class _Looks:
    """Positions of the readers' tables as seen every few milliseconds, by a thread of its own."""

    def __init__(self, database_url: str) -> None:
        self._receipts = TableReceipts(database_url)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="looks", daemon=True)
        self.seen: list[tuple[float, dict[int, int]]] = []

    def __enter__(self) -> _Looks:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join(5)
        self._receipts.close()

    def _run(self) -> None:
        while not self._ending.wait(LOOK_SECONDS):
            positions = dict(self._receipts.positions())  # before the clock: never earlier than it was seen
            self.seen.append((time.monotonic(), positions))

    def latest(self) -> dict[int, int]:
        """Positions at the last look."""
        return self.seen[-1][1] if self.seen else {}


def bench_latency(settings: Settings, per_second: int, seconds: int, report: Report) -> dict[str, Any]:
    """At a steady pace on new servers; p50 and p99 of (first look that shows the event − its acknowledgement)."""
    events = distinct_events(_WARM_EVENTS + per_second * seconds)
    texts, sources = texts_of(events), frozenset(event["source"] for event in events)
    with open_door(settings, sources, report) as door, _Looks(door.running.endpoints.database_url) as looks:
        load = Load(door.running.gateway, door.key, CONNECTIONS)
        asyncio.run(load.singles(texts[:_WARM_EVENTS], per_second))
        report(f"每秒 {per_second} 条 · {per_second} events a second for {seconds} s")
        sent = asyncio.run(load.singles(texts[_WARM_EVENTS:], per_second))
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not _holds(looks.latest(), sent.acknowledged) and time.monotonic() < deadline:
            door.running.tend()
            time.sleep(0.05)
        visible = visible_after(sent.acknowledged, looks.seen)
    return {
        "events": len(sent.acknowledged),
        "events_per_second": round(sent.per_second),
        "p50_ms": percentile_ms(visible, 0.5),
        "p99_ms": percentile_ms(visible, 0.99),
        "acknowledged_p50_ms": sent.milliseconds(0.5),
        "acknowledged_p99_ms": sent.milliseconds(0.99),
        "all_visible": len(visible) == len(texts) - _WARM_EVENTS,
        "cpu_count": os.cpu_count(),
    }


def visible_after(
    acknowledged: list[tuple[int, int, float]], seen: list[tuple[float, dict[int, int]]]
) -> list[float]:
    """Seconds from each acknowledgement to the first look that shows its record; 0 where it was seen before it."""
    found: list[float] = []
    by_partition: dict[int, list[tuple[int, float]]] = {}
    for partition, offset, at in acknowledged:
        by_partition.setdefault(partition, []).append((offset, at))
    for partition, records in by_partition.items():
        looks = iter(seen)
        look = next(looks, None)
        for offset, at in sorted(records):
            while look is not None and look[1].get(partition, 0) <= offset:
                look = next(looks, None)
            if look is not None:
                found.append(max(0.0, look[0] - at))
    return found


def _holds(positions: dict[int, int], acknowledged: list[tuple[int, int, float]]) -> bool:
    return all(positions.get(partition, 0) > offset for partition, offset, _ in acknowledged)
