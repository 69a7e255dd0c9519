"""One run of one contender, as figures."""

from __future__ import annotations

from msgspec import Struct

from bench.peers.meter import Cost


class Measured(Struct, frozen=True):
    """From the first record read to the last result committed, cold; `differences` name cells that are not right.

    Processor time is that of the contender's processes, and what Kafka and PostgreSQL spent while it ran; others used
    `elsewhere_percent` of the machine meanwhile.
    """

    contender: str
    round: int
    events: int
    seconds: float
    peak_mib: float
    own_us_per_event: float
    kafka_us_per_event: float
    postgres_us_per_event: float
    elsewhere_percent: int
    differences: list[str]

    @property
    def per_second(self) -> float:
        """Events a second."""
        return self.events / self.seconds if self.seconds > 0 else 0.0


def measured(contender: str, number: int, events: int, seconds: float, cost: Cost, differences: list[str]) -> Measured:
    """With the cost a microsecond and event."""
    times = (cost.own_seconds, cost.kafka_seconds, cost.postgres_seconds)
    own, kafka, postgres = (round(time * 1e6 / events, 1) for time in times)
    peak_mib = round(cost.peak_bytes / 2**20, 1)
    spent = (peak_mib, own, kafka, postgres, round(100 * cost.elsewhere))
    return Measured(contender, number, events, round(seconds, 3), *spent, differences)
