"""What has to hold at the end, whatever happened in between: every acknowledged event counts exactly once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from ledger.reader import Reader
from tests.faults.county import Acknowledged, Message
from tests.faults.process import Compared
from tests.faults.scene import Scene, wait_until


def folded_to_the_end(scene: Scene, seconds: float = 60) -> float:
    """Waits until the readers' tables stand at the ledger's end; how many seconds that took."""
    ends = scene.ends()
    return wait_until(lambda: scene.positions() == ends, seconds, lambda: _left(scene, ends))


def _left(scene: Scene, ends: dict[int, int]) -> str:
    positions = scene.positions()
    left = {number: (positions.get(number), end) for number, end in ends.items() if positions.get(number) != end}
    tails = "\n".join(worker.tail() for worker in scene.workers)
    return f"positions and ends that differ: {left}\n{tails}"


def assert_counted_once(scene: Scene, messages: Sequence[Message], acknowledged: Sequence[Acknowledged]) -> Compared:
    """The index holds every event once and nothing else, verdicts are the planted ones, tables equal a fresh fold."""
    assert len(acknowledged) == len(messages)
    assert_sums_hold(scene)
    _assert_indexed(scene, acknowledged)
    _assert_quarantined(scene, acknowledged)
    compared = scene.compare()
    assert compared.differences == [], compared.differences
    return compared


def assert_sums_hold(scene: Scene) -> None:
    """indexed + repeats + quarantined + gaps = next, in every partition; no gaps; the numbers are those of the rows."""
    ends = scene.ends()
    rows = scene.query("select partition, next, indexed, repeats, quarantined, gaps from shanzhi.index_position")
    for partition, next_offset, indexed, repeats, quarantined, gaps in rows:
        assert (gaps, next_offset) == (0, ends[partition]), f"partition {partition}"
        assert indexed + repeats + quarantined == next_offset, f"partition {partition}"
    counts = [
        dict(scene.query(f"select partition, count(*) from shanzhi.{table} group by partition"))
        for table in ("event_index", "quarantine")
    ]
    for partition, _, indexed, _, quarantined, _ in rows:
        assert [count.get(partition, 0) for count in counts] == [indexed, quarantined], f"partition {partition}"


def _assert_indexed(scene: Scene, acknowledged: Sequence[Acknowledged]) -> None:
    rows = scene.query("select replace(identity::text, '-', ''), partition, ledger_offset from shanzhi.event_index")
    index = {key: (partition, offset) for key, partition, offset in rows}
    assert len(index) == len(rows), "an identity is in two partitions"
    sound = [one for one in acknowledged if not one.message.planted]
    assert index.keys() == {one.message.identity for one in sound}
    for one in sound:
        partition, offset = index[one.message.identity]
        assert partition == one.partition
        assert offset <= one.offset  # earlier where an attempt without an answer had arrived


def _assert_quarantined(scene: Scene, acknowledged: Sequence[Acknowledged]) -> None:
    planted = [one for one in acknowledged if one.message.planted]
    rows = scene.query("select partition, ledger_offset, reason from shanzhi.quarantine")
    verdicts = {(partition, offset): reason for partition, offset, reason in rows}
    for one in planted:
        assert one.message.planted
        assert verdicts.get((one.partition, one.offset)) == one.message.planted.reason
    records = {(one.message.planted.key, one.message.planted.value) for one in planted if one.message.planted}
    assert verdicts.keys() == _places_of(records, scene)  # an attempt without an answer may have left a second copy


def _places_of(records: set[tuple[bytes | None, bytes | None]], scene: Scene) -> set[tuple[int, int]]:
    with Reader(scene.bootstrap) as reader:
        return {
            (batch.partition, raw.offset)
            for batch in reader.batches(reader.starts, reader.ends)
            for raw in batch.records
            if (raw.key, raw.value) in records
        }


def ledger_of(scene: Scene) -> dict[tuple[int, int], dict[str, Any]]:
    """Every event of the ledger by partition and offset."""
    with Reader(scene.bootstrap) as reader:
        return {
            (batch.partition, raw.offset): orjson.loads(raw.value or b"{}")
            for batch in reader.batches(reader.starts, reader.ends)
            for raw in batch.records
        }
