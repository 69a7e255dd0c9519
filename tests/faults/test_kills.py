"""kill -9 of worker, broker and PostgreSQL at random moments while a county is published and folded.

`SHANZHI_SOAK=1` (make soak) kills more often, over more events. `SHANZHI_FAULT_SEED` repeats the moments of a run.
"""

from __future__ import annotations

import os
import random
import signal
import time
from typing import Any

from tests.faults.county import Publication, county
from tests.faults.proof import assert_counted_once, folded_to_the_end
from tests.faults.scene import Scene, Worker, wait_until
from tests.soak import IS_SOAK

KILLS = 24 if IS_SOAK else 6
EVENTS = 400_000 if IS_SOAK else 105_000
SHARE = EVENTS * 2 // (3 * (KILLS + 1))  # published around one kill, and half as many after it
RECOVERY_SECONDS = 20 if IS_SOAK else 60
VICTIMS = ("worker", "broker", "postgres")


def test_every_acknowledged_event_counts_once_whatever_is_killed(scene: Scene, say: Any) -> None:
    seed = int(os.environ.get("SHANZHI_FAULT_SEED") or random.SystemRandom().randrange(10_000))
    chance = random.Random(seed)
    victims = [VICTIMS[number % len(VICTIMS)] for number in range(KILLS)]
    chance.shuffle(victims)
    publication = Publication(scene.bootstrap, county(EVENTS))
    say(f"seed {seed}: {KILLS} kills, {EVENTS} events")
    worker = scene.worker()
    publication.start()
    try:
        _fold_something(scene, publication)
        for number, victim in enumerate(victims, 1):
            publication.allow(SHARE)
            time.sleep(chance.uniform(0.1, 1.0))  # in the midst of them
            pause = chance.choice((0.0, chance.uniform(0, 3)))
            before = len(publication.acknowledged)
            worker, recovery = _kill(scene, worker, victim, pause, publication)
            say(
                f"kill {number}/{KILLS}: {victim:8} at {before:6} acknowledged, started again after {pause:.1f} s, "
                f"recovered in {recovery:.1f} s"
            )
            assert recovery <= RECOVERY_SECONDS
        acknowledged = publication.finish(120)
    finally:
        publication.give_up()
    say(f"all acknowledged ({publication.unknown} outcomes unknown), folded {folded_to_the_end(scene):.1f} s later")

    compared = assert_counted_once(scene, county(EVENTS), acknowledged)

    say(f"{compared.records} records: every acknowledged event counted once, tables equal to a fresh fold")
    assert worker.end() == 0


def _kill(scene: Scene, worker: Worker, victim: str, pause: float, publication: Publication) -> tuple[Worker, float]:
    """The worker from now on, and the seconds from the kill until an event sent after it is in the tables."""
    began = time.monotonic()
    if victim == "worker":
        worker.send(signal.SIGKILL)
        assert worker.exits(5) == -signal.SIGKILL
        dead = time.monotonic()
        time.sleep(pause)
        worker = scene.worker()
    else:
        server = getattr(scene.stack, victim)
        server.kill()
        dead = time.monotonic()
        time.sleep(pause)
        server.start()
    publication.allow(SHARE // 2)  # some are left, however long the restart took
    one = publication.first_since(dead, RECOVERY_SECONDS)  # what nobody can have folded before
    wait_until(
        lambda: scene.positions().get(one.partition, 0) > one.offset, RECOVERY_SECONDS * 2, lambda: worker.tail()
    )
    assert worker.is_running(), worker.tail()  # servers away are no reason to end
    return worker, time.monotonic() - began


def _fold_something(scene: Scene, publication: Publication) -> None:
    publication.allow(2_000)
    wait_until(lambda: sum(scene.positions().values()) >= 1_000, 60, lambda: scene.workers[-1].tail())
