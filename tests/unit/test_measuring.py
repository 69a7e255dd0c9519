"""Figures that are more than counts: for how long something was behind, what waits, how long pages take."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.responses import StreamingResponse

from processors.clock import clock
from processors.clock.clock import Delay
from processors.intake.figures import IntakeMetrics
from processors.metrics import Backed, WorkerMetrics
from processors.trail import MARKS, Trail
from readers.measuring import Measured

NOW = datetime(2026, 3, 1, tzinfo=UTC)


class Clock:
    """Monotonic seconds that stand until they are moved."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_a_reader_is_behind_since_the_log_held_what_it_lacks() -> None:
    time = Clock()
    trail = Trail(time)
    assert trail.behind_seconds(5, 5) == 0
    assert trail.behind_seconds(5, 9) == 0, "this is the first look that says so"
    time.seconds += 3
    assert trail.behind_seconds(5, 20) == 3
    time.seconds += 2
    assert trail.behind_seconds(9, 20) == 2, "what stood at the first look is read, what came since is not"
    assert trail.behind_seconds(20, 20) == 0


def test_a_long_lag_is_told_from_few_marks() -> None:
    time = Clock()
    trail = Trail(time)
    for look in range(10 * MARKS):
        time.seconds += 0.5
        behind = trail.behind_seconds(0, look + 1)
    assert behind == 0.5 * (10 * MARKS - 1)
    position = 5 * MARKS  # it has caught up by half
    assert trail.behind_seconds(position, 10 * MARKS) == pytest.approx(0.5 * 5 * MARKS, rel=0.02)


def test_a_worker_says_for_how_long_each_partition_lags() -> None:
    registry = CollectorRegistry()
    metrics = WorkerMetrics(registry)
    metrics.writes("generation_12")
    metrics.read({0: 20, 3: 5}, {0: 26, 3: 5})
    metrics.read({0: 20, 3: 5}, {0: 26, 3: 5})
    assert registry.get_sample_value("shanzhi_generation") == 12
    assert (registry.get_sample_value("shanzhi_lag_seconds", {"partition": "0"}) or 0) > 0
    assert registry.get_sample_value("shanzhi_lag_seconds", {"partition": "3"}) == 0
    metrics.read({3: 5}, {})
    assert registry.get_sample_value("shanzhi_lag_seconds", {"partition": "0"}) is None, "another worker's now"
    assert registry.get_sample_value("shanzhi_lag_seconds", {"partition": "3"}) is None, "its end is not known"


def test_the_intake_says_how_long_its_slowest_partition_lags() -> None:
    registry = CollectorRegistry()
    metrics = IntakeMetrics(registry)
    for _ in range(2):
        metrics.read({0: 4, 1: 7}, {0: 6, 1: 7, 2: 9})
    assert registry.get_sample_value("shanzhi_intake_lag_records") == 2
    assert (registry.get_sample_value("shanzhi_intake_lag_seconds") or 0) > 0
    metrics.read({0: 6}, {0: 6})
    assert registry.get_sample_value("shanzhi_intake_lag_seconds") == 0


def test_what_waits_for_a_leader() -> None:
    registry = CollectorRegistry()
    backed = Backed(registry, "outbox", "Events")
    backed.saw(3, 12.5)
    assert registry.get_sample_value("shanzhi_outbox_waiting") == 3
    assert registry.get_sample_value("shanzhi_outbox_age_seconds") == 12.5


def test_the_clock_is_late_for_as_long_as_it_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    time = Clock()
    monkeypatch.setattr(clock, "time", SimpleNamespace(monotonic=time))
    delay = Delay()
    time.seconds += 4
    assert delay.seconds() == 4, "it has just begun to lead and told nothing yet"
    delay.told(NOW - timedelta(seconds=2), NOW)
    assert delay.seconds() == 2
    time.seconds += 7
    assert delay.seconds() == 9


def test_answers_are_counted_by_the_part_of_the_site_when_they_begin() -> None:
    registry = CollectorRegistry()
    app = FastAPI()

    @app.get("/api/v1/models/{name}")
    def model(name: str) -> str:
        return name

    @app.get("/")
    def home() -> StreamingResponse:
        return StreamingResponse(iter(["a", "b"]))

    async def ask() -> list[int]:
        transport = httpx.ASGITransport(app=Measured(app, registry))
        async with httpx.AsyncClient(transport=transport, base_url="http://pages") as client:
            answers = [await client.get(path) for path in ("/api/v1/models/units", "/", "/made/up")]
            return [one.status_code for one in (*answers, await client.post("/api/v1/models/units"))]

    assert asyncio.run(ask()) == [200, 200, 404, 405]
    asked = {
        (sample.labels["part"], sample.labels["status"]): sample.value
        for metric in registry.collect()
        if metric.name == "shanzhi_dashboard_requests"
        for sample in metric.samples
        if sample.name.endswith("_total")
    }
    assert asked == {("api", "200"): 1, ("home", "200"): 1, ("other", "404"): 1, ("api", "405"): 1}
    assert registry.get_sample_value("shanzhi_dashboard_seconds_count", {"part": "api"}) == 2


def test_the_tables_that_readers_see_are_told_once_they_are_known() -> None:
    registry, app = CollectorRegistry(), FastAPI()
    Measured(app, registry)
    assert registry.get_sample_value("shanzhi_dashboard_listeners") is None
    changes = SimpleNamespace(listeners=2, standing=None)
    fresh = SimpleNamespace(lag_records=None, lag_seconds=1.5, missed_publishers=0)
    app.state.api = SimpleNamespace(changes=changes, freshness=SimpleNamespace(of=lambda _: fresh))
    assert registry.get_sample_value("shanzhi_dashboard_listeners") == 2
    assert registry.get_sample_value("shanzhi_read_generation") is None
    changes.standing = SimpleNamespace(generation="generation_3")
    assert registry.get_sample_value("shanzhi_read_generation") == 3
    assert registry.get_sample_value("shanzhi_read_lag_seconds") == 1.5
    assert registry.get_sample_value("shanzhi_read_lag_records") is None, "Kafka is away: nobody can tell"
