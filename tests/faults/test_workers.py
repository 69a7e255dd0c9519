"""Workers share the ledger: they join, leave, are thrown out of their group, freeze and come back; the tables are
those of one."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from itertools import chain
from typing import Any

import psycopg2
from kafka import KafkaAdminClient
from kafka.admin import MemberToRemove
from kafka.errors import KafkaError

from ledger.topics import PARTITIONS
from projections.families import FAMILIES, TALLIES, fingerprint
from projections.store.connection import WORKER, connect
from projections.store.generation import installation_id
from tests.faults.county import Publication, county
from tests.faults.leading import local_ports
from tests.faults.proof import assert_counted_once, folded_to_the_end
from tests.faults.scene import Scene, Worker, locked
from tests.faults.tally import TALLY
from tests.faults.wait import wait_until
from tests.soak import IS_SOAK

EVENTS = 45_000 if IS_SOAK else 12_000
PER_SECOND = 1_500 if IS_SOAK else 500
SURGES = 40 if IS_SOAK else 8  # of the storm
BETWEEN_SURGES_SECONDS = 0.4
FROZEN_SECONDS = 30 if IS_SOAK else 9  # longer than a session of Kafka and a transaction may last


def test_workers_that_join_leave_and_freeze_make_the_tables_of_one(scene: Scene, say: Any) -> None:
    publication = Publication(scene.bootstrap, county(EVENTS))
    publication.start()
    publication.allow(EVENTS // 4, per_second=PER_SECOND)
    try:
        first = scene.worker()
        wait_until(lambda: sum(scene.positions().values()) > 1_000, first.tail)
        second = scene.worker()
        say(f"the second worker joined within {wait_until(lambda: _owned(second), second.tail):.1f} s")
        third = scene.worker()
        wait_until(lambda: _shared(first, second, third), third.tail)
        say(f"storm: {_storm(scene, publication):.1f} s until the last of {SURGES} rebalances was over")
        wait_until(lambda: _shared(first, second, third), third.tail)
        began = time.monotonic()
        assert first.end(seconds=5) == 0
        wait_until(lambda: _shared(second, third), third.tail)
        TALLY.struck("worker asked to end", time.monotonic() - began)
        _freeze(scene, second, publication, say)
        acknowledged = publication.finish()
    finally:
        publication.give_up()
    say(f"all acknowledged, folded {folded_to_the_end(scene):.1f} s later")
    by_many = assert_counted_once(scene, county(EVENTS), acknowledged)
    assert [second.end(), third.end()] == [0, 0]

    if IS_SOAK:
        _assert_nothing_is_empty(scene)
        _forget_tables(scene)
        one = scene.worker()
        folded_to_the_end(scene)
        assert assert_counted_once(scene, county(EVENTS), acknowledged).digests == by_many.digests
        assert one.end() == 0


def test_a_worker_frozen_inside_copy_lets_go(scene: Scene, say: Any) -> None:
    """No time-out of PostgreSQL ends a session that waits for the rest of a COPY: whoever waits for it does."""
    worker = scene.worker()
    wait_until(lambda: worker.said("assigned"), worker.tail)
    with _frozen_inside_copy(scene):
        began = time.monotonic()
        acknowledged = Publication(scene.bootstrap, county(2_000)).run_to_the_end()
        folded_to_the_end(scene)
        went_on = time.monotonic() - began
    say(f"a worker frozen inside COPY was ended, and its partition went on, after {went_on:.1f} s")
    TALLY.struck("worker frozen", went_on)
    assert worker.said("ended_frozen")

    assert_counted_once(scene, county(2_000), acknowledged)
    assert worker.end() == 0


def _storm(scene: Scene, publication: Publication) -> float:
    """A member of the group is thrown out every now and then: all have to join again. Seconds from the last time
    until something that was sent after it is in the tables."""
    publication.allow(EVENTS // 4, per_second=PER_SECOND)
    with closing(psycopg2.connect(scene.url)) as connection:
        group = f"shanzhi-{fingerprint()}-{installation_id(connection)}"
    with closing(KafkaAdminClient(bootstrap_servers=scene.bootstrap)) as admin:
        for surge in range(SURGES):
            time.sleep(BETWEEN_SURGES_SECONDS)
            wait_until(lambda: _members(admin, group))  # while all join again, there may be none for a moment
            members = _members(admin, group)
            struck_at = time.monotonic()
            with suppress(KafkaError, IndexError):  # it has left by itself meanwhile
                victim = members[surge % max(len(members), 1)]["member_id"]
                admin.remove_group_members(group, [MemberToRemove(member_id=victim)])
    publication.allow(EVENTS // 12)
    one = publication.first_since(struck_at)
    wait_until(lambda: scene.positions().get(one.partition, 0) > one.offset, scene.workers[-1].tail)
    recovery = time.monotonic() - struck_at
    TALLY.struck("rebalance storm", recovery, times=SURGES)
    return recovery


def _members(admin: KafkaAdminClient, group: str) -> list[Any]:
    found: list[Any] = admin.describe_groups([group])[group]["members"]
    return found


@contextmanager
def _frozen_inside_copy(scene: Scene) -> Iterator[None]:
    thawed = threading.Event()
    frozen = threading.Thread(target=_copy_until, args=(scene, thawed))
    frozen.start()
    try:
        wait_until(lambda: scene.query("select pid from pg_stat_activity where query like 'copy held%'"))
        yield
    finally:
        thawed.set()
        frozen.join()


def _copy_until(scene: Scene, thawed: threading.Event) -> None:
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
    publication.allow(EVENTS // 6)
    with locked(scene, "lock table shanzhi.event_index in share mode"):  # it writes there, its transaction begun
        wait_until(lambda: _transactions(scene, worker), worker.tail)
        worker.send(signal.SIGSTOP)
    began, ends = time.monotonic(), scene.ends()
    publication.allow(per_second=PER_SECOND / 4)
    let_go = wait_until(lambda: not _transactions(scene, worker))
    wait_until(
        lambda: all(offset >= ends[number] for number, offset in scene.positions().items()), scene.workers[-1].tail
    )
    went_on = time.monotonic() - began
    TALLY.struck("worker frozen", went_on)
    say(f"frozen in a transaction: let go after {let_go:.1f} s, the other went on after {went_on:.1f} s")
    time.sleep(max(0.0, began + FROZEN_SECONDS - time.monotonic()))
    worker.send(signal.SIGCONT)
    thawed = time.monotonic()
    assigned = len(worker.said("assigned"))
    wait_until(lambda: len(worker.said("assigned")) > assigned, worker.tail)
    say(f"after {FROZEN_SECONDS} s it came back, and had partitions again {time.monotonic() - thawed:.1f} s later")


def _transactions(scene: Scene, worker: Worker) -> int:
    """How many of its sessions hold a transaction open."""
    sql = "select pid from pg_stat_activity where client_port = any(%s) and backend_xid is not null"
    return len(scene.query(sql, list(local_ports(worker))))


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
