"""A ledger that is not the one that was folded: the worker says what to do, touches nothing and ends with code 5."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType

from ledger.errors import LedgerUnsound
from ledger.submission import Stored
from ledger.topics import LEDGER
from ledger.writer import Writer
from tests.faults.county import Publication, county
from tests.faults.gateway import freeze, thaw
from tests.faults.proof import assert_counted_once, folded_to_the_end
from tests.faults.scene import Scene, Worker
from tests.faults.servers import make_ledger_anew
from tests.faults.tally import TALLY
from tests.faults.wait import PATIENCE_SECONDS, wait_until

EVENTS = 1_000
NOBODY = Stored("another", "somebody", b"", b"")


def test_a_ledger_that_lost_its_tail_is_refused_until_it_has_it_again(scene: Scene, say: Any) -> None:
    """Under a running worker and at the next start; also where others have written to the same end, or beyond it."""
    with _tail_lost(scene) as put_back:
        acknowledged = Publication(scene.bootstrap, county(EVENTS)).run_to_the_end()
        worker = scene.worker()
        folded_to_the_end(scene)
        positions, before = scene.positions(), scene.snapshot()
    _ends_with_code_5(worker, "the ledger lost its tail", "Restore the lost records")
    assert scene.snapshot() == before
    _refuses(scene, "the ledger lost its tail", "Restore the lost records")

    _write_others(scene, {number: positions[number] - end for number, end in scene.ends().items()})
    assert scene.ends() == positions
    _refuses(scene, "holds another record at offset", "Restore it from its archive")

    _write_others(scene, dict.fromkeys(positions, 50))
    _refuses(scene, "holds another record at offset", "Restore it from its archive")

    began = time.monotonic()
    put_back()
    again = scene.worker()
    wait_until(lambda: again.said("assigned"), again.tail)
    TALLY.struck("lost ledger tail", time.monotonic() - began)
    folded_to_the_end(scene)
    assert_counted_once(scene, county(EVENTS), acknowledged)
    assert again.end() == 0


def test_a_recreated_topic_is_refused(scene: Scene) -> None:
    """Under a running worker, and at the next start."""
    worker = _folded(scene)
    before = scene.snapshot()
    make_ledger_anew(scene.bootstrap)
    Publication(scene.bootstrap, county(EVENTS * 2, seed=2)).run_to_the_end()

    _ends_with_code_5(worker, "was made anew", "Restore the topic from its archive")
    assert scene.snapshot() == before
    _refuses(scene, "was made anew", "Restore the topic from its archive")


def test_another_partition_count_is_refused(scene: Scene) -> None:
    worker = _folded(scene)
    with _admin(scene) as admin:
        admin.create_partitions({LEDGER: 13})

    _ends_with_code_5(worker, "has 13 partitions, not 12", "never add partitions to the ledger")
    _refuses(scene, "has 13 partitions, not 12", "never add partitions to the ledger")


def test_a_ledger_that_would_expire_or_that_lost_what_was_not_read_is_refused(scene: Scene) -> None:
    """Only the proof that nothing was lost needs what was read; older records may go to an archive."""
    _folded(scene).end()
    _set(scene, "retention.ms", "604800000")
    _refuses(scene, "has retention.ms=604800000, not -1", "--add-config retention.ms=-1")
    _set(scene, "retention.ms", "-1")
    with _admin(scene) as admin:
        admin.delete_records({TopicPartition(LEDGER, number): end - 1 for number, end in scene.ends().items() if end})
    Publication(scene.bootstrap, county(EVENTS, seed=2)).run_to_the_end()
    worker = scene.worker()
    folded_to_the_end(scene)
    assert worker.end() == 0

    Publication(scene.bootstrap, county(EVENTS, seed=3)).run_to_the_end()
    positions = scene.positions()
    partition, end = next((number, end) for number, end in scene.ends().items() if end > positions[number] + 1)
    with _admin(scene) as admin:
        admin.delete_records({TopicPartition(LEDGER, partition): end - 1})
    _refuses(scene, "were deleted before they were read", "Restore the ledger from its archive")


def _folded(scene: Scene) -> Worker:
    """A worker that has folded a county."""
    Publication(scene.bootstrap, county(EVENTS)).run_to_the_end()
    worker = scene.worker()
    folded_to_the_end(scene)
    return worker


@contextmanager
def _tail_lost(scene: Scene) -> Iterator[Callable[[], None]]:
    """What is written to Kafka within is lost, as after a power cut with one broker: earlier data takes its place.
    Gives what puts it back."""
    data = scene.stack.broker.folder / "data"
    earlier, whole = data.with_name("data.earlier"), data.with_name("data.whole")
    Publication(scene.bootstrap, county(EVENTS // 2)).run_to_the_end()
    freeze(scene.stack.broker.pid)  # what it has acknowledged is in its files
    shutil.copytree(data, earlier)
    thaw(scene.stack.broker.pid)

    def put_back() -> None:
        with _stopped(scene):
            shutil.rmtree(data)
            whole.rename(data)

    yield put_back
    with _stopped(scene):
        data.rename(whole)
        earlier.rename(data)


@contextmanager
def _stopped(scene: Scene) -> Iterator[None]:
    scene.stack.broker.kill()
    yield
    scene.stack.broker.start()


def _write_others(scene: Scene, counts: dict[int, int]) -> None:
    with Writer(scene.bootstrap) as writer:
        pending = [
            writer.send_raw(NOBODY, b"case/1", f"not what stood here, {number}".encode(), partition)
            for partition, count in counts.items()
            for number in range(count)
        ]
        for one in pending:
            one.receipt()


@contextmanager
def _admin(scene: Scene) -> Iterator[Any]:
    admin = KafkaAdminClient(bootstrap_servers=scene.bootstrap)
    yield admin
    admin.close()


def _set(scene: Scene, name: str, value: str) -> None:
    with _admin(scene) as admin:
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, LEDGER, configs={name: value})])


def _refuses(scene: Scene, what: str, remedy: str) -> None:
    before = scene.snapshot()
    _ends_with_code_5(scene.worker(), what, remedy)
    assert scene.snapshot() == before


def _ends_with_code_5(worker: Worker, what: str, remedy: str) -> None:
    assert worker.exits(PATIENCE_SECONDS) == LedgerUnsound.exit_code, worker.tail()
    (stopped,) = worker.said("stopped")
    TALLY.struck("lost ledger tail" if "tail" in what else "another ledger")
    assert what in stopped["what"]
    assert remedy in stopped["remedy"]
