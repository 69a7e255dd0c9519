"""What the intake says in figures, once a batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from processors.intake.judging import Reason
from processors.metrics import BATCH_SECONDS, from_zero
from processors.trail import Trail
from projections.store.apply import Applied


class IntakeMetrics:
    """Of one intake agent, since it started; the lag is of all its partitions together."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._forwarded = Counter("shanzhi_intake_forwarded", "Events written to the ledger", registry=registry)
        self._quarantined = Counter(
            "shanzhi_intake_quarantined", "Records that became no event", ("reason",), registry=registry
        )
        from_zero(self._quarantined, get_args(Reason))
        self._batch_seconds = Histogram(
            "shanzhi_intake_batch_seconds",
            "From a free lane until the batch is deleted from the topic",
            buckets=BATCH_SECONDS,
            registry=registry,
        )
        self._lag = Gauge("shanzhi_intake_lag_records", "Records that are not done", registry=registry)
        self._seconds = Gauge("shanzhi_intake_lag_seconds", "For how long there were any", registry=registry)
        self._trails: dict[int, Trail] = {}

    def applied(self, seconds: float, applied: Applied) -> None:
        """A batch is done."""
        self._batch_seconds.observe(seconds)
        self._forwarded.inc(applied.folded)
        for reason in applied.quarantined:
            self._quarantined.labels(reason).inc()

    def read(self, next_offsets: Mapping[int, int], ends: Mapping[int, int]) -> None:
        """Where the agent stands, and where its partitions end as far as it has heard."""
        behind = {number: (next_offsets.get(number, end), end) for number, end in ends.items()}
        self._trails = {number: self._trails.get(number) or Trail() for number in behind}
        self._lag.set(sum(max(0, end - position) for position, end in behind.values()))
        self._seconds.set(max((self._trails[one].behind_seconds(*behind[one]) for one in behind), default=0.0))
