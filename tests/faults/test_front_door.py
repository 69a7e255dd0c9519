"""The front door under faults: whatever falls, or comes slowly, or is cut off, a receipt stands for one event, and
what has no receipt is told so. Gateway and worker reach Kafka and PostgreSQL, and publishers the gateway, through
proxies.

`SHANZHI_SOAK=1` (make soak-faults) strikes more often. `SHANZHI_FAULT_SEED` repeats the moments of a run.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from itertools import chain
from typing import Any, NamedTuple

import psutil
import pytest

from ledger.envelope import identity
from processors.process import WATCHDOG_EXIT_CODE
from shanzhi.stack import Endpoints
from tests.faults.gateway import Entrance, freeze, thaw
from tests.faults.proof import folded_to_the_end, index_of, ledger_of, proved
from tests.faults.proxy import Proxy
from tests.faults.publishers import Publisher, finish, first_since, streams_of
from tests.faults.scene import Scene, Worker
from tests.faults.tally import TALLY
from tests.faults.wait import wait_until
from tests.soak import IS_SOAK

ROUNDS = 4 if IS_SOAK else 1
FALLS = ("gateway killed", "gateway frozen", "Kafka killed", "PostgreSQL killed")
CONNECTIONS = [(how, way) for how in ("slow", "cut", "half-open") for way in ("Kafka", "PostgreSQL", "gateway")]
BLOWS = [*FALLS, *(f"{how} connection to {way}" for how, way in CONNECTIONS)]
FROZEN_SECONDS = 20 if IS_SOAK else 2
SLOW_SECONDS = 15 if IS_SOAK else 2
SLOW_BYTES_PER_SECOND = 20_000
AWAY_SECONDS = 12 if IS_SOAK else 0  # a gateway gives its producer up after 10 s
WATCHDOG_SECONDS = None if IS_SOAK else 6.0
ANSWER_SECONDS = 40.0 if IS_SOAK else 8.0  # a publisher waits no longer, and sends again
PUBLISHERS = 20 if IS_SOAK else 10
LEAST_EVENTS = 3_000 if IS_SOAK else 1_000


class Ways(NamedTuple):
    """Everybody's way to the servers, and where it leads."""

    Kafka: Proxy
    PostgreSQL: Proxy
    endpoints: Endpoints


@pytest.fixture
def ways(scene: Scene) -> Iterator[Ways]:
    broker = scene.stack.proxied
    with (
        closing(Proxy(broker.proxied_port, broker.advertised_port)) as kafka,
        closing(Proxy(scene.stack.postgres.port)) as postgres,
    ):
        url = scene.url.replace(f":{scene.stack.postgres.port}/", f":{postgres.port}/")
        yield Ways(kafka, postgres, Endpoints(f"127.0.0.1:{kafka.port}", url))
        scene.end_workers()


@pytest.fixture
def entrance(scene: Scene, ways: Ways) -> Iterator[Entrance]:
    made = Entrance(scene, ways.endpoints)
    yield made
    made.close()


def test_every_receipt_stands_for_one_event_whatever_is_struck(
    scene: Scene, ways: Ways, entrance: Entrance, say: Any
) -> None:
    seed = int(os.environ.get("SHANZHI_FAULT_SEED") or random.SystemRandom().randrange(10_000))
    chance = random.Random(seed)
    blows = BLOWS * ROUNDS
    chance.shuffle(blows)
    others = _our_processes(entrance)  # of fixtures that other tests share
    with ExitStack() as opened:
        door = opened.enter_context(closing(Proxy(entrance.port)))
        town = Town(scene, ways, entrance, door, seed)
        opened.callback(town.abandon)
        say(f"seed {seed}: {len(blows)} faults, {PUBLISHERS} publishers; open after {entrance.opens():.1f} s")
        town.opens()
        for number, blow in enumerate(blows, 1):
            time.sleep(chance.uniform(0.1, 1.0))  # in the midst of requests
            before = town.receipts
            recovery = town.struck(blow)
            TALLY.struck(blow.partition(" to ")[0], recovery)
            say(f"{number}/{len(blows)}: {blow:34} at {before:6} receipts, recovered in {recovery:.1f} s")
        wait_until(lambda: town.receipts > LEAST_EVENTS)
        finish(town.publishers)
        folded = folded_to_the_end(scene)
    answers = sum((Counter(one.answers) for one in town.publishers), Counter[int]())
    say(f"{len(town.publishers)} publishers done, answers {dict(sorted(answers.items()))}, folded {folded:.1f} s later")
    assert answers[0] and answers[503] and answers[429], "connections broke, outcomes were unknown, rates exceeded"

    compared = proved(scene, streams_of(town.publishers))
    assert_receipts_hold(scene, town.publishers)
    say(f"{compared.records} records: every receipt stands for one event, tables equal to a fresh fold")
    entrance.gateway.send(signal.SIGTERM)
    assert entrance.gateway.ends_within(5) and entrance.gateway.exit_code == 0, entrance.gateway.tail()
    assert town.worker.end() == 0
    assert _our_processes(entrance) == others


