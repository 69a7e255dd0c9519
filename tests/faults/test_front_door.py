"""The front door under faults: whatever falls, a receipt stands for one event, and what has no receipt is told so.

`SHANZHI_SOAK=1` (make soak) kills more often. `SHANZHI_FAULT_SEED` repeats the moments of a run.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import Any

import psutil
import pytest

from ledger.envelope import identity
from tests.faults.gateway import Entrance, freeze, thaw
from tests.faults.proof import assert_sums_hold, folded_to_the_end, ledger_of
from tests.faults.publishers import Given, Publisher, finish, first_since
from tests.faults.scene import Scene, Worker, wait_until
from tests.soak import IS_SOAK

ROUNDS = 4 if IS_SOAK else 1
VICTIMS = ("gateway", "worker", "broker", "gateway", "postgres", "frozen gateway")
FROZEN_SECONDS = 20 if IS_SOAK else 3
AWAY_SECONDS = 12 if IS_SOAK else 0  # a gateway gives its producer up after 10 s
RECOVERY_SECONDS = 60
PUBLISHERS = 20
LEAST_EVENTS = 3_000


@pytest.fixture
def entrance(scene: Scene) -> Iterator[Entrance]:
    made = Entrance(scene)
    yield made
    made.close()


def test_every_receipt_stands_for_one_event_whatever_is_killed(scene: Scene, entrance: Entrance, say: Any) -> None:
    seed = int(os.environ.get("SHANZHI_FAULT_SEED") or random.SystemRandom().randrange(10_000))
    chance = random.Random(seed)
    victims = list(VICTIMS * ROUNDS)
    chance.shuffle(victims)
    others = _our_processes(entrance)  # of fixtures that other tests share
    worker = scene.worker()
    publishers = _publishers(entrance, seed)
    say(f"seed {seed}: {len(victims)} faults, {PUBLISHERS} publishers; open after {entrance.opens():.1f} s")
    began = time.monotonic()
    try:
        for one in publishers:
            one.start()
        first_since(publishers, began, RECOVERY_SECONDS)
        for number, victim in enumerate(victims, 1):
            time.sleep(chance.uniform(0.1, 1.0))  # in the midst of requests
            before = sum(len(one.given) for one in publishers)
            worker, recovery = _strike(scene, entrance, worker, victim, publishers)
            say(f"fault {number}/{len(victims)}: {victim:14} at {before:6} receipts, recovered in {recovery:.1f} s")
        wait_until(lambda: sum(len(one.given) for one in publishers) > LEAST_EVENTS, RECOVERY_SECONDS)
        finish(publishers, RECOVERY_SECONDS)
    finally:
        for one in publishers:
            one.abandon()
    answers = sum((Counter(one.answers) for one in publishers), Counter[int]())
    folded = folded_to_the_end(scene)
    say(f"{len(publishers)} publishers done, answers {dict(sorted(answers.items()))}, folded {folded:.1f} s later")
    assert answers[0] and answers[503] and answers[429], "connections broke, outcomes were unknown, rates exceeded"

    assert_receipts_hold(scene, publishers)
    assert_sums_hold(scene)
    compared = scene.compare()
    assert compared.differences == [], compared.differences
    say(f"{compared.records} records: every receipt stands for one event, tables equal to a fresh fold")
    entrance.gateway.send(signal.SIGTERM)
    assert entrance.gateway.ends_within(5) and entrance.gateway.exit_code == 0, entrance.gateway.tail()
    assert worker.end() == 0
    assert _our_processes(entrance) == others


def assert_receipts_hold(scene: Scene, publishers: list[Publisher]) -> None:
    """Every event sent has a receipt; each names a record of that event; the index counts one record of each."""
    given = list(chain.from_iterable(one.given for one in publishers))
    sent = set[str]().union(*(one.sent for one in publishers))
    assert {one.identity for one in given} == sent
    rows = scene.query("select replace(identity::text, '-', ''), partition, ledger_offset from shanzhi.event_index")
    index = {name: (partition, offset) for name, partition, offset in rows}
    assert len(rows) == len(index) == len(sent)
    assert index.keys() == sent
    records = {place: identity(event["source"], event["id"]) for place, event in ledger_of(scene).items()}
    attempts: dict[str, int] = {}
    for one in given:
        assert records.get((one.partition, one.offset)) == one.identity, f"a receipt without its record: {one}"
        attempts[one.identity] = max(attempts.get(one.identity, 0), 1 if one.is_repeat else one.attempts)
    for one in given:
        first = index[one.identity]
        if one.is_repeat or attempts[one.identity] == 1:
            assert first == (one.partition, one.offset), one
        else:  # an attempt whose outcome nobody knew may have arrived before
            assert first[0] == one.partition and first[1] <= one.offset, one
    assert any(one.is_repeat for one in given)


def _publishers(entrance: Entrance, seed: int) -> list[Publisher]:
    """Half of them send batches; one of these may not send as fast as it does."""
    made = []
    for number in range(PUBLISHERS):
        name, size = f"publisher-{number}", 1 if number % 2 else 10
        is_slow = number == 0
        key = entrance.register(name, rate_per_second=100 if is_slow else 1_000)
        made.append(Publisher(entrance.url, key, name, 200 if is_slow else size, seed + number))
    return made


def _strike(
    scene: Scene, entrance: Entrance, worker: Worker, victim: str, publishers: list[Publisher]
) -> tuple[Worker, float]:
    """The worker from now on, and the seconds until an event sent after the blow has a receipt and is in the tables."""
    began = time.monotonic()
    match victim:
        case "worker":
            worker.send(signal.SIGKILL)
            assert worker.exits(5) == -signal.SIGKILL
            worker = scene.worker()
        case "gateway":
            entrance.gateway.send(signal.SIGKILL)
            assert entrance.gateway.ends_within(5)
            entrance.start_again()
        case "frozen gateway":
            freeze(entrance.gateway.pid)
            time.sleep(FROZEN_SECONDS)
            thaw(entrance.gateway.pid)
        case _:
            server = getattr(scene.stack, victim)
            server.kill()
            time.sleep(AWAY_SECONDS)
            server.start()
    one: Given = first_since(publishers, time.monotonic(), RECOVERY_SECONDS)
    wait_until(lambda: scene.positions().get(one.partition, 0) > one.offset, RECOVERY_SECONDS, worker.tail)
    assert worker.is_running() and entrance.gateway.is_running()  # servers away are no reason to end
    return worker, time.monotonic() - began


def _our_processes(entrance: Entrance) -> set[int]:
    """What runs our code, but for the entrance's gateway: children of this process, and theirs."""
    running = {one.pid: one.cmdline() for one in psutil.Process().children(recursive=True)}
    ours = {pid for pid, command in running.items() if "shanzhi" in command or "tests.faults.process" in command}
    return ours - {entrance.gateway.pid}
