"""The clock's process: one of several leads, and tells what ran out as far as the tables know."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from functools import partial
from typing import Any

import structlog

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
        self._telling = Telling(log)

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
                return False
        self._horizon.ask(now)
        with connection, connection.cursor() as cursor:
            generation, _ = read_current(cursor)
            until = self._horizon.reached(_positions(cursor, generation))
            return until is not None and self._telling.page(cursor, generation, until)


def _ends(kafka_bootstrap: str) -> Mapping[int, int]:
    with Reader(kafka_bootstrap) as reader:
        return reader.ends


def _positions(cursor: Any, generation: str) -> Mapping[int, int]:
    cursor.execute(f"select partition, next from {generation}.position")
    return dict(cursor.fetchall())
