"""Every event comes ten times, and the partitions in whatever order: each counts once, in the order of its stream."""

from __future__ import annotations

import random
import time
from itertools import chain
from typing import Any

from ledger.partition import partition_of
from ledger.topics import PARTITIONS
from tests.faults.county import Message, Publication, county
from tests.faults.proof import assert_acknowledged_count_once, folded_to_the_end
from tests.faults.scene import Scene
from tests.faults.tally import TALLY
from tests.soak import IS_SOAK

EVENTS = 20_000 if IS_SOAK else 1_500
TIMES = 10
TOGETHER = 50  # so many of a stream's partition come, and then come again


def test_ten_times_and_out_of_order_is_once_and_in_order(scene: Scene, say: Any) -> None:
    chance = random.Random(11)
    messages = _ten_times(_partitions_shuffled(chance))
    worker = scene.worker()
    began = time.monotonic()

    acknowledged = Publication(scene.bootstrap, messages).run_to_the_end()
    folded_to_the_end(scene)

    say(f"{len(messages)} records of {len(messages) // TIMES} events: folded after {time.monotonic() - began:.1f} s")
    TALLY.struck("events ×10", times=len(messages) // TIMES)
    TALLY.struck("partitions reordered", times=PARTITIONS)
    assert_acknowledged_count_once(scene, acknowledged)
    ((repeats,),) = scene.query("select sum(repeats) from shanzhi.index_position")
    assert repeats >= len(messages) // TIMES * (TIMES - 1)
    assert worker.end() == 0


def _partitions_shuffled(chance: random.Random) -> list[Message]:
    """What lies in one partition stays in its order; whole partitions come before others, or long after them."""
    of_partition: dict[int, list[Message]] = {number: [] for number in range(PARTITIONS)}
    for message in county(EVENTS):
        if not message.planted:
            of_partition[partition_of(message.stored.key, PARTITIONS)].append(message)
    numbers = list(of_partition)
    chance.shuffle(numbers)
    return list(chain.from_iterable(of_partition[number] for number in numbers))


def _ten_times(messages: list[Message]) -> list[Message]:
    together = (messages[first : first + TOGETHER] for first in range(0, len(messages), TOGETHER))
    return [message for some in together for message in some * TIMES]
