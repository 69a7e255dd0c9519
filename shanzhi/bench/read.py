"""How fast people and programs read: the year scenario in the tables, and events coming in meanwhile."""

from __future__ import annotations

import asyncio
import gzip
import os
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple

import aiohttp
import psutil

from ledger.injected_time import TimeSource
from ledger.parties import Party
from ledger.publishers import Register
from producers.publisher import utc_now
from producers.simulator import Submitted
from projections import read
from shanzhi.bench.door import texts_of
from shanzhi.bench.latency import visible_after
from shanzhi.bench.listening import Listeners
from shanzhi.bench.load import Load, percentile_ms
from shanzhi.draining import Pace, wait_until_read
from shanzhi.endpoints import Report
from shanzhi.everything import Everything, everything
from shanzhi.feeding import publishing
from shanzhi.keys import master_key
from shanzhi.scenarios import Asked, scenario
from shanzhi.settings import Settings
from shanzhi.watch import Watch, ledger_ends

NOW = datetime(2024, 12, 31, 10, tzinfo=UTC)
"""What time it is in the county: so that there is a today and a month."""
_STANDING = TimeSource(lambda: NOW, lambda: int(NOW.timestamp() * 1000))  # nobody moves it here
BACKLOG = 330_000
READS_PER_SECOND = 50
EVENTS_WHILE_READING = 20
EVENTS_WHILE_LISTENING = 200
LISTENERS = 100
WALLS = 20
_CONNECTIONS = 32
_RATE = 100_000
_SLOW_MS = 50.0


class Took(NamedTuple):
    """Seconds by read model, and answers that were none."""

    by_model: Mapping[str, list[float]]
    failed: int


def bench_read(settings: Settings, seconds: int, report: Report) -> dict[str, Any]:
    """On new servers in the settings' folder: reads first, then the wall, then listeners, each for `seconds`."""
    settings = settings.model_copy(update={"injected_time": NOW})
    arrivals = iter(scenario("year")(Asked()))
    with everything(settings, 1, report=report, said=report) as running:
        report(f"发布 {BACKLOG} 条 · publishing the year")
        backlog = islice(arrivals, BACKLOG)
        with publishing(running.endpoints, master_key(settings), backlog, times=_STANDING) as (_, fed):
            while not fed.done():
                running.tend()
                time.sleep(0.1)
            fed.result()
        _until_read(running)
        live = _live(arrivals, seconds * (EVENTS_WHILE_READING + EVENTS_WHILE_LISTENING))
        key = _key(running, live)
        return asyncio.run(_measured(running, key, live, seconds, report))


async def _measured(
    running: Everything, key: str, live: Sequence[dict[str, Any]], seconds: int, report: Report
) -> dict[str, Any]:
    split = seconds * EVENTS_WHILE_READING
    load = Load(running.gateway, key, _CONNECTIONS)
    await _reads(running.dashboard, key, 5)  # to warm up
    report(f"每秒 {READS_PER_SECOND} 问 · {READS_PER_SECOND} questions a second for {seconds} s")
    took, _ = await asyncio.gather(
        _reads(running.dashboard, key, seconds), load.singles(texts_of(list(live[:split])), EVENTS_WHILE_READING)
    )
    report("大屏 · the wall")
    wall = await _wall(running.dashboard)
    report(f"{LISTENERS} 个推送连接 · {LISTENERS} listeners")
    heard = await _listened(running.dashboard, load, texts_of(list(live[split:])))
    return {
        **_of_reads(took),
        **wall,
        **heard,
        "exact": not took.failed and heard["all_told"],
        "cpu_count": os.cpu_count(),
    }


def _live(arrivals: Iterator[Any], count: int) -> list[dict[str, Any]]:
    """The events that come after the backlog, each once."""
    told = (one.event for one in arrivals if isinstance(one, Submitted) and not one.repeat)
    return list(islice(told, count))


def _key(running: Everything, live: Sequence[Mapping[str, Any]]) -> str:
    """Of a publisher that may send these events; without places it reads the whole county."""
    party = Party("bench", "bench", tuple(sorted({one["source"] for one in live})), rate_per_second=_RATE)
    return Register(running.endpoints.database_url).add(party, "unit/bench", utc_now())


