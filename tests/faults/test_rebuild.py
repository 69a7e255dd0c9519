"""Rebuilds are killed wherever that may hurt, then two go through, while events come in and tables are read."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2

from tests.faults.county import Publication, county
from tests.faults.process import KillPoint
from tests.faults.proof import assert_counted_once, folded_to_the_end
from tests.faults.scene import Scene
from tests.faults.tally import TALLY
from tests.faults.wait import PATIENCE_SECONDS, wait_until
from tests.soak import IS_SOAK

EVENTS = 60_000 if IS_SOAK else 5_000
FIRST = 1_200  # before anything is killed
PER_SECOND = 200
FROZEN_SECONDS = 65 if IS_SOAK else 10  # longer than PostgreSQL lets it hold its locks
POINTS: tuple[KillPoint, ...] = (
    KillPoint("begin"),
    KillPoint("fold", 5, processes=2),
    KillPoint("index", with_index=True),
    KillPoint("put in place", with_index=True),  # not committed
    KillPoint("catch up", with_index=True),  # the new index is in place, the new tables are not
    KillPoint("switch"),
    KillPoint("handed over"),  # not committed
)
MORE_POINTS: tuple[KillPoint, ...] = (
    KillPoint("fold", 1),
    KillPoint("fold", 5, with_index=True),
    KillPoint("fold", 12),
    KillPoint("catch up"),
)
if IS_SOAK:
    POINTS = MORE_POINTS + POINTS


def test_old_tables_are_served_until_new_ones_are_whole(scene: Scene, say: Any) -> None:
    publication = Publication(scene.bootstrap, county(EVENTS))
    publication.start()
    try:
        publication.allow(FIRST)
        worker = scene.worker()
        wait_until(lambda: sum(scene.positions().values()) >= FIRST - 10, worker.tail)
        folded_to_the_end(scene)
        before = _folded_tables(scene)
        with _reading(scene) as read:
            victim = scene.worker("rebuild", kill_points=POINTS)
            assert victim.exits(PATIENCE_SECONDS) == 0, victim.tail()
            killed = {line["point"]: line["status"] for line in victim.said("killed")}
            assert killed == {str(point): signal.SIGKILL for point in POINTS}
            assert _folded_tables(scene) == before
            assert read.generations == ["generation_1"]
            (left,) = scene.query("select count(*) from shanzhi.generation where fingerprint like 'building %%'")
            assert left == (1,), "the last one that was killed had begun something"

            TALLY.struck("rebuild killed", times=len(POINTS))
            told = len(publication.acknowledged)
            publication.allow(per_second=PER_SECOND)
            say(f"frozen with all positions locked: the worker went on after {_freeze(scene, publication):.1f} s")
            assert read.generations == ["generation_1"]
            rebuilding = scene.worker("rebuild")
            assert rebuilding.exits(PATIENCE_SECONDS) == 0, rebuilding.tail()
            came_in = len(publication.acknowledged) - told
            acknowledged = publication.finish()
            folded_to_the_end(scene)
            again = rebuilding.said("rebuilt")
            assert read.generations == ["generation_1", *(one["generation"] for one in again)]
            assert read.went_back == []
    finally:
        publication.give_up()
    say(
        f"{len(POINTS)} kills, {read.looks} looks without an error, switched to {read.generations[-1]} "
        f"while {came_in} events came in"
    )
    assert came_in >= PER_SECOND
    assert [len(one["dropped"]) for one in again] == [1, 0]
    assert scene.query("select nspname from pg_namespace where nspname = 'index_afresh'") == []
    assert_counted_once(scene, county(EVENTS), acknowledged)
    assert worker.end() == 0


def _freeze(scene: Scene, publication: Publication) -> float:
    """A rebuild stands still at the worst of moments, and fails for it: seconds until a worker goes on."""
    frozen = scene.worker("rebuild", kill_points=(KillPoint("handed over", frozen_seconds=FROZEN_SECONDS),))
    wait_until(lambda: frozen.said("frozen"), frozen.tail)
    began = time.monotonic()
    one = publication.first_since(began)
    wait_until(lambda: scene.positions()[one.partition] > one.offset, scene.tails)
    recovery = time.monotonic() - began
    TALLY.struck("rebuild frozen", recovery)
    assert frozen.exits(PATIENCE_SECONDS) == 0
    assert [line["status"] for line in frozen.said("killed")] != [0], "its transaction had been ended"
    return recovery


def _folded_tables(scene: Scene) -> dict[str, str]:
    """Of the first generation and of the index."""
    return {
        name: digest
        for name, digest in scene.snapshot().items()
        if name.startswith(("generation_1.", "shanzhi.event_index", "shanzhi.quarantine", "shanzhi.index_position"))
    }


class _Read:
    """What a reader saw: generations in turn, positions that went back, and how often it looked."""

    def __init__(self) -> None:
        self.generations: list[str] = []
        self.went_back: list[tuple[int, int]] = []
        self.errors: list[Exception] = []
        self.looks = 0

    def look(self, cursor: Any, before: int) -> int:
        cursor.execute("select generation from shanzhi.current")
        (generation,) = cursor.fetchone()
        if self.generations[-1:] != [generation]:
            self.generations.append(generation)
        cursor.execute(f"select sum(next) from {generation}.position")
        (records,) = cursor.fetchone()
        cursor.execute(f"select count(*), sum(lookups) from {generation}.entity_case")
        cursor.execute("select count(*) from shanzhi.event_index")
        if records < before:
            self.went_back.append((before, records))
        self.looks += 1
        return int(records)


@contextmanager
def _reading(scene: Scene) -> Iterator[_Read]:
    read, ended = _Read(), threading.Event()

    def go_on() -> None:
        records = 0
        try:
            with closing(psycopg2.connect(scene.url)) as connection:
                connection.autocommit = True
                with connection.cursor() as cursor:
                    while not ended.wait(0.01):
                        records = read.look(cursor, records)
        except Exception as error:
            read.errors.append(error)

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield read
    finally:
        ended.set()
        thread.join()
    assert read.errors == []
