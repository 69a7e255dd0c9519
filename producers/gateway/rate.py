"""How many events a publisher may send: a bucket that fills at its rate and holds a few seconds of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

BURST_SECONDS = 2.0
BURST_EVENTS = 500  # a full batch always fits, however slow the rate


@dataclass
class _Bucket:
    events: float
    at: float


class Rates:
    """Buckets by publisher, of one process. `clock` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float], burst: float = BURST_EVENTS) -> None:
        self._clock, self._burst = clock, burst
        self._buckets: dict[str, _Bucket] = {}

    def take(self, publisher: str, per_second: int, events: int) -> float:
        """Takes so many events out and answers 0, or takes none and says in how many seconds they would fit."""
        now, most = self._clock(), max(per_second * BURST_SECONDS, self._burst)
        bucket = self._buckets.setdefault(publisher, _Bucket(most, now))
        bucket.events = min(most, bucket.events + (now - bucket.at) * per_second)
        bucket.at = now
        if events <= bucket.events:
            bucket.events -= events
            return 0.0
        return (events - bucket.events) / per_second
