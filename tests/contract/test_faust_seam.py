"""`processors.batches` stands on how Faust and aiokafka work inside; an upgrade that changes it fails here first."""

from __future__ import annotations

import asyncio
import inspect
from functools import partial
from types import SimpleNamespace
from typing import Any

from aiokafka.errors import IllegalStateError
from faust.transport import consumer as base
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from ledger.record import Batch, StoredRecord
from processors.batches import BatchConsumer, WholeBatches, _Nothing


def parameters(function: Any) -> list[str]:
    return list(inspect.signature(function).parameters)


def test_what_is_overridden_is_still_there_and_called_the_same() -> None:
    assert parameters(driver.Consumer._to_message) == ["self", "tp", "record"]
    assert parameters(driver.Consumer._new_consumer_thread) == ["self"]
    assert parameters(driver.Consumer.on_partitions_revoked) == ["self", "revoked"]
    assert parameters(driver.Consumer.seek_to_committed) == ["self"]
    assert parameters(driver.AIOKafkaConsumerThread._fetch_records)[:3] == ["self", "consumer", "active_partitions"]
    assert driver.Transport.Consumer is driver.Consumer


def test_fetched_records_go_through_the_scheduler_and_then_become_messages() -> None:
    source = inspect.getsource(base.Consumer.getmany)
    assert "self.scheduler.iterate(records)" in source
    assert "to_message(tp, record)" in source


def test_faust_drops_what_it_has_read_only_by_the_offsets_that_we_keep_empty() -> None:
    source = inspect.getsource(base.Consumer._drain_messages)
    assert "get_read_offset = self._read_offset.__getitem__" in source
    assert "if r_offset is None or offset >= r_offset:" in source
    nothing = _Nothing()
    nothing[TP("a", 0)] = 5
    nothing.update({TP("a", 0): 5})
    assert nothing[TP("a", 0)] is None


def test_positions_are_sought_before_anything_is_handed_on() -> None:
    assert "await self.seek_to_committed()" in inspect.getsource(base.Consumer.perform_seek)


def test_a_rebalance_while_positions_are_asked_for_is_heeded() -> None:
    """Faust seeks at an assignment, and once more whenever it has fetched while it may not: both may be under way."""
    assignments = [{0, 1, 2, 3}, {0, 1}, {0, 1}, {0, 1}]
    asked: list[list[int]] = []
    sought: list[tuple[int, int]] = []

    async def positions(partitions: list[int]) -> dict[int, int]:
        asked.append(partitions)
        return {number: number + 10 for number in partitions}

    async def seek(tp: TP, offset: int) -> None:
        if tp.partition == 1:
            raise IllegalStateError("No current assignment")
        sought.append((tp.partition, offset))

    consumer: Any = SimpleNamespace(
        app=SimpleNamespace(positions=positions),
        assignment=lambda: {TP("governance.ledger", number) for number in assignments.pop(0)},
        seek=seek,
    )
    consumer._begin = partial(BatchConsumer._begin, consumer)
    asyncio.run(BatchConsumer.seek_to_committed(consumer))
    assert asked == [[0, 1, 2, 3], [0, 1]]
    assert sought == [(0, 10)]


def test_one_message_is_one_fetched_batch() -> None:
    tp = TP("governance.ledger", 3)
    records = [
        SimpleNamespace(offset=offset, timestamp=1_000 * offset, timestamp_type=1, key=b"k", value=b"v")
        for offset in (7, 8, 9)
    ]
    ((partition, fetched),) = WholeBatches().iterate({tp: records, TP("governance.ledger", 4): []})
    consumer: Any = SimpleNamespace(app=SimpleNamespace(consumer_generation_id=1))
    message = BatchConsumer._to_message(consumer, partition, fetched)
    assert (message.offset, message.partition) == (9, 3)
    assert message.value == Batch(3, records)
    assert StoredRecord(7, 7_000, b"k", b"v").offset == message.value.records[0].offset