def _until_read(running: Everything) -> None:
    with Watch(running.endpoints.database_url) as watch:
        wait_until_read(watch, ledger_ends(running.endpoints.kafka_bootstrap), Pace.start(watch), running.tend)


def _questions() -> list[tuple[str, str]]:
    """Each read model as it comes, and where it has periods also of a month; interleaved by a step that meets all."""
    found = [(name, "") for name in read.read_models()]
    found += [(name, "period=2024-12") for name, one in read.read_models().items() if "period" in read.options_of(one)]
    return [found[number * 101 % len(found)] for number in range(len(found))]


async def _reads(dashboard: str, key: str, seconds: int) -> Took:
    """At a steady pace, whatever the answers take."""
    by_model: dict[str, list[float]] = defaultdict(list)
    failed = 0
    headers = {"Authorization": f"Bearer {key}"}

    async def ask(session: aiohttp.ClientSession, name: str, asked: str) -> None:
        nonlocal failed
        began = time.monotonic()
        async with session.get(f"{dashboard}/api/v1/models/{name}?{asked}") as response:
            await response.read()
            failed += response.status != 200
        by_model[name].append(time.monotonic() - began)

    questions = _questions()
    async with (
        aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(limit=0)) as session,
        asyncio.TaskGroup() as group,
    ):
        began = time.monotonic()
        for number in range(seconds * READS_PER_SECOND):
            await asyncio.sleep(max(0.0, began + number / READS_PER_SECOND - time.monotonic()))
            group.create_task(ask(session, *questions[number % len(questions)]))
    return Took(by_model, failed)


def _of_reads(took: Took) -> dict[str, Any]:
    every = [one for seconds in took.by_model.values() for one in seconds]
    slow = {name: percentile_ms(seconds, 0.95) for name, seconds in took.by_model.items()}
    return {
        "reads": len(every),
        "read_p50_ms": percentile_ms(every, 0.5),
        "read_p95_ms": percentile_ms(every, 0.95),
        "read_p99_ms": percentile_ms(every, 0.99),
        "reads_failed": took.failed,
        "slow_models": {name: ms for name, ms in sorted(slow.items(), key=lambda one: -one[1]) if ms > _SLOW_MS},
    }


async def _wall(dashboard: str) -> dict[str, Any]:
    took, sizes = [], []
    async with aiohttp.ClientSession(auto_decompress=False, headers={"Accept-Encoding": "gzip"}) as session:
        for _ in range(WALLS):
            began = time.monotonic()
            async with session.get(f"{dashboard}/wall") as response:
                body = await response.read()
                is_packed = response.headers.get("Content-Encoding") == "gzip"
            took.append(time.monotonic() - began)
            sizes.append(len(body) if is_packed else len(gzip.compress(body)))
    return {
        "wall_p50_ms": percentile_ms(took, 0.5),
        "wall_worst_ms": percentile_ms(took, 1.0),
        "wall_gzip_bytes": max(sizes),
    }


async def _listened(dashboard: str, load: Load, events: Sequence[bytes]) -> dict[str, Any]:
    """From the acknowledgement of each event to the message that tells of it, and what telling costs."""
    listeners, process = Listeners(dashboard, LISTENERS), _dashboard_process()
    async with listeners.open():
        began, busy = time.monotonic(), sum(process.cpu_times()[:2])
        sent = await load.singles(events, EVENTS_WHILE_LISTENING)
        share = (sum(process.cpu_times()[:2]) - busy) / (time.monotonic() - began)
        await asyncio.sleep(2.0)  # the last of them may still be on its way
    told = visible_after(sent.acknowledged, listeners.seen)
    return {
        "listeners": LISTENERS,
        "listened_events_per_second": round(sent.per_second),
        "told_p50_ms": percentile_ms(told, 0.5),
        "told_p99_ms": percentile_ms(told, 0.99),
        "messages": listeners.messages,
        "dashboard_cpu_share": round(share, 3),
        "all_told": len(told) == len(events),
    }


def _dashboard_process() -> psutil.Process:
    for one in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if one.cmdline()[-1:] == ["dashboard"]:
                return one
    raise RuntimeError("the dashboard does not run")
