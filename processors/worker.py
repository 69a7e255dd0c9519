"""One worker process: wait for both servers, check the ledger, fold until told to stop.

Exit codes: 0 drained after SIGTERM or SIGINT; 5 the ledger is not the one that was read; 7 the store contradicts
it; 8 the watchdog saw lag and no progress; 2 the port of the probes is taken; 1 anything else. Kafka or PostgreSQL
away is no reason to end.
"""

from __future__ import annotations

import asyncio
import gc
import time
from contextlib import closing, suppress
from functools import partial
from typing import Any

import structlog

from ledger.errors import OutcomeUnknown
from ledger.reader import Reader, RecordFetcher
from ledger.topics import LEDGER, Topic
from processors.aside import aside
from processors.batches import batch_app
from processors.continuity import open_ledger, sound_positions
from processors.health import WATCHDOG_SECONDS, Health
from processors.metrics import WorkerMetrics
from processors.process import TICK_SECONDS, WATCHDOG_EXIT_CODE, Process
from processors.projector import Projector
from processors.readiness import OTHER_FOLDS
from projections.families import fingerprint
from projections.store.apply import Lane
from projections.store.cache import StateCache
from projections.store.connection import answering, connect
from projections.store.generation import (
    ensure_generation,
    installation_id,
    is_newer,
    read_current,
    switch_when_caught_up,
)

_LOOK_SECONDS = 5.0  # between looks at whose tables readers see, once they see ours
_SWITCH_PAUSES = 5  # times as long as an attempt took, which may have held the older generation still
_CLIENT_STOP_SECONDS = 3.0  # it leaves its group, else others would wait for the end of its session
log = structlog.get_logger("shanzhi.worker")


def run(
    *,
    kafka_bootstrap: str,
    database_url: str,
    lanes: int,
    replication: int = 1,
    probe_host: str = "127.0.0.1",
    probe_port: int | None = None,
) -> int:
    """Runs a worker until SIGTERM or SIGINT; returns the exit code.

    `replication` is what the ledger's topic is made with, where there is none yet. Without `probe_port` nothing
    listens; 0 is a free one.
    """
    return _Worker(kafka_bootstrap, database_url, lanes, replication).run(probe_host, probe_port)


