"""What the dashboard says in figures, for Prometheus: how long answers take, who listens, how fresh the tables are."""

from __future__ import annotations

import time
from collections.abc import Iterator

from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import Message, Receive, Scope, Send

from projections.store.generation import number_of

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Measured:
    """The ASGI application with its figures: a request counts when its answer begins, so that streams do not weigh.

    `part` is the first word of the route's path; what has none is `other`, so that nobody makes up new ones.
    """

    def __init__(self, app: FastAPI, registry: CollectorRegistry) -> None:
        self._app = app
        self._requests = Counter(
            "shanzhi_dashboard_requests", "Requests by part and status", ("part", "status"), registry=registry
        )
        self._seconds = Histogram(
            "shanzhi_dashboard_seconds",
            "From a request to the beginning of its answer",
            ("part",),
            buckets=_SECONDS,
            registry=registry,
        )
        registry.register(_Tables(app))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def sender(message: Message) -> None:
            if message["type"] == "http.response.start":
                part = _part(scope)
                self._seconds.labels(part).observe(time.perf_counter() - began)
                self._requests.labels(part, message["status"]).inc()
            await send(message)

        await self._app(scope, receive, sender)


def _part(scope: Scope) -> str:
    route = scope.get("route")
    if route is None:
        return "other"
    return str(route.path).strip("/").partition("/")[0].partition("{")[0] or "home"


class _Tables(Collector):
    """As the read API knows it; nothing while it does not."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def collect(self) -> Iterator[Metric]:
        """Called by whoever asks for the metrics, in another thread."""
        api = getattr(self._app.state, "api", None)
        standing = api.changes.standing if api else None
        if api is not None:
            yield _gauge("shanzhi_dashboard_listeners", "Who listens to changes", api.changes.listeners)
        if api is None or standing is None:
            return
        fresh = api.freshness.of(standing)
        yield _gauge("shanzhi_read_generation", "Number of the tables that readers see", number_of(standing.generation))
        yield _gauge("shanzhi_read_lag_records", "Records that those tables lack", fresh.lag_records)
        yield _gauge("shanzhi_read_lag_seconds", "For how long they lacked any", fresh.lag_seconds)
        yield _gauge("shanzhi_missed_publishers", "Publishers who broke their rhythm", fresh.missed_publishers)


def _gauge(name: str, about: str, value: float | None) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, about)
    if value is not None:  # else nobody can tell: Kafka is away
        family.add_metric((), value)
    return family
