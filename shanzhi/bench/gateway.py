"""How many events a second the gateway takes, one a request and in batches, with everything switched on."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from producers.gateway.modes import BATCH_EVENTS
from shanzhi.bench.door import Door, distinct_events, open_door, texts_of
from shanzhi.bench.load import Load, Sent
from shanzhi.draining import Pace, wait_until_read
from shanzhi.endpoints import Report
from shanzhi.settings import Settings
from shanzhi.watch import Watch, ledger_ends

CONNECTIONS = 32
BATCH_CONNECTIONS = 4
_WARM_EVENTS = 500  # a founding's worth, before the clock runs


def bench_gateway(settings: Settings, singles: int, batched: int, report: Report) -> dict[str, Any]:
    """On new servers in the settings' folder; every event is distinct and has to be counted once."""
    report("准备事件 · making events")
    events = distinct_events(_WARM_EVENTS + singles + batched)
    texts, sources = texts_of(events), frozenset(event["source"] for event in events)
    with open_door(settings, sources, report) as door, Watch(door.running.endpoints.database_url) as watch:
        before = watch.counted()
        load = Load(door.running.gateway, door.key, CONNECTIONS)
        asyncio.run(load.singles(texts[:_WARM_EVENTS]))
        report("逐条 · one event a request")
        alone = asyncio.run(load.singles(texts[_WARM_EVENTS : _WARM_EVENTS + singles]))
        report("成批 · in batches")
        bulk = Load(door.running.gateway, door.key, BATCH_CONNECTIONS)
        together = asyncio.run(bulk.batches(texts[_WARM_EVENTS + singles :], BATCH_EVENTS))
        indexed = _read_all(door, watch) - before.indexed
    return {
        "events": len(texts),
        "single_per_second": round(alone.per_second),
        "single_p50_ms": alone.milliseconds(0.5),
        "single_p99_ms": alone.milliseconds(0.99),
        "connections": CONNECTIONS,
        "batch_per_second": round(together.per_second),
        "batch_p50_ms": together.milliseconds(0.5),
        "batch_events": BATCH_EVENTS,
        "bytes_per_event": round(sum(map(len, texts)) / len(texts)),
        "indexed": indexed,
        "exact": indexed == len(texts) and _answered(alone, together) == singles + batched,
        "cpu_count": os.cpu_count(),
    }


def _answered(*sent: Sent) -> int:
    return sum(len(one.acknowledged) for one in sent)


def _read_all(door: Door, watch: Watch) -> int:
    """How many events are indexed, publishers' own announcements left out, once the tables have everything."""
    wait_until_read(watch, ledger_ends(door.running.endpoints.kafka_bootstrap), Pace.start(watch), door.running.tend)
    return watch.counted().indexed
