"""One worker process: wait for both servers, check the ledger, fold until told to stop.

Exit codes: 0 drained after SIGTERM or SIGINT; 5 the ledger is not the one that was read; 7 the store contradicts
it; 8 the watchdog saw lag and no progress; 1 anything else. Kafka or PostgreSQL away is no reason to end.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import psycopg2
import structlog
import uvloop

from ledger.errors import OutcomeUnknown, ShanzhiError
from ledger.reader import Reader
from ledger.topics import LEDGER, Topic, ensure_ledger
from processors.batches import BatchApp, batch_app
from processors.continuity import sound_positions
from processors.projector import Projector
from projections.families import fingerprint
from projections.store.apply import Lane
from projections.store.cache import StateCache
from projections.store.connection import connect, is_transient
from projections.store.generation import (
    bind_topic,
    current_generation,
    ensure_generation,
    installation_id,
    is_newer,
    switch_when_caught_up,
)
from projections.store.migrate import migrate

WATCHDOG_SECONDS = 60.0
WATCHDOG_EXIT_CODE = 8
_TICK_SECONDS = 0.5
_RETRY_SECONDS = 1.0
_SWITCH_PAUSES = 5  # times as long as an attempt took, which may have held the older generation still
_LOOK_SECONDS = 5.0
_CLIENT_STOP_SECONDS = 3.0
_SERVERS = -1  # beside the numbers of lanes that wait
_AWAY = (psycopg2.Error, OutcomeUnknown)
T = TypeVar("T")
log = structlog.get_logger("shanzhi.worker")


def run(*, kafka_bootstrap: str, database_url: str, lanes: int) -> int:
    """Runs a worker until SIGTERM or SIGINT; returns the exit code."""
    gc.set_threshold(100_000, 20, 100)  # batches make many short-lived objects and hardly any cycles
    sys.setswitchinterval(0.001)  # a lane back from the database does not wait 5 ms for its turn
    worker = _Worker(kafka_bootstrap, database_url, lanes)
    code = uvloop.run(worker.run())
    if worker.is_abandoned:  # a thread waits for a database that will never answer, and Python would wait for it
        logging.shutdown()
        os._exit(code)
    return code


class _Worker:
    def __init__(self, bootstrap: str, database_url: str, lanes: int) -> None:
        self._bootstrap, self._url, self._lanes = bootstrap, database_url, lanes
        self._stopping = threading.Event()
        self._stop: asyncio.Event = asyncio.Event()
        self._away: set[int] = set()
        self.is_abandoned = False
        self._fingerprint = fingerprint()
        self._generation = ""
        self._group = ""
        self._switched = False
        self._switch_after = 0.0

    async def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._ask_to_stop)
        try:
            topic = await self._prepare()
            return 0 if topic is None else await self._fold(topic)
        except ShanzhiError as error:
            log.error("stopped", what=error.what, remedy=error.remedy)
            return error.exit_code

    def _ask_to_stop(self) -> None:
        log.info("stopping")
        self._stopping.set()
        self._stop.set()

    async def _prepare(self) -> Topic | None:
        """Migrates, makes topic and generation where missing; waits for the servers. None: told to stop."""
        while not self._stop.is_set():
            try:
                return await _aside(self._prepare_once, until=self._stop)
            except OutcomeUnknown as error:
                log.warning("not_ready", what=error.what)
            except psycopg2.Error as error:
                if not is_transient(error):
                    raise
                log.warning("not_ready", what=str(error).strip())
            await self._sleep(_RETRY_SECONDS)
        return None

    def _prepare_once(self) -> Topic:
        topic = ensure_ledger(self._bootstrap)
        connect(self._url, "shanzhi probe").close()
        migrate(self._url)
        with_connection(self._url, lambda connection: bind_topic(connection, topic))
        self._generation = with_connection(
            self._url, lambda connection: ensure_generation(connection, self._fingerprint)
        )
        self._group = f"shanzhi-{self._fingerprint}-{with_connection(self._url, installation_id)}"
        return topic

    async def _fold(self, topic: Topic) -> int:
        cache = StateCache()
        lanes = [
            Lane(
                self._url,
                self._fingerprint,
                topic.partitions,
                cache,
                self._stopping,
                partial(self._waiting, number),
            )
            for number in range(self._lanes)
        ]
        self._projector = Projector(lanes, self._read_again)
        self._app = batch_app(self._group, self._bootstrap, LEDGER, self._projector.put)
        self._app.positions, self._app.revoked = self._positions, self._projector.revoke
        self._projector.start()
        gc.freeze()
        looking = asyncio.create_task(self._look_around())
        try:
            await self._app.start()
            log.info("ready", generation=self._generation, lanes=self._lanes)
            return await self._watch()
        finally:
            looking.cancel()
            self._stopping.set()
            await self._projector.stop()
            self.is_abandoned = self._projector.is_abandoned
            await self._stop_app(self._app)

    async def _watch(self) -> int:
        failed = self._projector.failed
        assert failed is not None
        while not self._stop.is_set():
            await self._sleep(_TICK_SECONDS)
            if failed.done():
                raise failed.result()
            if self._app.crashed:
                log.error("kafka_client_crashed", error=repr(self._app.crash_reason))
                with suppress(*_AWAY):
                    await _aside(self._ask)  # says what to do where the ledger is the reason
                return 1
            if self._is_stuck():
                log.error("no_progress", seconds=WATCHDOG_SECONDS)
                return WATCHDOG_EXIT_CODE
            await self._maybe_switch()
        log.info("drained", folded=self._projector.folded)
        return 0

    def _is_stuck(self) -> bool:
        if self._away or time.monotonic() - self._projector.progressed_at < WATCHDOG_SECONDS:
            return False
        consumer = self._app.consumer
        ends = {tp.partition: consumer.highwater(tp) or 0 for tp in consumer.assignment()}
        return any(end > self._projector.next_offsets.get(number, 0) for number, end in ends.items())

    async def _maybe_switch(self) -> None:
        """Readers move to our generation once it has read as far as theirs."""
        if self._switched or self._away or time.monotonic() < self._switch_after:
            return
        began = time.monotonic()
        try:
            self._switched = await _aside(partial(with_connection, self._url, self._switch), until=self._stop)
        except _AWAY as error:
            log.warning("not_switched", error=str(error).strip())
        self._switch_after = time.monotonic() + _SWITCH_PAUSES * (time.monotonic() - began)

    def _switch(self, connection: Any) -> bool:
        if switch_when_caught_up(connection, self._generation):
            log.info("switched", generation=self._generation)
        return not is_newer(self._generation, current_generation(connection))

    async def _positions(self, partitions: list[int]) -> dict[int, int]:
        """The last applied offset of each partition; waits for the servers. A log that lost records stops us."""
        found = await self._sound_positions()
        mine = {number: found.get(number, 0) for number in partitions}
        self._projector.next_offsets = dict(mine)
        self._projector.progressed_at = time.monotonic()
        log.info("assigned", partitions=partitions)
        return {number: max(0, position - 1) for number, position in mine.items()}

    async def _sound_positions(self) -> dict[int, int]:
        """Next offset by partition; none where the worker is to stop or the ledger is unsound (lanes rest then)."""
        while not self._stop.is_set():
            try:
                self._generation, positions = await _aside(self._ask)
                return positions
            except _AWAY as error:
                log.warning("not_ready", what=str(error).strip())
                await self._sleep(_RETRY_SECONDS)
            except ShanzhiError as error:
                self._projector.fail(error)
                break
        return {}

    def _ask(self) -> tuple[str, dict[int, int]]:
        return sound_positions(self._bootstrap, self._url, self._fingerprint)

    async def _look_around(self) -> None:
        """Without progress for a while: are both servers there, and is the ledger still the one that we read?

        Kafka's client says neither: it waits for a broker for ever, and for a topic that was deleted too.
        """
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            if time.monotonic() - self._projector.progressed_at < _LOOK_SECONDS:
                self._servers_answer()
                continue
            try:
                await self._look()
            except ShanzhiError as error:
                self._projector.fail(error)
                return
            await asyncio.sleep(_LOOK_SECONDS)

    async def _look(self) -> None:
        try:
            await _aside(self._ask)
        except _AWAY as error:
            if _SERVERS not in self._away:
                self._away.add(_SERVERS)
                log.warning("not_ready", what=str(error).strip())
        else:
            self._servers_answer()

    def _servers_answer(self) -> None:
        if _SERVERS in self._away:
            self._away.discard(_SERVERS)
            self._projector.progressed_at = time.monotonic()
            log.info("not_ready" if self._away else "ready")

    async def _read_again(self, partition: int, offset: int) -> int:
        """Seeks to an offset, or past a gap in the log that begins there; gives where reading goes on."""
        first = await _aside(partial(self._first_at, partition, offset))
        await self._app.consumer.begin_at(partition, first)
        return first

    def _first_at(self, partition: int, offset: int) -> int:
        while not self._stopping.is_set():
            try:
                with Reader(self._bootstrap) as reader:
                    return reader.first_at(partition, offset) or offset
            except OutcomeUnknown as error:
                log.warning("not_ready", what=error.what)
                self._stopping.wait(_RETRY_SECONDS)
        return offset

    def _waiting(self, lane: int, is_away: bool) -> None:
        (self._away.add if is_away else self._away.discard)(lane)
        self._projector.progressed_at = time.monotonic()
        log.info("not_ready" if self._away else "ready", lane=lane)

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)

    async def _stop_app(self, app: BatchApp) -> None:
        try:
            await asyncio.wait_for(app.stop(), _CLIENT_STOP_SECONDS)
        except TimeoutError:
            log.warning("kafka_client_did_not_stop")


def with_connection(database_url: str, work: Callable[[Any], T]) -> T:
    """Runs work on a connection of its own and closes it."""
    connection = connect(database_url, "shanzhi worker control")
    try:
        return work(connection)
    finally:
        connection.close()


async def _aside(work: Callable[[], T], until: asyncio.Event | None = None) -> T:
    """Runs work in a thread that nobody waits for at the end: asking a server that is away can take long.

    Raises `OutcomeUnknown` where the event comes first.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except BaseException as raised:
            error = raised
        with suppress(RuntimeError):  # the loop is closed: nobody asks any more
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, name="aside", daemon=True).start()
    if until is None:
        return await done
    waiting = asyncio.ensure_future(until.wait())
    either: list[asyncio.Future[Any]] = [done, waiting]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not done.done():
        raise OutcomeUnknown("The worker stops before the servers answered", "Start it again.")
    return done.result()
