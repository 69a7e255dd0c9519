"""What the gateway counts, for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 15.0)


class Metrics:
    """One set a gateway, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.events = Counter(
            "shanzhi_gateway_events",
            "Events by outcome: accepted, repeat, refused, unknown",
            ["outcome"],
            registry=self.registry,
        )
        self.refused = Counter(
            "shanzhi_gateway_refused", "Refused events by code of the rule", ["code"], registry=self.registry
        )
        self.requests = Counter(
            "shanzhi_gateway_requests", "Requests by path and status", ["path", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "shanzhi_gateway_publish_seconds",
            "From a request to its answer",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.is_ready = Gauge("shanzhi_gateway_ready", "1 while Kafka and PostgreSQL answer", registry=self.registry)