class _Worker(Process):
    def __init__(self, bootstrap: str, database_url: str, lanes: int, replication: int) -> None:
        self._fingerprint = fingerprint()
        super().__init__("worker", log, folds=self._fingerprint)
        self._bootstrap, self._url, self._lanes = bootstrap, database_url, lanes
        self._replication = replication
        self._metrics = WorkerMetrics(self._registry)
        self._generation = ""
        self._group = ""
        self._switched = False
        self._other_folds: str | None = None
        self._switch_after = 0.0

    async def work(self) -> int:
        """Migrates, makes topic and generation where missing, then folds."""
        topic = await self._answered(self._prepare_once)
        return 0 if topic is None else await self._fold(topic)

    def _prepare_once(self) -> Topic:
        with answering():
            topic = open_ledger(self._bootstrap, self._url, self._replication)
            with closing(connect(self._url, "shanzhi worker control")) as connection:
                self._generation = ensure_generation(connection, self._fingerprint)
                self._group = f"shanzhi-{self._fingerprint}-{installation_id(connection)}"
                self._other_folds = self._amiss(connection)
        self._metrics.writes(self._generation)
        return topic

    async def _fold(self, topic: Topic) -> int:
        cache = StateCache()
        fetchers = [RecordFetcher(self._bootstrap) for _ in range(self._lanes)]
        lanes = [
            Lane(
                self._url,
                self._fingerprint,
                topic.partitions,
                cache,
                self._stopping,
                partial(self._waiting, number),
                fetcher,
            )
            for number, fetcher in enumerate(fetchers)
        ]
        self._projector = Projector(lanes, self._first_at, self._seek, self._metrics.applied)
        self._health = Health(self._projector, self._ask)
        self._readiness.servers = lambda: self._health.reason or self._other_folds
        self._readiness.waits("no partitions assigned yet")
        self._app = batch_app(self._group, self._bootstrap, LEDGER, self._projector.put)
        self._app.positions, self._app.revoked = self._positions, self._projector.revoke
        self._projector.start()
        gc.freeze()
        looking = asyncio.create_task(self._health.look_around())
        try:
            await self._app.start()
            log.info("ready", generation=self._generation, lanes=self._lanes)
            return await self._watch()
        finally:
            looking.cancel()
            self._stopping.set()
            await self._projector.stop()
            self.is_abandoned = self._projector.is_abandoned
            if not self.is_abandoned:
                for fetcher in fetchers:
                    await asyncio.to_thread(fetcher.close)  # it has a loop of its own
            await self._stop_app(self._app, _CLIENT_STOP_SECONDS)

    async def _watch(self) -> int:
        failed = self._projector.failed
        assert failed is not None
        while not self._stop.is_set():
            await self._sleep(TICK_SECONDS)
            if failed.done():
                raise failed.result()
            if self._app.crashed:
                log.error("kafka_client_crashed", error=repr(self._app.crash_reason))
                with suppress(OutcomeUnknown):
                    await aside(self._ask)  # says what to do where the ledger is the reason
                return 1
            ends = self._ends()
            self._metrics.read(self._projector.next_offsets, ends)
            if self._health.is_stuck(ends):
                log.error("no_progress", seconds=WATCHDOG_SECONDS)
                return WATCHDOG_EXIT_CODE
            await self._maybe_switch()
        log.info("drained", folded=self._projector.folded)
        return 0

    def _ends(self) -> dict[int, int]:
        """Of the partitions that Kafka has told us about, as of the last fetch."""
        consumer = self._app.consumer
        known = {tp.partition: consumer.highwater(tp) for tp in consumer.assignment()}
        return {partition: end for partition, end in known.items() if end is not None}

    async def _maybe_switch(self) -> None:
        """Readers move to our generation once it has read as far as theirs; later on they may move to a newer one."""
        if self._health.is_away or time.monotonic() < self._switch_after:
            return
        began = time.monotonic()
        try:
            self._other_folds = await aside(self._switch, until=self._stop)
        except OutcomeUnknown as error:
            log.warning("not_switched", what=error.what)
        pause = _LOOK_SECONDS if self._switched else _SWITCH_PAUSES * (time.monotonic() - began)
        self._switch_after = time.monotonic() + pause

    def _switch(self) -> str | None:
        """Why readers see other tables than ours, None where they see ours."""
        with answering(), closing(connect(self._url, "shanzhi worker control")) as connection:
            if switch_when_caught_up(connection, self._generation):
                log.info("switched", generation=self._generation)
            return self._amiss(connection)

    def _amiss(self, connection: Any) -> str | None:
        with connection, connection.cursor() as cursor:
            current, folded_by = read_current(cursor)
        self._switched = not is_newer(self._generation, current)
        return None if folded_by == self._fingerprint else OTHER_FOLDS

    async def _positions(self, partitions: list[int]) -> dict[int, int]:
        """The last applied offset of each partition; waits for the servers. A log that lost records stops us."""
        found = await self._sound_positions()
        mine = {number: found.get(number, 0) for number in partitions}
        self._projector.assigned(mine)
        self._readiness.works()
        log.info("assigned", partitions=partitions)
        return {number: max(0, position - 1) for number, position in mine.items()}

    async def _sound_positions(self) -> dict[int, int]:
        """Next offset by partition; none where the worker is to stop or the ledger is unsound (lanes rest then)."""
        try:
            answer = await self._answered(self._ask)
        except Exception as error:
            self._projector.fail(error)
            return {}
        if answer is None:
            return {}
        self._generation, positions = answer
        self._metrics.writes(self._generation)
        return positions

    def _ask(self) -> tuple[str, dict[int, int]]:
        with answering():
            return sound_positions(self._bootstrap, self._url, self._fingerprint)

    async def _first_at(self, partition: int, offset: int) -> int:
        """The first offset from `offset` on that the log has; `offset` itself where it ends there. Waits for Kafka."""

        def ask() -> int | None:
            with Reader(self._bootstrap) as reader:
                return reader.first_at(partition, offset)

        return await self._answered(ask) or offset

    async def _seek(self, partition: int, offset: int) -> None:
        await self._app.consumer.begin_at(partition, offset)

    def _waiting(self, lane: int, is_away: bool) -> None:
        self._health.waiting(lane, is_away)
