"""Clocks under an injected time that jumps: whoever of them is struck, each deadline is told once, and nothing that
nobody can know."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from contextlib import closing, nullcontext
from datetime import datetime
from functools import partial
from typing import Any

import orjson

from ledger.envelope import identity
from ledger.injected_time import time_of
from ledger.reader import Reader
from ledger.topics import PARTITIONS
from processors.clock.clock import LOCK, Clock
from producers import Publisher
from projections.families import fingerprint
from projections.store.apply import Lane
from projections.store.cache import StateCache
from projections.store.connection import connect
from projections.store.generation import ensure_generation
from tests.faults.leading import strike_leader
from tests.faults.proof import ledger_of, proved
from tests.faults.scene import Scene
from tests.faults.tally import TALLY
from tests.faults.wait import wait_until
from tests.fixed_keys import FixedKeys
from tests.integration.test_clocks import CASE, CURTAIN, MEDIATION
from tests.unit.test_calendar import at

EACH = 20
START = "2024-05-06 08:00"
STAGES = (
    ("2024-05-06 10:00", "clock killed"),
    ("2024-05-07 10:00", "clock frozen"),
    ("2024-05-05 23:00", "clock jump"),  # back, to before the beginning
    ("2024-05-09 09:00", "clock killed"),
    ("2024-05-13 09:00", "clock killed"),
    ("2024-05-18 00:30", "clock jump"),  # five days at once
)
TOLD = {
    "curtain.missed": at("2024-05-06 09:00"),
    "curtain.unanswered": at("2024-05-06 09:30"),
    "case.overdue dispatch": at("2024-05-07 08:00"),
    "mediation.escalated community": at("2024-05-07 08:00"),
    "mediation.escalated town": at("2024-05-09 08:00"),
    "mediation.overdue total": at("2024-05-13 08:00"),
    "case.overdue handle": at("2024-05-18 00:00"),  # ten working days from the 6th: the 11th is worked
}


def publish(scene: Scene, events: Iterable[tuple[str, str, str, dict[str, Any]]]) -> None:
    """(subject, time, type, data), stamped with the injected time."""
    with Publisher(scene.bootstrap, FixedKeys(), time_of(scene.url)) as publisher:
        for subject, when, type_, data in events:
            event = {
                "specversion": "1.0", "id": f"{type_} {subject} {when}", "source": "urn:test", "type": type_,
                "subject": subject, "time": at(when).isoformat(), "authid": "test/1", "data": data,
            }  # fmt: skip
            publisher.publish(event)


def outbox(scene: Scene) -> list[dict[str, Any]]:
    return [orjson.loads(bytes(value)) for (value,) in scene.query("select value from shanzhi.outbox order by number")]


def has_published(scene: Scene, events: int) -> bool:
    """So many of the clock's, and every one of them."""
    sql = "select count(*), count(published_at) from shanzhi.outbox"
    return scene.query(sql) == [(events, events)]


def test_each_deadline_is_told_once_whichever_clock_is_struck(scene: Scene, say: Any) -> None:
    scene.inject(at(START))
    scene.worker()
    scene.worker("relay")
    for _ in range(2):
        scene.worker("clock")
    for type_, data in (("case.discovered", CASE), ("mediation.opened", MEDIATION), ("curtain.agreed", CURTAIN)):
        family = type_.partition(".")[0]
        publish(scene, [(f"{family}/{number}", START, type_, data) for number in range(EACH)])
    latest = at(START)
    for stage, blow in STAGES:
        latest = max(latest, at(stage))
        wanted = EACH * sum(due <= latest for due in TOLD.values())
        recovery = _stage(scene, stage, blow, partial(has_published, scene, wanted))
        say(f"{stage} {blow}: all that ran out was told {recovery:.1f} s later")
        if stage == STAGES[0][0]:
            publish(scene, [(f"curtain/{number}", stage, "curtain.ended", {}) for number in range(EACH)])
    told = outbox(scene)
    assert Counter(map(word, told)) == dict.fromkeys(TOLD, EACH)
    assert len({(word(event), event["subject"]) for event in told}) == len(told)
    assert all(datetime.fromisoformat(event["time"]) == TOLD[word(event)] for event in told)
    streams: dict[str, dict[str, None]] = defaultdict(dict)
    for _, event in sorted(ledger_of(scene).items()):
        streams[event["subject"]][identity(event["source"], event["id"])] = None
    proved(scene, [list(stream) for stream in streams.values()])


def _stage(scene: Scene, stage: str, blow: str, is_told: Callable[[], bool]) -> float:
    """Time jumps, in the midst of whatever a clock does; the leading one is struck. Seconds until all is told."""
    began = time.monotonic()
    scene.set_time(at(stage))
    with nullcontext() if blow == "clock jump" else strike_leader(scene, "clock", LOCK, blow.partition(" ")[2]):
        if at(stage) < at(START):
            time.sleep(1.2)  # two looks of a clock
        wait_until(is_told, lambda: (Counter(map(word, outbox(scene))), scene.tails()))
        wait_until(lambda: scene.positions() == scene.ends(), scene.tails)
        recovery = time.monotonic() - began
    TALLY.struck(blow, recovery)
    return recovery


def word(event: dict[str, Any]) -> str:
    """Its type, and which clock or level."""
    return f"{event['type']} {event['data'].get('clock') or event['data'].get('to') or ''}".strip()


def test_nothing_is_said_to_have_run_out_that_no_worker_has_read_up_to(scene: Scene) -> None:
    scene.inject(at(START))
    with closing(connect(scene.url, "test")) as connection:
        ensure_generation(connection, fingerprint())
        clock = Clock(scene.bootstrap, scene.url)
        clock.prepare()
        agreed = [(f"curtain/{number}", START, "curtain.agreed", CURTAIN) for number in (1, 2)]
        publish(scene, agreed)
        read(scene)
        scene.set_time(at("2024-05-06 08:50"))
        publish(scene, [("curtain/1", "2024-05-06 08:50", "curtain.seen", {})])
        scene.set_time(at("2024-05-06 09:10"))
        assert not any(clock.step(connection) for _ in range(3))
        assert outbox(scene) == [], "the tables know nothing of 08:50 yet"
        read(scene)
        clock.step(connection)
    assert [(event["subject"], event["type"]) for event in outbox(scene)] == [("curtain/2", "curtain.missed")]


def read(scene: Scene) -> None:
    """All that the tables lack, as a worker does."""
    lane = Lane(scene.url, fingerprint(), PARTITIONS, StateCache(), threading.Event())
    with closing(lane), Reader(scene.bootstrap) as reader:
        for batch in reader.batches(scene.positions(), reader.ends):
            lane.apply(batch)
