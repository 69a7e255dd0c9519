"""Kafka and PostgreSQL away: workers wait, say that they are not ready, and go on where they were."""

from __future__ import annotations

import time
from typing import Any

import pytest

from shanzhi.stack.service import Service
from tests.faults.county import Publication, county
from tests.faults.proof import assert_counted_once, folded_to_the_end
from tests.faults.scene import Scene, Worker, wait_until

EVENTS = 9_000
AWAY_SECONDS = 15
STOP_SECONDS = 5


def test_servers_away_for_a_while_lose_nothing(scene: Scene, say: Any) -> None:
    publication = Publication(scene.bootstrap, county(EVENTS), delivery_seconds=4)
    publication.start()
    publication.allow(per_second=200)
    try:
        worker = scene.worker()
        wait_until(lambda: sum(scene.positions().values()) > 100, 60, worker.tail)
        _away(scene, scene.stack.postgres, worker, say)
        assert publication.unknown == 0  # publishing needs no tables
        _away(scene, scene.stack.broker, worker, say)
        assert publication.unknown > 0
        acknowledged = publication.finish(60)
    finally:
        publication.give_up()
    folded_to_the_end(scene)
    assert_counted_once(scene, county(EVENTS), acknowledged)
    assert worker.end() == 0


def test_a_worker_started_while_both_are_away_waits_for_them(scene: Scene) -> None:
    acknowledged = Publication(scene.bootstrap, county(EVENTS)).run_to_the_end()
    scene.stack.broker.kill()
    scene.stack.postgres.kill()
    worker, impatient = scene.worker(), scene.worker()
    for one in (worker, impatient):
        wait_until(lambda one=one: one.said("not_ready"), 30, one.tail)  # type: ignore[misc]
    assert impatient.end(STOP_SECONDS) == 0
    scene.stack.postgres.start()
    time.sleep(1)
    scene.stack.broker.start()

    folded_to_the_end(scene)

    assert_counted_once(scene, county(EVENTS), acknowledged)
    assert worker.end() == 0


@pytest.mark.parametrize("name", ["postgres", "broker"])
def test_a_worker_ends_while_a_server_is_away(scene: Scene, say: Any, name: str) -> None:
    publication = Publication(scene.bootstrap, county(EVENTS))
    publication.start()
    publication.allow()
    worker = scene.worker()
    wait_until(lambda: sum(scene.positions().values()) > 100, 60, worker.tail)
    getattr(scene.stack, name).kill()
    time.sleep(1)
    began = time.monotonic()
    assert worker.end(STOP_SECONDS) == 0
    say(f"ended in {time.monotonic() - began:.1f} s while {name} was away")
    publication.give_up()


def _away(scene: Scene, server: Service, worker: Worker, say: Any) -> None:
    said = len(worker.said("not_ready"))
    server.kill()
    time.sleep(AWAY_SECONDS)
    assert worker.is_running(), worker.tail()
    assert len(worker.said("not_ready")) > said, worker.tail()
    server.start()
    back, ends = time.monotonic(), sum(scene.ends().values())
    wait_until(lambda: sum(scene.positions().values()) > ends, 60, worker.tail)
    say(f"{server.name} away for {AWAY_SECONDS} s: went on {time.monotonic() - back:.1f} s after it was back")
    assert worker.is_running(), worker.tail()
