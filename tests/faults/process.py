"""One process of the tests: a worker, a leader, or a fresh fold compared with the tables; folds may be changed.

Run as `python -m tests.faults.process worker|clock|decider|relay|compare` with `Options` as JSON.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

MASTER_KEY = bytes(range(64))


class Options(Struct, frozen=True):
    """What differs from an ordinary worker; `case_version` 2 counts every dispatch of a worker's day twice."""

    kafka_bootstrap: str
    database_url: str
    lanes: int = 2
    watchdog_seconds: float | None = None
    case_version: int = 1
    probe_port: int | None = None


class Compared(Struct, frozen=True):
    """`projections.store.refold.Comparison`, from another process."""

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
    from projections.store.refold import compare

    found = compare(options.kafka_bootstrap, options.database_url)
    print(msgspec.json.encode(Compared(found.records, found.digests, found.differences)).decode())
    return 0


if __name__ == "__main__":
    given = msgspec.json.decode(sys.argv[2], type=Options)
    if given.case_version != 1:
        _change_case_fold(given.case_version)
    parts = {"worker": _work, "clock": _clock, "decider": _decider, "relay": _relay, "compare": _compare}
    sys.exit(parts[sys.argv[1]](given))
