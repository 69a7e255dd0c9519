"""Faust at batch speed: one message of the agent is one fetched batch of a partition.

Faust walks fetched records one by one, which costs more than all our folding. Two seams of its own lift that:
the scheduler says how fetched records are walked, and a consumer of the aiokafka driver says how one becomes a
message and where reading begins. Everything that depends on Faust's inner workings is in this module; a contract
test fails when Faust changes under it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Literal

import faust
from aiokafka.errors import IllegalStateError, NoOffsetForPartitionError
from faust import SASLCredentials
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.auth import SASLMechanism
from faust.types.transports import SchedulingStrategyT
from faust.types.tuples import ConsumerMessage

from ledger.broker import access, trust
from ledger.record import Batch

MAX_POLL_RECORDS = 10000
GATHER_BYTES, GATHER_MS = 256 * 1024, 100  # a fetch is answered once it has so much, or so late
SESSION_SECONDS, HEARTBEAT_SECONDS = 6.0, 2.0  # after a kill others wait for its end, now and then for two of them
REQUEST_SECONDS = 30.0
Positions = Callable[[list[int]], Awaitable[Mapping[int, int]]]
"""Where reading begins: the offset of the last applied record of each partition (0 where there is none)."""


class WholeBatches(SchedulingStrategyT):
    """Hands on what was fetched of a partition as one item, instead of round-robin record by record."""

    def iterate(self, records: Mapping[TP, list[Any]]) -> Iterator[tuple[TP, Any]]:
        """One item a partition."""
        return ((partition, fetched) for partition, fetched in records.items() if fetched)


class _Nothing(dict[TP, int | None]):
    """Faust's memory of what it read, kept empty: it would drop batches that we ask for again."""

    def __missing__(self, _: TP) -> None:
        return None

    def __setitem__(self, tp: TP, offset: int | None) -> None:
        """Remembers nothing."""

    def update(self, *_: Any, **__: Any) -> None:
        """Remembers nothing."""


class BatchConsumer(driver.Consumer):
    """Makes one message of a batch, begins where PostgreSQL stands, and commits nothing to Kafka.

    The app carries `positions` (see `Positions`) and `revoked(partitions)`.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._read_offset = _Nothing()

    def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
        return _BatchConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def _to_message(self, tp: TP, record: Any) -> ConsumerMessage:
        last = record[-1]
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            last.offset,
            last.timestamp / 1000,
            last.timestamp_type,
            (),
            None,
            Batch(tp.partition, record),
            None,
            0,
            0,
            tp,
            generation_id=self.app.consumer_generation_id,
        )

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seeks every assigned partition to its position in PostgreSQL; asks again where others came in meanwhile."""
        while True:
            assigned = sorted(self.assignment())
            begin = await self.app.positions([tp.partition for tp in assigned])
            if sorted(self.assignment()) == assigned:
                break
        for tp in assigned:
            await self._begin(tp, begin[tp.partition])
        return {tp: begin[tp.partition] for tp in assigned}

    async def begin_at(self, partition: int, offset: int) -> None:
        """Reads an assigned partition again from an offset."""
        for tp in self.assignment():
            if tp.partition == partition:
                await self._begin(tp, offset)

    async def _begin(self, tp: TP, offset: int) -> None:
        with suppress(IllegalStateError):  # another worker has it by now
            await self.seek(tp, offset)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Lets the lanes finish before another worker begins."""
        await self.app.revoked([tp.partition for tp in revoked])
        await super().on_partitions_revoked(revoked)


class _BatchConsumerThread(driver.AIOKafkaConsumerThread):
    """Lets records gather for a moment at the broker: a transaction of one record costs as much as one of fifty."""

    def _create_worker_consumer(self, loop: Any) -> Any:
        consumer = super()._create_worker_consumer(loop)
        consumer._fetch_min_bytes, consumer._fetch_max_wait_ms = GATHER_BYTES, GATHER_MS
        return consumer

    async def _fetch_records(self, *arguments: Any, **options: Any) -> dict[TP, list[Any]]:
        """aiokafka may look between an assignment and our seek: then there are none yet, and no error."""
        try:
            fetched: dict[TP, list[Any]] = await super()._fetch_records(*arguments, **options)
        except NoOffsetForPartitionError:
            return {}
        return fetched


class BatchTransport(driver.Transport):
    """The aiokafka transport with our consumer."""

    Consumer = BatchConsumer


class BatchApp(faust.App):
    """A Faust app whose one agent gets `Batch`es of one topic."""

    positions: Positions
    revoked: Callable[[Iterable[int]], Awaitable[None]]

    def _create_directories(self) -> None:
        """Faust's folder for tables stays unmade: there are no tables."""


def batch_app(
    name: str,
    bootstrap: str,
    topic: str,
    take: Callable[[Batch], Awaitable[None]],
    out_of_range: Literal["none", "earliest"] = "none",
) -> BatchApp:
    """An app that calls `take` with one batch after another; `take` must not raise.

    Kafka's committed offsets are not used: positions live in PostgreSQL, beside the rows. `out_of_range` says what
    a position means that the log does not have: an error, or its beginning (a log whose records are deleted once
    they are done).
    """
    brokers = ";".join(f"kafka://{server}" for server in access(bootstrap).servers.split(","))
    app = BatchApp(
        name,
        broker=brokers,
        broker_credentials=_credentials(bootstrap),
        ConsumerScheduler=WholeBatches,
        broker_max_poll_records=MAX_POLL_RECORDS,
        broker_session_timeout=SESSION_SECONDS,
        broker_heartbeat_interval=HEARTBEAT_SECONDS,
        broker_request_timeout=REQUEST_SECONDS,
        broker_max_poll_interval=300.0,
        consumer_auto_offset_reset=out_of_range,
        stream_buffer_maxsize=4,
        stream_wait_empty=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        key_serializer="raw",
        value_serializer="raw",
        store="memory://",
        web_enabled=False,
        worker_redirect_stdouts=False,
    )
    app.transport = BatchTransport(app.conf.broker_consumer, app, loop=app.loop)
    ledger = app.topic(topic, value_serializer="raw", key_serializer="raw", internal=False, acks=False)

    @app.agent(ledger, concurrency=1, name="projector")
    async def project(batches: Any) -> None:
        async for event in batches.events():
            await take(event.message.value)

    return app


def _credentials(bootstrap: str) -> SASLCredentials | None:
    found = access(bootstrap)
    if found.user is None:
        return None
    return SASLCredentials(
        username=found.user, password=found.password, ssl_context=trust(found.ca), mechanism=SASLMechanism.SCRAM_SHA_512
    )
