"""PostgreSQL's disk is full, and rows stay locked for longer than a worker's patience: it waits and goes on."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.faults.county import Publication, county
from tests.faults.full_disk import may_mount, small_disk, small_table
from tests.faults.proof import assert_counted_once, folded_to_the_end
from tests.faults.scene import Scene, Worker, locked
from tests.faults.tally import TALLY
from tests.faults.wait import wait_until
from tests.soak import IS_SOAK

EVENTS = 60_000 if IS_SOAK else 4_000
HELD_SECONDS = 15 if IS_SOAK else 7  # longer than a worker waits for a lock


def test_locks_that_are_held_for_long_are_waited_for(scene: Scene, say: Any) -> None:
    publication = Publication(scene.bootstrap, county(EVENTS))
    publication.start()
    publication.allow(EVENTS // 4)
    worker = scene.worker()
    wait_until(lambda: sum(scene.positions().values()) > EVENTS // 8, worker.tail)
    ((generation,),) = scene.query("select generation from shanzhi.current")
    locks = (
        (f"select from {generation}.position order by partition for update", 1),
        (f"lock table {generation}.entity_case, shanzhi.event_index in exclusive mode", HELD_SECONDS),
    )
    for sql, held_seconds in locks:
        began = time.monotonic()
        with locked(scene, sql):
            publication.allow(EVENTS // 4)
            time.sleep(held_seconds)
        one = publication.first_since(began)
        wait_until(lambda one=one: scene.positions()[one.partition] > one.offset, worker.tail)  # type: ignore[misc]
        recovery = time.monotonic() - began
        say(f"locked for {held_seconds} s: went on after {recovery:.1f} s")
        TALLY.struck("lock wait", recovery)
    acknowledged = publication.finish()
    folded_to_the_end(scene)
    assert_counted_once(scene, county(EVENTS), acknowledged)
    assert worker.said("server_away"), "it was not patient for so long"
    assert worker.end() == 0


@pytest.mark.parametrize("of_a_table", (False, True) if IS_SOAK else (False,))
def test_a_full_disk_is_waited_for(scene: Scene, tmp_path: Path, say: Any, of_a_table: bool) -> None:
    """PostgreSQL can't write its log, or grow a table: it says so, or falls, as it will."""
    publication = Publication(scene.bootstrap, county(EVENTS))
    publication.start()
    worker = scene.worker()
    wait_until(lambda: worker.said("assigned"), worker.tail)
    ((generation,),) = scene.query("select generation from shanzhi.current")
    is_whole = not of_a_table and may_mount(tmp_path)
    try:
        with small_disk(scene) if is_whole else small_table(scene, f"{generation}.entity_case") as disk:
            disk.fill()
            publication.allow(EVENTS // 2)
            wait_until(lambda: _refused(worker), worker.tail)
            disk.make_room()
            began = time.monotonic()
            scene.stack.postgres.start()
            publication.allow(EVENTS // 4)
            one = publication.first_since(began)
            wait_until(lambda: scene.positions().get(one.partition, 0) > one.offset, worker.tail)
            recovery = time.monotonic() - began
            acknowledged = publication.finish()
            folded_to_the_end(scene)
            TALLY.struck("disk full", recovery)
            assert_counted_once(scene, county(EVENTS), acknowledged)
            assert worker.end() == 0
    finally:
        publication.give_up()
    say(f"{'disk' if is_whole else 'disk of one table'} full: went on {recovery:.1f} s after there was room")


def _refused(worker: Worker) -> bool:
    return any("No space left" in line["error"] for line in worker.said("server_away"))
