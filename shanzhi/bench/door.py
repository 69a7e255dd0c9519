"""A gateway, a worker and a registered publisher on servers of their own, for measuring the way in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from ledger.parties import Party
from ledger.publishers import Register
from producers.publisher import utc_now
from producers.simulator import Submitted, first
from shanzhi.endpoints import Report
from shanzhi.everything import Everything, everything
from shanzhi.settings import Settings

_RATE = 100_000  # the limit is on, and not what is measured


@dataclass(frozen=True)
class Door:
    """What runs, and the key to send with."""

    running: Everything
    key: str


@contextmanager
def open_door(settings: Settings, sources: frozenset[str], report: Report) -> Iterator[Door]:
    """Everything runs and is ready. `sources` are what the publisher may speak for."""
    with everything(settings, 1, report=report, said=report) as running:
        party = Party("bench", "bench", tuple(sorted(sources)), rate_per_second=_RATE)
        yield Door(running, Register(running.endpoints.database_url).add(party, "unit/bench", utc_now()))


def distinct_events(count: int) -> list[dict[str, Any]]:
    """The first sound events of a simulated county, each once, in its order."""
    found = (one.event for one in first(2 * count) if isinstance(one, Submitted) and not one.repeat)
    return [event for _, event in zip(range(count), found, strict=False)]


def texts_of(events: list[dict[str, Any]]) -> list[bytes]:
    """As they are sent: made before the clock runs."""
    return [orjson.dumps(event) for event in events]
