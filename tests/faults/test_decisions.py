"""Two deciders and two relays are killed at random: each decision stands once in the ledger, in the order of its case.

Every case is dispatched, handled and reopened, so that two of our own events follow one another in each stream.
"""

from __future__ import annotations

import signal
import threading
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import orjson

from ledger.reader import Reader
from ledger.submission import check, stored
from ledger.writer import Writer
from tests.faults.proof import assert_sums_hold, folded_to_the_end
from tests.faults.scene import Scene, Worker, wait_until
from tests.fixed_keys import FixedKeys
from tests.soak import IS_SOAK

CASES = 60  # a wave
KILLS = 40 if IS_SOAK else 5
WAVES = 20 * KILLS  # at the most: each takes about a second, and kills are half a second apart
GRIDS = 6
BETWEEN_KILLS_SECONDS = 0.6
DECIDER = "urn:shanzhi:decider"


def test_each_decision_stands_once_and_in_order_whoever_is_killed(scene: Scene, say: Any) -> None:
    scene.worker()
    tell = Telling(scene)
    tell.county()
    wait_until(scene.positions, 60, scene.workers[0].tail)
    folded_to_the_end(scene)  # a case in another partition must not come before the county that it lies in
    killing = Killing(scene, ("decider", "decider", "relay", "relay"))
    killing.start()
    waves = 0
    try:
        while killing.killed < KILLS and waves < WAVES:
            _wave(scene, tell, waves * CASES, killing.tails)
            waves += 1
    finally:
        killed = killing.stop()
    folded_to_the_end(scene)
    tell.close()
    say(f"{waves * CASES} cases dispatched and reopened once each; {killed} processes killed")
    assert killed >= KILLS
    _assert_each_once_in_order(scene, waves * CASES)
    assert_sums_hold(scene)
    assert scene.compare().differences == []


def _wave(scene: Scene, tell: Telling, first: int, tails: Callable[[], str]) -> None:
    """Cases from their discovery to their second opening."""
    tell.each(first, "case.discovered", {
        "channel": "hotline", "demand": "complaint", "category": "停车管理", "urgency": "ordinary", "text": "占道",
    }, at_grid=True)  # fmt: skip
    wait_until(lambda: _told(scene, "dispatch") == first + CASES, 60, tails)
    tell.each(first, "case.handled", {"by": "person/w0", "resolved": True, "measures": "清理"})
    tell.each(first, "case.reopen_requested", {"reason": "没办好"})
    wait_until(lambda: _told(scene, "reopen") == first + CASES, 60, tails)


class Telling:
    """Publishes what happens, each wave acknowledged before the next."""

    def __init__(self, scene: Scene) -> None:
        self._writer = Writer(scene.bootstrap)
        self._told = 0

    def county(self) -> None:
        """An estate with a worker in each grid."""
        places: list[tuple[str, str, str | None]] = [
            ("place/county", "county", None),
            ("place/c", "community", "place/county"),
            ("place/e", "estate", "place/c"),
        ]
        places += [(f"place/g{number}", "grid", "place/e") for number in range(GRIDS)]
        events = [
            ("place.registered", place, {"name": place, "level": level} | ({"parent": parent} if parent else {}))
            for place, level, parent in places
        ]
        events += [
            ("place.staffed", f"place/g{number}", {
                "person": f"person/w{number}", "role": "grid_worker", "chosen": "appointed",
            })
            for number in range(GRIDS)
        ]  # fmt: skip
        self._send(events)

    def each(self, first: int, type_: str, data: dict[str, Any], *, at_grid: bool = False) -> None:
        """Of every case of a wave the same."""
        self._send([
            (type_, f"case/{number}", data | ({"place": f"place/g{number % GRIDS}"} if at_grid else {}))
            for number in range(first, first + CASES)
        ])  # fmt: skip

    def close(self) -> None:
        """Ends the writer."""
        self._writer.close()

    def _send(self, events: list[tuple[str, str, dict[str, Any]]]) -> None:
        now = datetime.now(UTC)
        submissions = []
        for type_, subject, data in events:
            self._told += 1
            event = {
                "specversion": "1.0", "id": f"{self._told}", "source": "urn:test", "type": type_, "subject": subject,
                "time": (now - timedelta(minutes=1)).isoformat(), "authid": "test/1", "data": data,
            }  # fmt: skip
            submissions.append(check(event, now))
        for one in [self._writer.send(one) for one in stored(submissions, FixedKeys())]:
            one.receipt()


class Killing(threading.Thread):
    """Keeps processes of these parts alive and kills one of them now and then, with kill -9."""

    def __init__(self, scene: Scene, parts: tuple[str, ...]) -> None:
        super().__init__(daemon=True)
        self._scene, self._parts = scene, parts
        self._random, self._ending = Random(7), threading.Event()
        self._running: list[Worker] = [scene.worker(part) for part in parts]
        self.killed = 0

    def run(self) -> None:
        """Until told to stop."""
        while not self._ending.wait(BETWEEN_KILLS_SECONDS):
            number = self._random.randrange(len(self._parts))
            victim = self._running[number]
            if victim.said("leads") or victim.said("another one leads") or self._random.random() < 0.3:
                victim.send(signal.SIGKILL)
                victim.ends_within(5)
                self._running[number] = self._scene.worker(self._parts[number])
                self.killed += 1

    def stop(self) -> int:
        """How many were killed."""
        self._ending.set()
        self.join()
        return self.killed

    def tails(self) -> str:
        """What those that run have said."""
        return "\n".join(one.tail() for one in self._running)


def _told(scene: Scene, kind: str) -> int:
    """How many requests of a kind were decided, and their events published."""
    ((count,),) = scene.query(
        "select count(*) from shanzhi.request asked where kind = %s and decided_at is not null and not exists "
        "(select from shanzhi.outbox made where made.subject = asked.subject and published_at is null)",
        kind,
    )
    return int(count)


def _assert_each_once_in_order(scene: Scene, count: int) -> None:
    first: dict[tuple[str, str], int] = {}
    streams: dict[str, list[str]] = defaultdict(list)
    copies: dict[str, set[bytes]] = defaultdict(set)
    with Reader(scene.bootstrap) as reader:
        for batch in reader.batches(reader.starts, reader.ends):
            for record in batch.records:
                event = orjson.loads(record.value or b"")
                if event["source"] == DECIDER:
                    copies[event["id"]].add(record.value or b"")
                if (event["source"], event["id"]) not in first:
                    first[event["source"], event["id"]] = record.offset
                    streams[event["subject"]].append(event["type"])
    assert all(len(values) == 1 for values in copies.values()), "a decision was made twice, and not alike"
    expected = ["case.discovered", "case.dispatched", "case.handled", "case.reopen_requested", "case.reopened"]
    cases = {subject: types for subject, types in streams.items() if subject.startswith("case/")}
    assert len(cases) == count
    assert {tuple(types) for types in cases.values()} == {tuple(expected)}
