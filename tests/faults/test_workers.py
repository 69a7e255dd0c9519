"""Three workers share the ledger: two join, one leaves, one freezes and comes back; the tables are those of one."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import suppress
from itertools import chain
from typing import Any

import psutil
import psycopg2

from ledger.topics import PARTITIONS
from projections.families import FAMILIES, TALLIES
from projections.store.connection import WORKER, connect
from tests.faults.county import Publication, county
from tests.faults.proof import assert_counted_once, assert_sums_hold, folded_to_the_end
from tests.faults.scene import Scene, Worker, wait_until
from tests.soak import IS_SOAK

EVENTS = 45_000
PER_SECOND = 1_500
FROZEN_SECONDS = 30 if IS_SOAK else 16  # longer than a session of Kafka and a transaction may last
LET_GO_SECONDS = 30  # transaction_timeout 20 s, and what was waiting after it


def test_workers_that_join_leave_and_freeze_make_the_tables_of_one(scene: Scene, say: Any) -> None:
    publication = Publication(scene.bootstrap, county(EVENTS))
    publication.start()
    publication.allow(per_second=PER_SECOND)
    try:
        first = scene.worker()
        wait_until(lambda: sum(scene.positions().values()) > 3_000, 60, first.tail)
        second = scene.worker()
        say(f"the second worker joined within {wait_until(lambda: _owned(second), 60, second.tail):.1f} s")
        third = scene.worker()
        wait_until(lambda: _shared(first, second, third), 60, third.tail)
        began = time.monotonic()
        assert first.end(seconds=5) == 0
        say(f"the first of three left in {time.monotonic() - began:.1f} s")
        wait_until(lambda: _shared(second, third), 60, third.tail)
        _freeze(scene, second, publication, say)
        acknowledged = publication.finish(60)
    finally:
        publication.give_up()
    say(f"all acknowledged, folded {folded_to_the_end(scene):.1f} s later")
    by_many = assert_counted_once(scene, county(EVENTS), acknowledged)
    _assert_nothing_is_empty(scene)
    assert [second.end(), third.end()] == [0, 0]

    _forget_tables(scene)
    one = scene.worker()
    folded_to_the_end(scene)

    assert assert_counted_once(scene, county(EVENTS), acknowledged).digests == by_many.digests
    assert one.end() == 0


def test_a_worker_frozen_inside_copy_lets_go(scene: Scene, say: Any) -> None:
    """No time-out of PostgreSQL ends a session that waits for the rest of a COPY: whoever waits for it does."""
    worker = scene.worker()
    wait_until(lambda: worker.said("assigned"), 60, worker.tail)
    thawed = threading.Event()
    frozen = threading.Thread(target=_frozen_inside_copy, args=(scene, thawed))
    frozen.start()
    try:
        wait_until(lambda: scene.query("select pid from pg_stat_activity where query like 'copy held%'"), 10)
        Publication(scene.bootstrap, county(2_000)).run_to_the_end()
        went_on = folded_to_the_end(scene, LET_GO_SECONDS)
    finally:
        thawed.set()
        frozen.join()
    say(f"a worker frozen inside COPY was ended, and its partition went on, after {went_on:.1f} s")
    assert worker.said("ended_frozen")
    assert_sums_hold(scene)
    assert worker.end() == 0


def _frozen_inside_copy(scene: Scene, thawed: threading.Event) -> None:
    """What a stopped worker leaves: a session with a lock on a position, in the midst of a COPY."""

    class Rows:
        pieces = 0

        def read(self, size: int = -1) -> str:
            self.pieces += 1
            if self.pieces > 1:
                thawed.wait(60)
            return "1\n" * 2000 if self.pieces == 1 else ""

    ((generation,),) = scene.query("select generation from shanzhi.current")
    connection = connect(scene.url, WORKER)
    with connection.cursor() as cursor, suppress(psycopg2.Error):
        cursor.execute(f"select from {generation}.position where partition = 0 for update")
        cursor.execute("create temporary table held (row int)")
        cursor.copy_expert("copy held from stdin", Rows())
    connection.close()


def _assert_nothing_is_empty(scene: Scene) -> None:
    """Tables without a row would be equal whatever the folds did. Nobody registers publishers here."""
    ((generation,),) = scene.query("select generation from shanzhi.current")
    tables = [*(family.table for family in FAMILIES.values()), *(tally.table for tally in TALLIES)]
    empty = [table for table in tables if not scene.query(f"select 1 from {generation}.{table} limit 1")]
    assert empty == ["entity_publisher", "tally_publisher_state"]


def _freeze(scene: Scene, worker: Worker, publication: Publication, say: Any) -> None:
    publication.allow()  # so that it is in a transaction soon
    assert worker.pid
    wait_until(lambda: _stopped_in_transaction(scene, worker), 60)
    began, ends = time.monotonic(), scene.ends()
    publication.allow(per_second=PER_SECOND / 4)
    let_go = wait_until(lambda: not _transactions(scene, worker), LET_GO_SECONDS)
    wait_until(
        lambda: all(offset >= ends[number] for number, offset in scene.positions().items()),
        LET_GO_SECONDS,
        lambda: scene.workers[-1].tail(),
    )
    went_on = time.monotonic() - began
    say(f"frozen in a transaction: let go after {let_go:.1f} s, the other went on after {went_on:.1f} s")
    time.sleep(max(0.0, began + FROZEN_SECONDS - time.monotonic()))
    worker.send(signal.SIGCONT)
    thawed = time.monotonic()
    assigned = len(worker.said("assigned"))
    wait_until(lambda: len(worker.said("assigned")) > assigned, 60, worker.tail)
    say(f"after {FROZEN_SECONDS} s it came back, and had partitions again {time.monotonic() - thawed:.1f} s later")


def _stopped_in_transaction(scene: Scene, worker: Worker) -> bool:
    worker.send(signal.SIGSTOP)
    time.sleep(0.05)  # what it has sent is answered
    if _transactions(scene, worker):
        return True
    worker.send(signal.SIGCONT)
    return False


def _transactions(scene: Scene, worker: Worker) -> int:
    """How many of its sessions hold a transaction open."""
    ports = [one.laddr.port for one in psutil.Process(worker.pid).net_connections()]
    rows = scene.query(
        "select pid from pg_stat_activity where client_port = any(%s) and backend_xid is not null", ports
    )
    return len(rows)


def _owned(worker: Worker) -> list[int]:
    """The partitions that it was given last."""
    assigned = worker.said("assigned")
    return list(assigned[-1]["partitions"]) if assigned else []


def _shared(*workers: Worker) -> bool:
    """Whether each has some of the partitions, and together they have them all."""
    owned = [_owned(worker) for worker in workers]
    return all(owned) and sorted(chain.from_iterable(owned)) == list(range(PARTITIONS))


def _forget_tables(scene: Scene) -> None:
    """As if there had never been tables; the index stays."""
    ((name,),) = scene.query("select name from shanzhi.generation")
    scene.query(f"drop schema {name} cascade")
    scene.query("truncate shanzhi.generation, shanzhi.rule_version, shanzhi.current")
