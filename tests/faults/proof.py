"""What has to hold at the end, whatever happened in between: every acknowledged event counts exactly once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import orjson

from ledger.reader import Reader
from tests.faults.county import Acknowledged, Message
from tests.faults.process import Compared
from tests.faults.scene import Scene
from tests.faults.tally import TALLY, Found
from tests.faults.wait import PATIENCE_SECONDS, wait_until

Place = tuple[int, int]
"""Partition and offset."""


def folded_to_the_end(scene: Scene, seconds: float = PATIENCE_SECONDS) -> float:
    """Waits until the readers' tables stand at the ledger's end; how many seconds that took."""
    ends = scene.ends()
    return wait_until(lambda: scene.positions() == ends, lambda: _left(scene, ends), seconds)


def _left(scene: Scene, ends: dict[int, int]) -> str:
    positions = scene.positions()
    left = {number: (positions.get(number), end) for number, end in ends.items() if positions.get(number) != end}
    return f"positions and ends that differ: {left}\n{scene.tails()}"


def assert_counted_once(scene: Scene, messages: Sequence[Message], acknowledged: Sequence[Acknowledged]) -> Compared:
    """The index holds every event once and nothing else, verdicts are the planted ones, tables equal a fresh fold."""
    assert len(acknowledged) == len(messages)
    return assert_acknowledged_count_once(scene, acknowledged)


def assert_acknowledged_count_once(scene: Scene, acknowledged: Sequence[Acknowledged]) -> Compared:
    """As `assert_counted_once`, of what was acknowledged so far, where nothing is on its way."""
    sound = [one for one in acknowledged if not one.message.planted]
    compared = proved(scene, streams_of(sound), acknowledged=len(acknowledged))
    index = index_of(scene)
    for one in sound:
        partition, offset = index[one.message.identity]
        assert partition == one.partition
        assert offset <= one.offset  # earlier where an attempt without an answer had arrived
    _assert_quarantined(scene, acknowledged)
    return compared


def streams_of(acknowledged: Iterable[Acknowledged]) -> Iterable[list[str]]:
    """The identities of each stream, as they were published."""
    streams = defaultdict[bytes, list[str]](list)
    for one in acknowledged:
        streams[one.message.stored.key].append(one.message.identity)
    return streams.values()


def proved(scene: Scene, streams: Iterable[Sequence[str]], acknowledged: int | None = None) -> Compared:
    """Holds index and tables against the streams of identities as they were published, and notes what was found.

    Raises `AssertionError` where an event is lost, counts twice or stands before an earlier one of its stream, where
    the index knows others, or where a fresh fold of the ledger makes other tables.
    """
    streams = list(streams)
    published = {identity for stream in streams for identity in stream}
    rows = scene.query("select count(*) from shanzhi.event_index")[0][0]
    index = index_of(scene)
    compared = scene.compare()
    lost, unknown = published - index.keys(), index.keys() - published
    TALLY.proved(
        Found(
            acknowledged=len(published) if acknowledged is None else acknowledged,
            lost=len(lost),
            doubled=rows - len(index) + len(unknown),
            disordered=sum(_disordered(stream, index) for stream in streams),
            differing=len(compared.differences),
        ),
        (sorted(lost)[:5], sorted(unknown)[:5], compared.differences[:5]),
    )
    assert_sums_hold(scene)
    return compared


def _disordered(stream: Iterable[str], index: Mapping[str, Place]) -> int:
    """How many events of a stream count before one that was published earlier."""
    places = [index[identity] for identity in dict.fromkeys(stream) if identity in index]
    return sum(later < earlier for earlier, later in pairwise(places))


def index_of(scene: Scene) -> dict[str, Place]:
    """Where each event that counts stands in the ledger, by its identity."""
    rows = scene.query("select replace(identity::text, '-', ''), partition, ledger_offset from shanzhi.event_index")
    return {identity: (partition, offset) for identity, partition, offset in rows}


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


def _assert_quarantined(scene: Scene, acknowledged: Sequence[Acknowledged]) -> None:
    planted = [one for one in acknowledged if one.message.planted]
    rows = scene.query("select partition, ledger_offset, reason from shanzhi.quarantine")
    verdicts = {(partition, offset): reason for partition, offset, reason in rows}
    for one in planted:
        assert one.message.planted
        assert verdicts.get((one.partition, one.offset)) == one.message.planted.reason
    records = {(one.message.planted.key, one.message.planted.value) for one in planted if one.message.planted}
    assert verdicts.keys() == _places_of(records, scene)  # an attempt without an answer may have left a second copy


def _places_of(records: set[tuple[bytes | None, bytes | None]], scene: Scene) -> set[Place]:
    with Reader(scene.bootstrap) as reader:
        return {
            (batch.partition, raw.offset)
            for batch in reader.batches(reader.starts, reader.ends)
            for raw in batch.records
            if (raw.key, raw.value) in records
        }


def ledger_of(scene: Scene) -> dict[Place, dict[str, Any]]:
    """Every event of the ledger by partition and offset."""
    with Reader(scene.bootstrap) as reader:
        return {
            (batch.partition, raw.offset): orjson.loads(raw.value or b"{}")
            for batch in reader.batches(reader.starts, reader.ends)
            for raw in batch.records
        }
