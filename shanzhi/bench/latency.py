"""How long it takes from an acknowledgement until the tables that readers see hold the event."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

from shanzhi.bench.door import distinct_events, open_door, texts_of
from shanzhi.bench.load import Load, percentile_ms
from shanzhi.bench.looks import Look, Looks, seen_at
from shanzhi.endpoints import Report
from shanzhi.settings import Settings

CONNECTIONS = 32
_PATIENCE_SECONDS = 30.0
_WARM_EVENTS = 300


def bench_latency(settings: Settings, per_second: int, seconds: int, report: Report) -> dict[str, Any]:
    """At a steady pace on new servers; p50 and p99 of (first look that shows the event − its acknowledgement)."""
    events = distinct_events(_WARM_EVENTS + per_second * seconds)
    texts, sources = texts_of(events), frozenset(event["source"] for event in events)
    with open_door(settings, sources, report) as door, Looks(door.running.endpoints.database_url) as looks:
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


def visible_after(acknowledged: list[tuple[int, int, float]], seen: list[Look]) -> list[float]:
    """Seconds from each acknowledgement to the first look that shows its record; 0 where it was seen before it."""
    shown = seen_at([(partition, offset) for partition, offset, _ in acknowledged], seen)
    places = {(partition, offset): at for partition, offset, at in acknowledged}
    return [max(0.0, shown[place] - at) for place, at in places.items() if place in shown]


def _holds(positions: dict[int, int], acknowledged: list[tuple[int, int, float]]) -> bool:
    return all(positions.get(partition, 0) > offset for partition, offset, _ in acknowledged)
