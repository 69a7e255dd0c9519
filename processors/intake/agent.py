"""The intake's process: Faust reads governance.intake, lanes of threads work it off.

The position of a partition is where its log starts: what is done is deleted, and nothing else remembers it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from datetime import UTC, datetime
from functools import partial

import structlog

from ledger.errors import OutcomeUnknown, ShanzhiError
from ledger.injected_time import time_of
from ledger.parties import Parties
from ledger.reader import Reader
from ledger.record import Batch
from ledger.topics import INTAKE, Intake, ensure_intake
from ledger.vault import Vault
from ledger.writer import Writer
from processors.aside import aside
from processors.batches import BatchApp, batch_app
from processors.health import WATCHDOG_SECONDS, Health
from processors.intake.arrival import arrival, held_bytes
from processors.intake.careful import read_carefully
from processors.intake.chores import forgetting, marking, watched
from processors.intake.clearing import Clearing, Quiet
from processors.intake.figures import IntakeMetrics
from processors.intake.lane import DELIVERY_SECONDS, IntakeLane
from processors.intake.originals import owner_of
from processors.intake.store import IntakeQuarantine
from processors.process import TICK_SECONDS, WATCHDOG_EXIT_CODE, Process
from processors.projector import Projector
from projections.read.territory import PlaceTree
from projections.store.connection import answering, connect
from projections.store.generation import installation_id
from projections.store.migrate import migrate

LANES = 2
log = structlog.get_logger("shanzhi.intake")


def run(
    *,
    kafka_bootstrap: str,
    database_url: str,
    vault: Vault,
    replication: int = 1,
    probe_host: str = "127.0.0.1",
    probe_port: int | None = None,
) -> int:
    """Runs the agent until SIGTERM or SIGINT; returns the exit code.

    `replication` is what the intake's topic is made with, where there is none yet.
    """
    read_carefully()
    return _Agent(kafka_bootstrap, database_url, vault, replication).run(probe_host, probe_port)


class _Agent(Process):
    young_objects = 10_000  # its clients leave cycles behind, and its batches are small

    def __init__(self, bootstrap: str, database_url: str, vault: Vault, replication: int) -> None:
        super().__init__("intake", log)
        self._bootstrap, self._url, self._vault = bootstrap, database_url, vault
        self._replication = replication
        self._metrics = IntakeMetrics(self._registry)
        self._clearing = Clearing(bootstrap)
        self._parties = Parties(database_url)
        self._territory = PlaceTree(database_url)

    async def work(self) -> int:
        """Waits for both servers, then reads."""
        prepared = await self._answered(self._prepare)
        if prepared is None:
            return 0
        self._intake, group, writer = prepared
        self._quiet = Quiet(self._intake.segment_seconds)
        lanes = [self._lane(number, writer) for number in range(LANES)]
        self._projector = Projector(lanes, self._first_at, self._seek, self._metrics.applied, held_bytes)
        self._health = health = Health(self._projector, self._look)
        self._app = batch_app(group, self._bootstrap, INTAKE, self._put, out_of_range="earliest")
        self._app.positions, self._app.revoked = self._positions, self._projector.revoke
        self._readiness.servers = lambda: health.reason
        self._readiness.waits("no partitions assigned yet")
        self._projector.start()
        chores = (health.look_around(), marking(self._quiet, self._mark), forgetting(self._forget))
        tasks = watched(chores, self._projector.fail)
        try:
            await self._app.start()
            log.info("ready", topic=self._intake.topic.id, lanes=LANES)
            return await self._watch(self._app, health)
        finally:
            for task in tasks:
                task.cancel()
            await self._end(writer)

    def _prepare(self) -> tuple[Intake, str, Writer]:
        """Migrates, and makes the intake where missing. The ledger's topic is made by the workers."""
        with answering():
            migrate(self._url)
            with closing(connect(self._url, "shanzhi intake control")) as connection:
                group = f"shanzhi-intake-{installation_id(connection)}"
        self._vault.existing([owner_of(int(time.time() * 1000))])  # says at once where the master key is a wrong one
        intake = ensure_intake(self._bootstrap, self._replication)
        return intake, group, Writer(self._bootstrap, DELIVERY_SECONDS, stamp_ms=time_of(self._url).stamp_ms)

    def _lane(self, number: int, writer: Writer) -> IntakeLane:
        return IntakeLane(
            self._intake.topic.id,
            IntakeQuarantine(self._url),
            self._parties,
            self._territory,
            self._vault,
            writer,
            self._clearing,
            self._quiet,
            lambda partition: self._projector.next_offsets.get(partition, 0),
            self._stopping,
            partial(self._waiting, number),
        )

    def _waiting(self, lane: int, is_away: bool) -> None:
        self._health.waiting(lane, is_away)

    async def _put(self, batch: Batch) -> None:
        await self._projector.put(batch._replace(records=[arrival(record) for record in batch.records]))

    async def _positions(self, partitions: list[int]) -> dict[int, int]:
        """Where the log of each partition starts; waits for the servers."""
        try:
            starts = await self._answered(self._look) or {}
        except Exception as error:
            self._projector.fail(error)
            starts = {}
        mine = {number: starts.get(number, 0) for number in partitions}
        self._projector.assigned(mine)
        self._quiet.assigned(partitions, time.monotonic())
        self._readiness.works()
        log.info("assigned", partitions=partitions)
        return mine

    def _look(self) -> dict[int, int]:
        """Where each partition's log starts, if both servers are there and the topic is still the same one."""
        intake = ensure_intake(self._bootstrap, self._replication)
        if intake.topic != self._intake.topic:
            raise ShanzhiError(f"{INTAKE} was made again or has other partitions", "Start the intake again.")
        with answering():
            connect(self._url, "shanzhi intake control").close()
        positions = self._projector.next_offsets.copy()  # before the ends: new records may come and be done meanwhile
        with self._reader() as reader:
            starts, ends = reader.starts, reader.ends
        self._clear_again(positions, starts, ends)
        return {number: max(start, positions.get(number, 0)) for number, start in starts.items()}

    def _clear_again(self, positions: dict[int, int], starts: dict[int, int], ends: dict[int, int]) -> None:
        """A broker that was killed may know records again that were deleted, or have lost its last ones."""
        for number, following in positions.items():
            if ends[number] < following:
                raise ShanzhiError(f"{INTAKE} lost records that were done", "Start the intake again.")
            if starts[number] < following:
                self._clearing.clear(number, following)

    def _reader(self) -> Reader:
        return Reader(self._bootstrap, INTAKE, self._intake.topic.partitions)

    async def _first_at(self, partition: int, offset: int) -> int:
        """The first offset from `offset` on that the log has; `offset` itself where it ends there."""

        def ask() -> int:
            with self._reader() as reader:
                return reader.first_at(partition, max(offset, reader.starts[partition])) or offset

        return await self._answered(ask) or offset

    async def _seek(self, partition: int, offset: int) -> None:
        await self._app.consumer.begin_at(partition, offset)

    async def _watch(self, app: BatchApp, health: Health) -> int:
        failed = self._projector.failed
        assert failed is not None
        while not self._stop.is_set():
            await self._sleep(TICK_SECONDS)
            if failed.done():
                raise failed.result()
            if app.crashed:
                log.error("kafka_client_crashed", error=repr(app.crash_reason))
                return 1
            ends = self._ends(app)
            self._metrics.read(self._projector.next_offsets, ends)
            if health.is_stuck(ends) and await self._is_really_stuck(ends):
                log.error("no_progress", seconds=WATCHDOG_SECONDS)
                return WATCHDOG_EXIT_CODE
        log.info("drained", forwarded=self._projector.folded)
        return 0

    def _ends(self, app: BatchApp) -> dict[int, int]:
        known = {tp.partition: app.consumer.highwater(tp) for tp in app.consumer.assignment()}
        return {partition: end for partition, end in known.items() if end is not None}

    async def _is_really_stuck(self, ends: dict[int, int]) -> bool:
        """A partition may end with what is no record: the end of a publisher's transaction."""

        def ask() -> bool:
            positions = dict(self._projector.next_offsets)
            behind = [number for number, end in ends.items() if end > positions.get(number, end)]
            with self._reader() as reader:
                return any(reader.first_at(number, positions[number]) is not None for number in behind)

        try:
            return await aside(ask, until=self._stop)
        except OutcomeUnknown:  # nothing came
            return False
        finally:
            self._projector.touch()

    async def _mark(self, due: Mapping[int, float]) -> None:
        await aside(partial(self._clearing.mark, due.keys()), until=self._stop)

    async def _forget(self) -> int:
        def forget() -> int:
            with closing(IntakeQuarantine(self._url)) as quarantine:
                return quarantine.forget(datetime.now(UTC).date())

        return await aside(forget, until=self._stop)

    async def _end(self, writer: Writer) -> None:
        self._stopping.set()
        await self._projector.stop()
        await self._stop_app(self._app)
        self.is_abandoned = True  # at once: a client that waits for a broker would hold up the end
        if not self._projector.is_abandoned:
            with suppress(TimeoutError):
                await asyncio.wait_for(aside(writer.close), 0.5)
