"""One process of the tests: a worker, a leader, or a fresh fold compared with the tables; folds may be changed.

Run as `python -m tests.faults.process worker|clock|decider|relay|compare|rebuild` with `Options` as JSON.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from tests.soak import IS_SOAK

MASTER_KEY = bytes(range(64))


class KillPoint(Struct, frozen=True):
    """A rebuild is killed at the so-many-th time that it reports a step, or before it commits a switch; or frozen
    there for some seconds."""

    step: str
    time: int = 1
    with_index: bool = False
    processes: int = 1
    frozen_seconds: float = 0.0

    def __str__(self) -> str:
        return f"{self.step} {self.time}{' --index' if self.with_index else ''}, {self.processes} processes"


class Options(Struct, frozen=True):
    """What differs from an ordinary worker; `case_version` 2 counts every dispatch of a worker's day twice.

    `is_hasty`: what it waits for on a bad day (the end of a session, of a transaction, an answer) it gives up sooner,
    so that tests wait less. The soak has the time-outs of production.
    """

    kafka_bootstrap: str
    database_url: str
    is_hasty: bool = not IS_SOAK
    lanes: int = 2
    watchdog_seconds: float | None = None
    case_version: int = 1
    probe_port: int | None = None
    kill_points: tuple[KillPoint, ...] = ()


class Compared(Struct, frozen=True):
    """What `audit.verify` found, from another process."""

    records: int
    digests: dict[str, str]
    differences: list[str]


def _change_case_fold(version: int) -> None:
    """Before `projections.families` is imported, which takes version and contribution from the module."""
    from projections import case
    from projections.case_tallies import worker_day
    from projections.family import Share

    contribute = case.contribute

    def changed(state: case.Case) -> Iterator[Share]:
        for share in contribute(state):
            is_doubled = share.tally is worker_day
            yield Share(share.tally, share.key, tuple(2 * one for one in share.values)) if is_doubled else share

    module: Any = case
    module.VERSION, module.contribute = case.VERSION + version - 1, changed


def _hasten() -> None:
    """Shorter time-outs, each in the same place among the others."""
    from processors import batches, leader
    from projections.store import connection

    batches.REQUEST_SECONDS = 7.0  # more than a session
    leader.FROZEN_SECONDS = 4
    session: Any = connection._SESSION
    session |= {"idle_in_transaction_session_timeout": "5s", "transaction_timeout": "5s"}


def _work(options: Options) -> int:
    from processors import health, worker
    from shanzhi.logging import configure

    configure("info", "json")
    if options.watchdog_seconds is not None:
        health.WATCHDOG_SECONDS = options.watchdog_seconds
    return worker.run(
        kafka_bootstrap=options.kafka_bootstrap,
        database_url=options.database_url,
        lanes=options.lanes,
        probe_port=options.probe_port,
    )


def _clock(options: Options) -> int:
    from processors.clock.clock import run
    from shanzhi.logging import configure

    configure("info", "json")
    return run(kafka_bootstrap=options.kafka_bootstrap, database_url=options.database_url)


def _decider(options: Options) -> int:
    from ledger.vault import Vault
    from processors.decider.process import run
    from shanzhi.logging import configure

    configure("info", "json")
    return run(database_url=options.database_url, vault=Vault(options.database_url, MASTER_KEY))


def _relay(options: Options) -> int:
    from processors.relay import Relay
    from shanzhi.logging import configure

    configure("info", "json")
    return Relay(options.kafka_bootstrap, options.database_url).run("127.0.0.1", None)


def _compare(options: Options) -> int:
    from audit.verify import verify

    found = verify(options.kafka_bootstrap, options.database_url)
    print(msgspec.json.encode(Compared(found.records, found.digests, found.told())).decode())
    return 0


def _rebuild(options: Options) -> int:
    """Rebuilds that are killed one after the other, each a process of its own; without any, two whole ones."""
    from audit.rebuild import rebuild

    for with_index in () if options.kill_points else (False, True):
        made = rebuild(options.database_url, options.kafka_bootstrap, processes=2, with_index=with_index)
        told = {"event": "rebuilt", "generation": made.generation, "dropped": made.dropped}
        print(msgspec.json.encode(told).decode(), flush=True)
    for point in options.kill_points:
        pid = os.fork()
        if pid == 0:
            _rebuild_until(options, point)
            os._exit(0)  # it went past the point
        _, status = os.waitpid(pid, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            print(msgspec.json.encode({"event": "frozen", "point": str(point)}).decode(), flush=True)
            time.sleep(point.frozen_seconds)
            os.kill(pid, signal.SIGCONT)
            _, status = os.waitpid(pid, 0)
        print(msgspec.json.encode({"event": "killed", "point": str(point), "status": status}).decode(), flush=True)
    return 0


def _rebuild_until(options: Options, point: KillPoint) -> None:
    from audit.rebuild import Step, building, catching_up, index, rebuild
    from audit.rebuild.index import put_in_place
    from projections.store.generation import hand_over

    seen = list[str]()
    tables: Any = catching_up
    own_index: Any = index

    def report(step: Step) -> None:
        seen.append(step.name)
        if seen.count(point.step) == point.time:
            os.kill(os.getpid(), signal.SIGSTOP if point.frozen_seconds else signal.SIGKILL)

    def hand_over_and_report(cursor: Any, generation: str) -> None:
        hand_over(cursor, generation)
        report(Step("handed over"))  # type: ignore[arg-type]

    def put_in_place_and_report(cursor: Any) -> None:
        put_in_place(cursor)
        report(Step("put in place"))  # type: ignore[arg-type]

    if options.is_hasty and point.frozen_seconds:
        building._HELD_SECONDS = 8
    tables.hand_over, own_index.put_in_place = hand_over_and_report, put_in_place_and_report
    rebuild(
        options.database_url,
        options.kafka_bootstrap,
        processes=point.processes,
        with_index=point.with_index,
        report=report,
    )


def run(part: str, options: Options) -> int:
    """What one of these processes does; its exit code."""
    if options.is_hasty:
        _hasten()
    parts = {
        "worker": _work,
        "clock": _clock,
        "decider": _decider,
        "relay": _relay,
        "compare": _compare,
        "rebuild": _rebuild,
    }
    return parts[part](options)


if __name__ == "__main__":
    given = msgspec.json.decode(sys.argv[2], type=Options)
    if given.case_version != 1:
        _change_case_fold(given.case_version)
    sys.exit(run(sys.argv[1], given))
