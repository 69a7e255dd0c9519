"""Garbage in the ledger itself, between good events: each gets its verdict, and its partition goes on."""

from __future__ import annotations

import random
import signal
import time
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import orjson
import psutil

from ledger import limits
from ledger.describe import sample_event
from ledger.envelope import identity
from ledger.event import dataschema, latest
from ledger.partition import partition_of
from ledger.submission import Stored, check, stored
from ledger.topics import PARTITIONS
from ledger.writer import Writer
from tests.faults.county import Publication, county
from tests.faults.proof import assert_acknowledged_count_once, folded_to_the_end, proved, streams_of
from tests.faults.scene import Scene
from tests.faults.tally import TALLY
from tests.faults.wait import PATIENCE_SECONDS, wait_until
from tests.fixed_keys import FixedKeys

EVENTS = 5_500
NOW = datetime.now(UTC)
SUBJECT = "case/poisoned-1"
PARTITION = partition_of(SUBJECT.encode(), PARTITIONS)


class Poison(NamedTuple):
    """A record and its verdict; None: it is indexed, as an event that this version does not know."""

    reason: str | None
    value: bytes | None
    key: bytes | None = SUBJECT.encode()
    beside: int = 0


def test_garbage_gets_its_verdict_and_the_partition_goes_on(scene: Scene) -> None:
    poisons = _poisons()
    with Writer(scene.bootstrap) as writer:
        places = []
        for number, poison in enumerate(poisons):
            writer.send(_good(number)).receipt()
            partition = (PARTITION + poison.beside) % PARTITIONS
            sent = writer.send_raw(_NOBODY, poison.key, poison.value, partition)
            places.append((partition, sent.receipt().offset))
        last = writer.send(_good(len(poisons))).receipt()
    worker = scene.worker()
    folded_to_the_end(scene)

    verdicts = _verdicts(scene)
    expected = {place: one.reason for place, one in zip(places, poisons, strict=True) if one.reason}
    assert verdicts == expected
    unfolded = scene.query("select partition, ledger_offset from shanzhi.event_index where unfolded")
    assert sorted(unfolded) == sorted(place for place, one in zip(places, poisons, strict=True) if one.reason is None)
    assert scene.positions()[PARTITION] == last.offset + 1
    assert scene.query("select lookups from entity_case".replace("entity", _generation(scene) + ".entity")) == [
        (len(poisons) + 1,)
    ]
    oversize = [one for one in poisons if one.reason == "too_large"]
    TALLY.struck("oversize", times=len(oversize))
    TALLY.struck("poison", times=len(poisons) - len(oversize))
    good = [_good(number) for number in range(len(poisons) + 1)]
    unknown = [orjson.loads(one.value or b"") for one in poisons if one.reason is None]
    proved(
        scene,
        [[identity(one.source, one.id) for one in good], *([identity(one["source"], one["id"])] for one in unknown)],
    )
    assert worker.end() == 0


def test_what_postgresql_refuses_is_found_and_quarantined_alone(scene: Scene) -> None:
    """Nothing that the codec lets pass is known to be refused by PostgreSQL: a constraint stands in for it."""
    messages = county(EVENTS)
    scene.worker()
    wait_until(lambda: scene.positions(), scene.workers[-1].tail)
    generation = _generation(scene)
    scene.query(f"alter table {generation}.entity_case add constraint poison check (subject not like '%7')")
    scene.query(f"alter table {generation}.entity_person add constraint poison check (subject not like '%77')")
    acknowledged = Publication(scene.bootstrap, messages).run_to_the_end()
    folded_to_the_end(scene)

    kinds = {b"case": b"7", b"person": b"77"}
    refused = {
        (one.partition, one.offset)
        for one in acknowledged
        if not one.message.planted
        and (ending := kinds.get(one.message.stored.key.partition(b"/")[0]))
        and one.message.stored.key.endswith(ending)
    }
    assert len(refused) > 10
    TALLY.struck("poison", times=len(refused))
    verdicts = _verdicts(scene)
    assert {place for place, reason in verdicts.items() if reason == "store_refused"} == refused
    assert scene.query("select count(*) from shanzhi.quarantine where detail like '23514%%'") == [(len(refused),)]
    sound = [one for one in acknowledged if not one.message.planted and (one.partition, one.offset) not in refused]
    proved(scene, streams_of(sound))  # the verdict is permanent: a fresh fold honours it
    (worker,) = scene.workers
    assert worker.end() == 0

    scene.query(f"drop schema {generation} cascade")  # and so does another generation, where it would fit
    scene.query("truncate shanzhi.generation, shanzhi.rule_version, shanzhi.current")
    worker = scene.worker()
    folded_to_the_end(scene)
    assert scene.compare().differences == []
    assert _verdicts(scene) == verdicts
    assert worker.end() == 0


