"""Of two deciders and two relays the leading ones are killed and frozen: each decision stands once in the ledger, in
the order of its case.

Every case is dispatched, handled and reopened, so that two of our own events follow one another in each stream.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from random import Random, SystemRandom
from typing import Any

import orjson

from ledger.envelope import identity
from ledger.reader import Reader
from ledger.submission import check, stored
from ledger.writer import Writer
from processors import relay
from processors.decider import process as decider
from tests.faults.leading import strike_leader
from tests.faults.proof import folded_to_the_end, proved
from tests.faults.scene import Scene
from tests.faults.tally import TALLY
from tests.faults.wait import wait_until
from tests.fixed_keys import FixedKeys
from tests.soak import IS_SOAK

CASES = 60  # a wave
ROUNDS = 20 if IS_SOAK else 1
BLOWS = ("decider killed", "relay killed") * ROUNDS + ("decider frozen", "relay frozen") * (2 if IS_SOAK else 1)
LOCKS = {"decider": decider.LOCK, "relay": relay.LOCK}
GRIDS = 6
DECIDER = "urn:shanzhi:decider"


def test_each_decision_stands_once_and_in_order_whoever_is_struck(scene: Scene, say: Any) -> None:
    seed = int(os.environ.get("SHANZHI_FAULT_SEED") or SystemRandom().randrange(10_000))
    chance = Random(seed)
    blows = list(BLOWS)
    chance.shuffle(blows)
    scene.worker()
    tell = Telling(scene)
    tell.county()
    wait_until(scene.positions, scene.workers[0].tail)
    folded_to_the_end(scene)  # a case in another partition must not come before the county that it lies in
    for part in ("decider", "decider", "relay", "relay"):
        scene.worker(part)
    say(f"seed {seed}: {len(blows)} blows")
    for number, blow in enumerate(blows):
        recovery = _wave(scene, tell, number * CASES, chance, blow)
        say(f"{blow:14}: all {CASES} cases of the moment answered {recovery:.1f} s later")
    folded_to_the_end(scene)
    tell.close()
    proved(scene, _streams(scene, len(blows) * CASES))


def _wave(scene: Scene, tell: Telling, first: int, chance: Random, blow: str) -> float:
    """Cases from their discovery to their second opening, while the leader is struck; seconds from then until all of
    them were answered."""
    cases = range(first, first + CASES)
    is_late = chance.random() < 0.5  # while they are dispatched, or while they are opened again
    recovery = _asked(scene, "dispatch", cases, tell.discovered, chance, "" if is_late else blow)
    tell.handled(cases)
    return recovery + _asked(scene, "reopen", cases, tell.reopen_requested, chance, blow if is_late else "")


def _asked(
    scene: Scene, kind: str, cases: range, ask: Callable[[range], None], chance: Random, blow: str
) -> float:
    """Asks for a decision on each, the leader struck in between; seconds from the blow until all have their answer."""
    at = chance.randrange(1, CASES)
    ask(cases[:at])
    began = time.monotonic()
    with _struck(scene, blow) if blow else nullcontext():
        ask(cases[at:])
        wait_until(lambda: _told(scene, kind) == cases.stop, scene.tails)
        recovery = time.monotonic() - began
    if not blow:
        return 0.0
    TALLY.struck(blow, recovery)
    return recovery


def _struck(scene: Scene, blow: str) -> AbstractContextManager[None]:
    part, _, how = blow.partition(" ")
    return strike_leader(scene, part, LOCKS[part], how)


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

    def discovered(self, cases: range) -> None:
        """Each in one of the grids."""
        found = {
            "channel": "hotline", "demand": "complaint", "category": "停车管理", "urgency": "ordinary", "text": "占道",
        }  # fmt: skip
        self._send([
            ("case.discovered", f"case/{number}", found | {"place": f"place/g{number % GRIDS}"}) for number in cases
        ])  # fmt: skip

    def handled(self, cases: range) -> None:
        """Each of them once."""
        done = {"by": "person/w0", "resolved": True, "measures": "清理"}
        self._send([("case.handled", f"case/{number}", done) for number in cases])

    def reopen_requested(self, cases: range) -> None:
        """Somebody is not content with any of them."""
        self._send([("case.reopen_requested", f"case/{number}", {"reason": "没办好"}) for number in cases])

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


def _told(scene: Scene, kind: str) -> int:
    """How many requests of a kind were decided, and their events published."""
    ((count,),) = scene.query(
        "select count(*) from shanzhi.request asked where kind = %s and decided_at is not null and not exists "
        "(select from shanzhi.outbox made where made.subject = asked.subject and published_at is null)",
        kind,
    )
    return int(count)


def _streams(scene: Scene, count: int) -> list[list[str]]:
    """The identities of every stream in their order in the ledger, which has to be that of a case's course."""
    types: dict[str, list[str]] = defaultdict(list)
    streams: dict[str, dict[str, None]] = defaultdict(dict)
    copies: dict[str, set[bytes]] = defaultdict(set)
    with Reader(scene.bootstrap) as reader:
        for batch in reader.batches(reader.starts, reader.ends):
            for record in batch.records:
                event = orjson.loads(record.value or b"")
                one = identity(event["source"], event["id"])
                if event["source"] == DECIDER:
                    copies[one].add(record.value or b"")
                if one not in streams[event["subject"]]:
                    streams[event["subject"]][one] = None
                    types[event["subject"]].append(event["type"])
    assert all(len(values) == 1 for values in copies.values()), "a decision was made twice, and not alike"
    expected = ["case.discovered", "case.dispatched", "case.handled", "case.reopen_requested", "case.reopened"]
    cases = {subject: course for subject, course in types.items() if subject.startswith("case/")}
    assert len(cases) == count
    assert {tuple(course) for course in cases.values()} == {tuple(expected)}
    return [list(stream) for stream in streams.values()]
