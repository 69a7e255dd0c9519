"""What a process says in figures. Observed once a batch, never once a record: measuring must not cost speed."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import version
from typing import NamedTuple, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ledger.codec import Reason
from processors.trail import Trail
from projections.store.apply import Applied
from projections.store.generation import number_of

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


def from_zero(counter: Counter, values: Iterable[str]) -> None:
    """Says 0 for each value of its label: what appears with its first count has not grown, for Prometheus."""
    for value in values:
        counter.labels(value)


class Backed:
    """What waits for a process that works one thing after another, as of its last look; zeros while it does not lead.

    `name` is a word of the figures' names, `things` what waits.
    """

    def __init__(self, registry: CollectorRegistry, name: str, things: str) -> None:
        self._waiting = Gauge(f"shanzhi_{name}_waiting", f"{things} that wait", registry=registry)
        self._age = Gauge(f"shanzhi_{name}_age_seconds", "How long the oldest of these has waited", registry=registry)

    def saw(self, waiting: int, age_seconds: float) -> None:
        """A look."""
        self._waiting.set(waiting)
        self._age.set(age_seconds)


class WorkerMetrics:
    """Of one worker, since it started; positions and lag are of the partitions that it has now."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._folded = Counter("shanzhi_events_folded", "Events that changed the tables", registry=registry)
        self._repeats = Counter("shanzhi_repeats", "Records that were indexed before", registry=registry)
        self._gaps = Counter("shanzhi_gaps", "Offsets that the ledger lacks", registry=registry)
        self._quarantined = Counter(
            "shanzhi_quarantined", "Records that are no events", ("reason",), registry=registry
        )
        from_zero(self._quarantined, (*get_args(Reason), "id_reused"))
        self._batch_seconds = Histogram(
            "shanzhi_batch_seconds",
            "From a free lane to the commit, waiting for PostgreSQL included",
            buckets=BATCH_SECONDS,
            registry=registry,
        )
        self._generation = Gauge("shanzhi_generation", "Number of the tables that it writes", registry=registry)
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
        self._partitions.saw(next_offsets, ends)

    def writes(self, generation: str) -> None:
        """Which tables it writes."""
        self._generation.set(number_of(generation))


class _Standing(NamedTuple):
    """Of one partition; None where its end is not known yet."""

    next: int
    lag_records: int | None
    lag_seconds: float | None


class _Partitions(Collector):
    """All figures from one look, so that a partition which went to another worker is not shown any more."""

    def __init__(self) -> None:
        self._trails: dict[int, Trail] = {}
        self._standing: dict[int, _Standing] = {}

    def saw(self, next_offsets: Mapping[int, int], ends: Mapping[int, int]) -> None:
        """A look."""
        self._trails = {number: self._trails.get(number) or Trail() for number in next_offsets}
        self._standing = {
            number: self._one(number, position, ends.get(number)) for number, position in next_offsets.items()
        }

    def _one(self, number: int, position: int, end: int | None) -> _Standing:
        if end is None:
            return _Standing(position, None, None)
        return _Standing(position, max(0, end - position), self._trails[number].behind_seconds(position, end))

    def collect(self) -> Iterator[Metric]:
        """Called by whoever asks for the metrics, in another thread."""
        standing = sorted(self._standing.items())
        next_offset = GaugeMetricFamily("shanzhi_next_offset", "Position in the ledger", labels=("partition",))
        lag = GaugeMetricFamily("shanzhi_lag_records", "Records not yet in the tables", labels=("partition",))
        seconds = GaugeMetricFamily("shanzhi_lag_seconds", "For how long there were any", labels=("partition",))
        for number, one in standing:
            partition = (str(number),)
            next_offset.add_metric(partition, one.next)
            if one.lag_records is not None and one.lag_seconds is not None:
                lag.add_metric(partition, one.lag_records)
                seconds.add_metric(partition, one.lag_seconds)
        yield from (next_offset, lag, seconds)
