"""A fold's version is bumped on kept data: a new generation is folded beside the old one, and readers switch once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from processors.readiness import OTHER_FOLDS
from tests.faults.county import Publication, county
from tests.faults.proof import (
    assert_acknowledged_count_once,
    assert_counted_once,
    assert_sums_hold,
    folded_to_the_end,
)
from tests.faults.scene import Scene
from tests.faults.tally import TALLY
from tests.faults.wait import wait_until
from tests.soak import IS_SOAK

EVENTS = 25_000 if IS_SOAK else 6_000
FIRST = 1_000  # before the new version starts
PER_SECOND = 20  # so that the rest takes longer than the switch may, however busy the machine


def test_readers_stay_on_the_old_tables_until_the_new_ones_are_complete(scene: Scene, say: Any) -> None:
    acknowledged = Publication(scene.bootstrap, county(EVENTS)).run_to_the_end()
    old = scene.worker()
    folded_to_the_end(scene)
    old_compared = assert_counted_once(scene, county(EVENTS), acknowledged)
    assert old.end() == 0
    permanent = ("shanzhi.index_position", "shanzhi.quarantine")
    before = [scene.snapshot()[name] for name in permanent]

    with _watching(scene) as seen:
        new, answers = scene.worker(case_version=2, probe_port=0), []

        def is_ready() -> bool:
            answers.extend([new.asked("/readyz")] if new.said("assigned") else [])
            return bool(answers) and answers[-1] == (200, "ok\n")

        took = wait_until(is_ready, new.tail)
        assert set(answers[:-1]) == {(503, f"{OTHER_FOLDS}\n")}
        assert scene.query("select generation from shanzhi.current") == [("generation_2",)]
        wait_until(lambda: seen[-1][0] == "generation_2", new.tail)

    TALLY.struck("fold version changed", took)
    say(f"{EVENTS} records folded afresh beside {len(old_compared.digests)} tables, switched after {took:.1f} s")
    assert [name for name, _ in seen] == ["generation_1", "generation_2"]
    assert seen[1][1] == scene.ends()  # complete at the moment of the switch
    assert [scene.snapshot()[name] for name in permanent] == before  # nothing was indexed a second time
    assert_sums_hold(scene)
    compared = scene.compare(case_version=2)
    assert compared.differences == [], compared.differences
    differing = {name for name, digest in compared.digests.items() if digest != old_compared.digests[name]}
    assert differing == {"tally_worker_day"}
    assert new.end() == 0


def test_both_versions_fold_while_events_come_in_and_readers_never_go_back(scene: Scene, say: Any) -> None:
    """A rolling upgrade: an old worker that is started again, or restarts by itself, must not take readers back."""
    publication = Publication(scene.bootstrap, county(EVENTS))
    publication.start()
    publication.allow(FIRST)
    try:
        old = scene.worker()
        wait_until(lambda: sum(scene.positions().values()) > FIRST - 10, old.tail)
        publication.allow(per_second=PER_SECOND)
        with _watching(scene) as seen:
            new = scene.worker(case_version=2)
            took = wait_until(lambda: seen[-1][0] == "generation_2", new.tail)
            assert publication.is_alive()  # not only once everything is still
            old_again = scene.worker(probe_port=0)
            wait_until(lambda: old_again.said("probes"), old_again.tail)
            acknowledged = publication.settled(more=500)
            folded_to_the_end(scene)
            ends = scene.ends()
            wait_until(lambda: scene.positions("generation_1") == ends, old_again.tail)
            wait_until(lambda: old_again.asked("/readyz") == (503, f"{OTHER_FOLDS}\n"), old_again.tail)
            time.sleep(2)  # time to switch where it should not
    finally:
        publication.give_up()
    TALLY.struck("fold version changed", took)
    say(f"readers switched after {took:.1f} s while events came in")
    assert [name for name, _ in seen] == ["generation_1", "generation_2"]
    assert_sums_hold(scene)
    assert scene.compare(case_version=2).differences == []
    assert [worker.end() for worker in (old, new, old_again)] == [0, 0, 0]

    scene.query("update shanzhi.current set generation = 'generation_1'")
    assert_acknowledged_count_once(scene, acknowledged)  # the old ones are whole too


@contextmanager
def _watching(scene: Scene) -> Iterator[list[tuple[str, dict[int, int]]]]:
    """What readers were given: every change of `shanzhi.current`, with where those tables stood."""
    seen = [(str(scene.query("select generation from shanzhi.current")[0][0]), scene.positions())]
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.05):
            ((name,),) = scene.query("select generation from shanzhi.current")
            if name != seen[-1][0]:
                seen.append((name, scene.positions(name)))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()
