"""Kafka and PostgreSQL away: workers wait, say that they are not ready, and go on where they were."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import Any

from shanzhi.stack.service import Service
from tests.faults.county import Publication, county
from tests.faults.proof import assert_counted_once, folded_to_the_end
from tests.faults.scene import Scene, Worker
from tests.faults.tally import TALLY
from tests.faults.wait import wait_until
from tests.soak import IS_SOAK

EVENTS = 9_000 if IS_SOAK else 5_000
AWAY_SECONDS = 15 if IS_SOAK else 1  # once it was noticed
UNHEARD_RECORDS = 500  # of the two batches that may have been in work
STOP_SECONDS = 5


def test_servers_away_for_a_while_lose_nothing(scene: Scene, say: Any) -> None:
    publication = Publication(scene.bootstrap, county(EVENTS), delivery_seconds=4)
    publication.start()
    publication.allow(per_second=200)
    try:
        worker = scene.worker(probe_port=0)
        wait_until(lambda: sum(scene.positions().values()) > 100, worker.tail)
        assert worker.asked("/readyz") == (200, "ok\n")
        _away(scene, scene.stack.postgres, worker, publication, say)
        assert publication.unknown == 0  # publishing needs no tables
        _away(scene, scene.stack.broker, worker, publication, say)
        assert publication.unknown > 0
        acknowledged = publication.finish()
    finally:
        publication.give_up()
    folded_to_the_end(scene)
    assert_counted_once(scene, county(EVENTS), acknowledged)
    _assert_figures_hold(scene, worker)
    assert worker.end() == 0


def test_workers_end_while_servers_are_away_and_others_start_and_wait_for_them(scene: Scene, say: Any) -> None:
    publication = Publication(scene.bootstrap, county(EVENTS))
    publication.start()
    publication.allow()
    first, second = scene.worker(), scene.worker()
    wait_until(lambda: first.said("assigned") and second.said("assigned"), first.tail)
    wait_until(lambda: sum(scene.positions().values()) > 100, first.tail)
    scene.stack.postgres.kill()
    _ends(first, "PostgreSQL away", say)
    scene.stack.postgres.start()
    scene.stack.broker.kill()
    _ends(second, "Kafka away", say)
    scene.stack.postgres.kill()
    worker, impatient = scene.worker(probe_port=0), scene.worker()
    for one in (worker, impatient):
        wait_until(lambda one=one: one.said("not_ready"), one.tail)  # type: ignore[misc]
    status, why = worker.asked("/readyz")
    assert (status, "does not answer" in why) == (503, True), why
    _ends(impatient, "Kafka away", say)
    scene.stack.postgres.start()
    time.sleep(1)
    scene.stack.broker.start()

    acknowledged = publication.finish()
    folded_to_the_end(scene)

    assert_counted_once(scene, county(EVENTS), acknowledged)
    assert worker.end() == 0


def _ends(worker: Worker, kind: str, say: Any) -> None:
    time.sleep(0.5)  # it has noticed
    began = time.monotonic()
    assert worker.end(STOP_SECONDS) == 0
    say(f"asked to end with {kind}: ended in {time.monotonic() - began:.1f} s")
    TALLY.struck(kind)
    TALLY.struck("worker asked to end")


def _away(scene: Scene, server: Service, worker: Worker, publication: Publication, say: Any) -> None:
    """Killed, and started again once worker and publisher have noticed."""
    said, unknown = len(worker.said("not_ready")), publication.unknown
    server.kill()
    wait_until(lambda: len(worker.said("not_ready")) > said, worker.tail)
    status, why = worker.asked("/readyz")
    assert (status, "does not answer" in why) == (503, True), why
    assert worker.asked("/livez")[0] == 200, "waiting is no reason to be killed"
    if server is scene.stack.broker:
        wait_until(lambda: publication.unknown > unknown)
    time.sleep(AWAY_SECONDS)
    assert worker.is_running(), worker.tail()
    server.start()
    back, ends = time.monotonic(), sum(scene.ends().values())
    wait_until(lambda: sum(scene.positions().values()) > ends, worker.tail)
    wait_until(lambda: worker.asked("/readyz")[0] == 200, worker.tail)
    recovery = time.monotonic() - back
    TALLY.struck(f"{server.name} away", recovery)
    say(f"{server.name} away: went on {recovery:.1f} s after it was back")
    assert worker.is_running(), worker.tail()


def _assert_figures_hold(scene: Scene, worker: Worker) -> None:
    """The one worker's own figures are those of the tables: it folded everything, and doubled nothing.

    A batch whose commit was done and whose answer PostgreSQL could not give any more is in the tables alone.
    """
    wait_until(lambda: _figures(worker)["shanzhi_next_offset"] == sum(scene.positions().values()), worker.tail)
    figures = _figures(worker)
    kinds = ("shanzhi_events_folded_total", "shanzhi_repeats_total", "shanzhi_quarantined_total", "shanzhi_gaps_total")
    counted = scene.query("select sum(indexed), sum(repeats), sum(quarantined), sum(gaps) from shanzhi.index_position")
    unheard = [int(table) - figures[kind] for kind, table in zip(kinds, counted[0], strict=True)]
    assert all(0 <= records <= UNHEARD_RECORDS for records in unheard), unheard
    assert (figures["shanzhi_lag_records"], figures["shanzhi_ready"]) == (0, 1)
    assert figures["shanzhi_batch_seconds_count"] > 0


def _figures(worker: Worker) -> defaultdict[str, float]:
    """Sums over the labels, by name."""
    sums: defaultdict[str, float] = defaultdict(float)
    for line in worker.asked("/metrics")[1].splitlines():
        if not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            sums[name.partition("{")[0]] += float(value)
    return sums
