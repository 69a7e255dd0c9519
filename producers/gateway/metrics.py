"""What the gateway counts, for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 15.0)


_OUTCOMES = ("accepted", "repeat", "refused", "unknown")


class Metrics:
    """One set a gateway; the registry holds what every process says besides."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.events = Counter(
            "shanzhi_gateway_events",
            f"Events by outcome: {', '.join(_OUTCOMES)}",
            ["outcome"],
            registry=registry,
        )
        for outcome in _OUTCOMES:  # what appears with its first count has not grown, for Prometheus
            self.events.labels(outcome)
        self.refused = Counter(
            "shanzhi_gateway_refused", "Refused events by code of the rule", ["code"], registry=registry
        )
        self.requests = Counter(
            "shanzhi_gateway_requests", "Requests by path and status", ["path", "status"], registry=registry
        )
        self.seconds = Histogram(
            "shanzhi_gateway_publish_seconds",
            "From a request to its answer",
            buckets=_SECONDS,
            registry=registry,
        )