class Town:
    """A worker and publishers; half of these send batches, and one may not send as fast as it does."""

    def __init__(self, scene: Scene, ways: Ways, entrance: Entrance, door: Proxy, seed: int) -> None:
        self._scene, self._ways, self._entrance, self._door = scene, ways, entrance, door
        self.worker = self._worker()
        self.publishers = [self._publisher(number, seed) for number in range(PUBLISHERS)]

    @property
    def receipts(self) -> int:
        """How many were given."""
        return sum(len(one.given) for one in self.publishers)

    def opens(self) -> None:
        """Publishers begin; waits for their first receipt."""
        began = time.monotonic()
        for one in self.publishers:
            one.start()
        first_since(self.publishers, began)

    def abandon(self) -> None:
        """Ends the publishers wherever they are."""
        for one in self.publishers:
            one.abandon()

    def struck(self, blow: str) -> float:
        """Seconds from the blow until an event sent after it has a receipt (the gateway fell) and is in the tables."""
        began = time.monotonic()
        since = self._strike(blow)
        one = first_since(self.publishers, since)
        receipt = time.monotonic() - began
        wait_until(lambda: self._is_in_tables(one.partition, one.offset), lambda: self.worker.tail())
        assert self._entrance.gateway.is_running(), "servers away are no reason to end"
        return receipt if blow.startswith("gateway") else time.monotonic() - began

    def _strike(self, blow: str) -> float:
        """When it was over, for what can be waited for: whatever was sent before may have arrived before."""
        how, _, way = blow.partition(" connection to ")
        proxy = {"gateway": self._door, "Kafka": self._ways.Kafka, "PostgreSQL": self._ways.PostgreSQL}.get(way)
        match how:
            case "slow" if proxy:
                proxy.slow(SLOW_BYTES_PER_SECOND)
                time.sleep(SLOW_SECONDS)
                proxy.mend()
            case "cut" if proxy:
                assert proxy.cut()
            case "half-open" if proxy:
                assert proxy.half_open()
            case "gateway killed":
                self._entrance.gateway.send(signal.SIGKILL)
                assert self._entrance.gateway.ends_within(5)
                self._entrance.start_again()
            case "gateway frozen":
                freeze(self._entrance.gateway.pid)
                time.sleep(FROZEN_SECONDS)
                thaw(self._entrance.gateway.pid)
            case _:
                stack = self._scene.stack
                server = stack.broker if blow.startswith("Kafka") else stack.postgres
                server.kill()
                time.sleep(AWAY_SECONDS)
                server.start()
        return time.monotonic()

    def _is_in_tables(self, partition: int, offset: int) -> bool:
        """And starts the worker again where its watchdog has ended it, as whoever looks after it does."""
        if not self.worker.is_running():
            assert self.worker.exits(1) == WATCHDOG_EXIT_CODE, self.worker.tail()
            self.worker = self._worker()
        return self._scene.positions().get(partition, 0) > offset

    def _worker(self) -> Worker:
        kafka, postgres = self._ways.endpoints.kafka_bootstrap, self._ways.endpoints.database_url
        return self._scene.worker(kafka_bootstrap=kafka, database_url=postgres, watchdog_seconds=WATCHDOG_SECONDS)

    def _publisher(self, number: int, seed: int) -> Publisher:
        name, size = f"publisher-{number}", 1 if number % 2 else 10
        is_slow = number == 0
        key = self._entrance.register(name, rate_per_second=100 if is_slow else 1_000)
        url = f"http://127.0.0.1:{self._door.port}"
        return Publisher(url, key, name, 200 if is_slow else size, seed + number, ANSWER_SECONDS)


def assert_receipts_hold(scene: Scene, publishers: list[Publisher]) -> None:
    """Every event sent has a receipt; each names a record of that event, the one that counts where it can be told."""
    given = list(chain.from_iterable(one.given for one in publishers))
    assert {one.identity for one in given} == set(chain.from_iterable(one.sent for one in publishers))
    index = index_of(scene)
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


def _our_processes(entrance: Entrance) -> set[int]:
    """What runs our code, but for the entrance's gateway: children of this process, and theirs."""
    running = {}
    for one in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # a session of PostgreSQL that ended meanwhile
            running[one.pid] = one.cmdline()
    ours = {pid for pid, command in running.items() if "shanzhi" in command or "tests.faults.process" in command}
    return ours - {entrance.gateway.pid}