def test_lag_without_progress_ends_the_worker(scene: Scene) -> None:
    """Sessions of a database that hangs: nothing fails, nothing goes on; whoever starts the worker again can help."""
    acknowledged = Publication(scene.bootstrap, county(1_000)).run_to_the_end()
    worker = scene.worker(watchdog_seconds=3)
    folded_to_the_end(scene)
    sessions = scene.query("select pid from pg_stat_activity where application_name = 'shanzhi worker'")
    hanging = [psutil.Process(pid) for (pid,) in sessions]
    try:
        for process in hanging:
            process.send_signal(signal.SIGSTOP)
        acknowledged += Publication(scene.bootstrap, county(1_000, seed=2)).run_to_the_end()
        began = time.monotonic()
        assert worker.exits(PATIENCE_SECONDS) == 8, worker.tail()
        assert time.monotonic() - began > 2
    finally:
        for process in hanging:
            process.send_signal(signal.SIGCONT)
    assert worker.said("no_progress")
    TALLY.struck("PostgreSQL frozen")
    another = scene.worker()
    folded_to_the_end(scene)
    assert_acknowledged_count_once(scene, acknowledged)
    assert another.end() == 0


_NOBODY = Stored("poison", "somebody", b"", b"")


def _good(number: int) -> Stored:
    event = sample_event(latest["case.looked_up"]) | {"id": f"good-{number}", "subject": SUBJECT}
    (one,) = stored([check(event, NOW)], FixedKeys())
    return one


def _poisons() -> list[Poison]:
    chance = random.Random(7)
    sound = orjson.loads(_good(10_000).value)
    number = iter(range(20_000, 30_000))

    def changed(**changes: Any) -> bytes:
        return orjson.dumps(sound | {"id": f"poison-{next(number)}"} | changes)

    def retyped(type_: str, data: Any, version: int = 1) -> bytes:
        return changed(type=type_, dataschema=dataschema(type_, version), data=data)

    deep: Any = {}
    for _ in range(40):
        deep = {"deeper": deep}
    future = (NOW + timedelta(hours=25)).isoformat()
    return [
        *[Poison("unreadable", b"\xfe" + chance.randbytes(size)) for size in (0, 16, 300)],
        Poison("unreadable", b""),
        Poison("unreadable", None),
        Poison("unreadable", changed()[:-1]),
        Poison("unreadable", changed().replace(b'"poison', b'"\xff\xfepoison')),
        Poison("unreadable", changed().replace(b'"poison', rb'"\ud800poison')),
        Poison("unreadable", b"\x1f\x8b" + changed()),
        Poison("schema_broken", b"[]"),
        Poison("schema_broken", b"null"),
        Poison("schema_broken", b"1e400"),
        Poison("schema_broken", b"{}"),
        Poison("schema_broken", changed(id="")),
        Poison("schema_broken", changed(time="2024-05-11T09:30:00")),
        Poison("schema_broken", changed(authid=None)),
        Poison("schema_broken", retyped("case.rated", {"by": "nobody"})),
        Poison("schema_broken", retyped("team.formed", {})),
        Poison("schema_broken", changed(data=7)),
        Poison("too_large", changed(data={"text": "长" * (limits.LEDGER_BYTES // 3)})),
        Poison("too_deep", changed(data=deep)),
        Poison("too_deep", b"[" * 100_000),
        Poison("nul_character", changed(data={"text": "a\0b"})),
        Poison("key_mismatch", changed(), b"case/another"),
        Poison("key_mismatch", changed(), None),
        Poison("key_mismatch", changed(), b"\xff\xfe"),
        Poison("partition_mismatch", changed(), beside=5),
        Poison("future", changed(time=future)),
        Poison("time_out_of_bounds", changed(time="1969-12-31T23:59:59Z")),
        Poison("time_out_of_bounds", changed(time="9999-12-31T23:59:59Z")),
        Poison("unsealed", retyped("case.replied", {"text": "明文"})),
        Poison("id_reused", orjson.dumps(orjson.loads(_good(0).value) | {"time": "2024-01-01T00:00:00Z"})),
        Poison(None, retyped("case.not_invented_yet", {"at": [1, 2, 3]})),
        Poison(None, retyped("case.looked_up", {"who": "of a later version"}, version=99)),
        Poison(None, retyped("case.tabs\tand\\N\nlines", {"any": "\t\\."})),
    ]


def _verdicts(scene: Scene) -> dict[tuple[int, int], str]:
    rows = scene.query("select partition, ledger_offset, reason from shanzhi.quarantine")
    return {(partition, offset): reason for partition, offset, reason in rows}


def _generation(scene: Scene) -> str:
    return str(scene.query("select generation from shanzhi.current")[0][0])
