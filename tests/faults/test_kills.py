"""kill -9 and SIGSTOP of worker, broker and PostgreSQL at random moments while a county is published and folded.

`SHANZHI_SOAK=1` (make soak-faults) kills a hundred times and more, over a million events. `SHANZHI_FAULT_SEED` repeats
the moments of a run.
"""

from __future__ import annotations

import os
import random
import signal
import time
from typing import Any

from tests.faults.county import Publication, county
from tests.faults.gateway import freeze, thaw
from tests.faults.proof import assert_acknowledged_count_once, assert_counted_once, folded_to_the_end
from tests.faults.scene import Scene, Worker
from tests.faults.tally import TALLY
from tests.faults.wait import wait_until
from tests.soak import IS_SOAK

BLOWS = ("worker killed", "Kafka killed", "PostgreSQL killed", "Kafka frozen", "PostgreSQL frozen")
ROUNDS = 34 if IS_SOAK else 1
EVENTS = 1_020_000 if IS_SOAK else 12_000
SHARE = EVENTS * 2 // (3 * (len(BLOWS) * ROUNDS + 1))  # published around one blow, and half as many after it
FROZEN_SECONDS = 12 if IS_SOAK else 2


def test_every_acknowledged_event_counts_once_whatever_is_struck(scene: Scene, say: Any) -> None:
    seed = int(os.environ.get("SHANZHI_FAULT_SEED") or random.SystemRandom().randrange(10_000))
    chance = random.Random(seed)
    blows = list(BLOWS * ROUNDS)
    chance.shuffle(blows)
    publication = Publication(scene.bootstrap, county(EVENTS))
    say(f"seed {seed}: {len(blows)} blows, {EVENTS} events")
    worker = scene.worker()
    publication.start()
    try:
        publication.allow(SHARE)
        wait_until(lambda: sum(scene.positions().values()) > SHARE // 2, worker.tail)
        for number, blow in enumerate(blows, 1):
            publication.allow(SHARE)
            time.sleep(chance.uniform(0.1, 1.0))  # in the midst of them
            pause_seconds = chance.choice((0.0, chance.uniform(0, 3 if IS_SOAK else 1)))
            before = len(publication.acknowledged)
            worker, recovery = _strike(scene, worker, blow, pause_seconds, publication)
            say(f"{number}/{len(blows)}: {blow:17} at {before:7} acknowledged, recovered in {recovery:.1f} s")
            TALLY.struck(blow, recovery)
            if not IS_SOAK:  # there once, at the end: a million events take a while
                acknowledged = publication.settled()
                folded_to_the_end(scene)
                assert_acknowledged_count_once(scene, acknowledged)
        acknowledged = publication.finish()
    finally:
        publication.give_up()
    say(f"all acknowledged ({publication.unknown} outcomes unknown), folded {folded_to_the_end(scene):.1f} s later")

    compared = assert_counted_once(scene, county(EVENTS), acknowledged)

    say(f"{compared.records} records: every acknowledged event counted once, tables equal to a fresh fold")
    assert worker.end() == 0


def _strike(scene: Scene, worker: Worker, blow: str, pause: float, publication: Publication) -> tuple[Worker, float]:
    """The worker from now on, and the seconds from the blow until an event sent after it is in the tables."""
    began = time.monotonic()
    who, how = blow.split()
    server = {"Kafka": scene.stack.broker, "PostgreSQL": scene.stack.postgres}.get(who)
    if server is None:
        worker.send(signal.SIGKILL)
        assert worker.exits(5) == -signal.SIGKILL
        struck_at = time.monotonic()
        time.sleep(pause)
        worker = scene.worker()
    elif how == "killed":
        server.kill()
        struck_at = time.monotonic()
        time.sleep(pause)
        server.start()
    else:
        freeze(server.pid)
        struck_at = time.monotonic()
        time.sleep(FROZEN_SECONDS)
        thaw(server.pid)
    publication.allow(SHARE // 2)  # some are left, however long that took
    one = publication.first_since(struck_at)  # what nobody can have folded before
    wait_until(lambda: scene.positions().get(one.partition, 0) > one.offset, lambda: worker.tail())
    assert worker.is_running(), worker.tail()  # servers away are no reason to end
    return worker, time.monotonic() - began
