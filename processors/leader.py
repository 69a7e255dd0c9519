"""One of several equal processes works: the one whose session holds an advisory lock. The others wait for it.

What the leader writes goes through the session that holds the lock, in one transaction a step: who has lost the
lock can't commit. Who is frozen loses it: a session that says nothing for so long is ended.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from contextlib import suppress
from typing import Any

from prometheus_client import Gauge

from processors.aside import aside
from processors.process import Process
from projections.store.connection import answering, connect

FROZEN_SECONDS = 60  # more than any step leaves its session alone: a channel or Kafka that is slow
LOOK_SECONDS = 5.0  # between looks at what there is to say in figures
_ASK_SECONDS = 0.5
_IDLE_SECONDS = 0.08  # what rests shorter than this rests longer each time that there is nothing to do


class Leader(Process):
    """A process of which one works at a time. `lock` is its advisory lock, `pause_seconds` its rest without work."""

    def __init__(self, name: str, log: Any, database_url: str, lock: int, pause_seconds: float) -> None:
        super().__init__(name, log)
        self._name, self._url, self._lock, self._pause_seconds = name, database_url, lock, pause_seconds
        self._connection: Any = None
        self._leads = False
        self._look_at = 0.0
        leads = Gauge("shanzhi_leads", "1 while it is the one that works", ("process",), registry=self._registry)
        leads.labels(name).set_function(lambda: float(self._leads))

    @abstractmethod
    def prepare(self) -> None:
        """What has to be there before the first step; may raise `OutcomeUnknown` and is tried again."""

    @abstractmethod
    def step(self, connection: Any) -> bool:
        """One round of work, committed by itself; True where there may be more at once."""

    def look(self, connection: Any) -> None:
        """What there is to say in figures, asked every few seconds of the one that leads."""

    def rests(self) -> None:
        """It leads no more: its figures are somebody else's."""

    async def work(self) -> int:
        """Prepares, becomes leader when nobody else is, and works until told to stop."""
        await self._answered(self._prepared)
        rest_seconds = self._pause_seconds
        while not self._stop.is_set():
            more = await self._answered(self._round)
            if more is None:
                break
            if self._leads:
                self._readiness.works()
            else:
                self._readiness.waits("another one leads")
            if more:
                rest_seconds = self._pause_seconds
            else:
                await self._sleep(rest_seconds if self._leads else _ASK_SECONDS)
                rest_seconds = max(self._pause_seconds, min(2 * rest_seconds, _IDLE_SECONDS))
        await aside(self._let_go)
        return 0

    def _prepared(self) -> bool:
        with answering():
            self.prepare()
        return True

    def _round(self) -> bool:
        try:
            with answering():
                if not self._leads:
                    self._leads = self._takes_the_lead()
                if not self._leads:
                    return False
                if time.monotonic() >= self._look_at:
                    self.look(self._connection)
                    self._look_at = time.monotonic() + LOOK_SECONDS
                return self.step(self._connection)
        except BaseException:
            self._let_go()  # the lock goes with the session
            raise

    def _takes_the_lead(self) -> bool:
        if self._connection is None:
            frozen = f"{FROZEN_SECONDS}s"
            self._connection = connect(self._url, f"shanzhi {self._name}", idle_session_timeout=frozen)
        with self._connection, self._connection.cursor() as cursor:
            cursor.execute("select pg_try_advisory_lock(%s)", (self._lock,))
            (leads,) = cursor.fetchone()
        if leads:
            self._log.info("leads")
        return bool(leads)

    def _let_go(self) -> None:
        if self._leads:
            self.rests()
        self._leads, self._look_at = False, 0.0
        connection, self._connection = self._connection, None  # at the end a step may be under way, and let go too
        if connection is not None:
            with suppress(connection.Error):
                connection.close()
