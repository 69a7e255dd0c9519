"""The clock's process: one of several leads, and tells what ran out as far as the tables know."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from prometheus_client import Counter, Gauge

from ledger.errors import OutcomeUnknown
from ledger.reader import Reader
from processors.clock.horizon import Horizon
from processors.clock.telling import Telling
from processors.leader import Leader
from projections.store.connection import connect
from projections.store.generation import read_current
from projections.store.migrate import migrate
from projections.store.now import now_of

LOCK = 7_283_011
PAUSE_SECONDS = 0.5
log = structlog.get_logger("shanzhi.clock")


def run(
    *, kafka_bootstrap: str, database_url: str, probe_host: str = "127.0.0.1", probe_port: int | None = None
) -> int:
    """Runs the clock until SIGTERM or SIGINT; returns the exit code. Of several, one works and the others wait."""
    return Clock(kafka_bootstrap, database_url).run(probe_host, probe_port)


class Clock(Leader):
    """Tells each deadline once: an event's id is made of what ran out and when."""

    def __init__(self, kafka_bootstrap: str, database_url: str) -> None:
        super().__init__("clock", log, database_url, LOCK, PAUSE_SECONDS)
        self._horizon = Horizon(partial(_ends, kafka_bootstrap))
        self._told = Counter("shanzhi_clock_told", "Events told", registry=self._registry)
        self._telling = Telling(log, self._told.inc)
        self._delay, self._round_until = Delay(), datetime.min
        delay = Gauge(
            "shanzhi_clock_delay_seconds", "Since the moment up to which all that ran out was told",
            registry=self._registry,
        )  # fmt: skip
        delay.set_function(lambda: self._delay.seconds() if self._leads else 0.0)

    def prepare(self) -> None:
        """Waits for tables that have deadlines."""
        migrate(self._url)
        with closing(connect(self._url, "shanzhi clock")) as connection, connection, connection.cursor() as cursor:
            cursor.execute("select to_regclass(max(generation) || '.deadline') is not null from shanzhi.current")
            (is_there,) = cursor.fetchone()
        if not is_there:
            raise OutcomeUnknown("There are no deadlines yet", "Start a worker of this version: shanzhi up")

    def step(self, connection: Any) -> bool:
        """One page of what may have run out by now, as far as the tables know; True where there are more pages."""
        with connection, connection.cursor() as cursor:
            now = now_of(cursor)
            generation, _ = read_current(cursor)
            if not self._telling.may_tell(cursor, generation, now):
                self._delay.told(now, now)
                return False
        self._horizon.ask(now)
        with connection, connection.cursor() as cursor:
            generation, _ = read_current(cursor)
            until = self._horizon.reached(_positions(cursor, generation))
            if until is None:
                return False
            if self._telling.is_at_the_beginning:
                self._round_until = until
            more = self._telling.page(cursor, generation, until)
        if not more:
            self._delay.told(self._round_until, now)
        return more

    def rests(self) -> None:
        """Whoever leads now begins again."""
        self._delay = Delay()


class Delay:
    """How long ago it is that everything which had run out by then was told; grows by itself."""

    def __init__(self) -> None:
        self._behind_seconds, self._at = 0.0, time.monotonic()

    def told(self, until: datetime, now: datetime) -> None:
        """What ran out up to `until` was told, by `now`: both by the clock that deadlines run by."""
        self._behind_seconds, self._at = (now - until).total_seconds(), time.monotonic()

    def seconds(self) -> float:
        """By now."""
        return self._behind_seconds + time.monotonic() - self._at


def _ends(kafka_bootstrap: str) -> Mapping[int, int]:
    with Reader(kafka_bootstrap) as reader:
        return reader.ends


def _positions(cursor: Any, generation: str) -> Mapping[int, int]:
    cursor.execute(f"select partition, next from {generation}.position")
    return dict(cursor.fetchall())
