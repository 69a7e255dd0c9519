"""What a process says in figures. Observed once a batch, never once a record: measuring must not cost speed."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from projections.store.apply import Applied

BATCH_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


def process_registry(process: str, ready: Callable[[], str | None], **labels: str) -> CollectorRegistry:
    """With what every process of ours says: build, readiness, memory, processor time. `labels` add to the build."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    about = {"process": process, "version": version("shanzhi"), "python": platform.python_version(), **labels}
    Info("shanzhi_build", "Which program this is", registry=registry).info(about)
    is_ready = Gauge("shanzhi_ready", "1 while /readyz says 200", registry=registry)
    is_ready.set_function(lambda: float(ready() is None))
    return registry


class WorkerMetrics:
    """Of one worker, since it started; positions and lag are of the partitions that it has now."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._folded = Counter("shanzhi_events_folded", "Events that changed the tables", registry=registry)
        self._repeats = Counter("shanzhi_repeats", "Records that were indexed before", registry=registry)
        self._gaps = Counter("shanzhi_gaps", "Offsets that the ledger lacks", registry=registry)
        self._quarantined = Counter(
            "shanzhi_quarantined", "Records that are no events", ("reason",), registry=registry
        )
        self._batch_seconds = Histogram(
            "shanzhi_batch_seconds",
            "From a free lane to the commit, waiting for PostgreSQL included",
            buckets=BATCH_SECONDS,
            registry=registry,
        )
        self._partitions = _Partitions()
        registry.register(self._partitions)

    def applied(self, seconds: float, applied: Applied) -> None:
        """A batch is in the tables."""
        self._batch_seconds.observe(seconds)
        self._folded.inc(applied.folded)
        if applied.repeats:
            self._repeats.inc(applied.repeats)
        if applied.gaps:
            self._gaps.inc(applied.gaps)
        for reason in applied.quarantined:
            self._quarantined.labels(reason).inc()

    def read(self, next_offsets: Mapping[int, int], ends: Mapping[int, int]) -> None:
        """Where the worker stands in its partitions, and where those end as far as it has heard."""
        self._partitions.next_offsets, self._partitions.ends = dict(next_offsets), dict(ends)


class _Partitions(Collector):
    """Both figures from one look, so that a partition which went to another worker is not shown any more."""

    def __init__(self) -> None:
        self.next_offsets: dict[int, int] = {}
        self.ends: dict[int, int] = {}

    def collect(self) -> Iterator[Metric]:
        """Called by whoever asks for the metrics, in another thread."""
        positions, ends = self.next_offsets, self.ends
        next_offset = GaugeMetricFamily("shanzhi_next_offset", "Position in the ledger", labels=("partition",))
        lag = GaugeMetricFamily("shanzhi_lag_records", "Records not yet in the tables", labels=("partition",))
        for partition, position in sorted(positions.items()):
            next_offset.add_metric((str(partition),), position)
            if partition in ends:
                lag.add_metric((str(partition),), max(0, ends[partition] - position))
        yield next_offset
        yield lag
