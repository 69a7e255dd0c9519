"""How long it takes from a case in the tables until its dispatch is there too: decided, acknowledged, folded."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from typing import Any, NamedTuple

import orjson

from ledger.injected_time import utc_now
from ledger.postgres import Session
from producers.gateway.modes import BATCH_EVENTS
from producers.simulator.founding import county
from producers.simulator.registry import entries
from shanzhi.bench.door import open_door
from shanzhi.bench.load import Load, Sent, percentile_ms
from shanzhi.bench.looks import Look, Looks, Place, seen_at
from shanzhi.endpoints import Report
from shanzhi.settings import Settings

SOURCE = "urn:bench:dispatch"
CONNECTIONS = 16
_WARM_CASES = 100
_PATIENCE_SECONDS = 30.0
_ANSWERED = """
    select asked.partition, asked.ledger_offset, made.partition, made.ledger_offset,
        extract(epoch from made.published_at)::float8
    from shanzhi.request asked
    join shanzhi.outbox made on made.subject = asked.subject and made.source = 'urn:shanzhi:decider'
    where asked.kind = 'dispatch' and made.published_at is not null
"""


class Answered(NamedTuple):
    """Partition and offset of a case and of its dispatch, and when the ledger had that (seconds since 1970)."""

    case: Place
    dispatch: Place
    acknowledged_at: float


def bench_dispatch(settings: Settings, per_second: int, seconds: int, report: Report) -> dict[str, Any]:
    """At a steady pace on new servers, all processes running; p50 and p99 of (dispatch seen − case seen).

    `acknowledged_…` are those of (dispatch in the ledger − case seen): what decider and relay take of it.
    """
    places, grids = _county()
    cases = _cases(grids, _WARM_CASES + per_second * seconds)
    with open_door(settings, frozenset({SOURCE}), report) as door, Looks(door.running.endpoints.database_url) as looks:
        url = door.running.endpoints.database_url
        load = Load(door.running.gateway, door.key, CONNECTIONS)
        known = asyncio.run(load.batches(places, BATCH_EVENTS))
        _until_seen(looks, [(partition, offset) for partition, offset, _ in known.acknowledged])
        warm = asyncio.run(load.singles(cases[:_WARM_CASES], per_second))
        _wait(url, _WARM_CASES, door.running.tend)
        report(f"每秒 {per_second} 件 · {per_second} cases a second for {seconds} s")
        sent = asyncio.run(load.singles(cases[_WARM_CASES:], per_second))
        answered = _wait(url, len(cases), door.running.tend)
        _until_seen(looks, [one.dispatch for one in answered])
        figures = _figures(_measured(answered, warm), looks.seen)
    return {
        "cases": len(sent.acknowledged),
        "cases_per_second": round(sent.per_second, 1),
        **figures,
        "dispatched": len(answered),
        "exact": len(answered) == len(cases),
        "cpu_count": os.cpu_count(),
    }


def _county() -> tuple[list[bytes], list[str]]:
    """The places of the simulated county as they are sent, and its grids."""
    told = [one for one in entries(county()) if one.type in ("place.registered", "place.staffed")]
    began = utc_now() - timedelta(hours=1)
    events = [
        _event(f"place-{number}", one.type, one.subject, one.data, began + timedelta(milliseconds=number))
        for number, one in enumerate(told)
    ]
    return events, [one.subject for one in told if one.data.get("level") == "grid"]


def _cases(grids: Sequence[str], count: int) -> list[bytes]:
    data = {"channel": "hotline", "demand": "complaint", "category": "停车管理", "urgency": "ordinary", "text": "占道"}
    return [
        _event(
            f"case-{number}", "case.discovered", f"case/bench-{number}",
            data | {"place": grids[number * 7 % len(grids)]}, utc_now(),
        )
        for number in range(count)
    ]  # fmt: skip


def _event(id_: str, type_: str, subject: str, data: Mapping[str, Any], at: Any) -> bytes:
    return orjson.dumps(
        {
            "specversion": "1.0", "id": id_, "source": SOURCE, "type": type_, "subject": subject,
            "time": at.isoformat(), "authid": "unit/bench", "data": data,
        }
    )  # fmt: skip


def _wait(url: str, cases: int, tend: Any) -> list[Answered]:
    """Until so many cases were dispatched, or patience is over."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    with closing(Session(url, "shanzhi bench")) as session:
        while True:
            answered = session.ask(_answered)
            if len(answered) >= cases or time.monotonic() > deadline:
                return answered
            tend()
            time.sleep(0.1)


def _answered(cursor: Any) -> list[Answered]:
    cursor.execute(_ANSWERED)
    return [Answered((row[0], row[1]), (row[2], row[3]), row[4]) for row in cursor.fetchall()]


def _until_seen(looks: Looks, places: Sequence[Place]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not all(looks.latest().get(partition, 0) > offset for partition, offset in places):
        if time.monotonic() > deadline:
            return
        time.sleep(0.05)


def _measured(answered: Sequence[Answered], warm: Sent) -> list[Answered]:
    """Without those that were sent to warm up."""
    first = {(partition, offset) for partition, offset, _ in warm.acknowledged}
    return [one for one in answered if one.case not in first]


def _figures(answered: Sequence[Answered], seen: list[Look]) -> dict[str, Any]:
    cases, dispatches = seen_at([one.case for one in answered], seen), seen_at([one.dispatch for one in answered], seen)
    took = [dispatches[one.dispatch] - cases[one.case] for one in answered if one.dispatch in dispatches]
    began = time.time() - time.monotonic()  # looks are monotonic seconds
    acknowledged = [one.acknowledged_at - began - cases[one.case] for one in answered if one.case in cases]
    return {
        "p50_ms": percentile_ms(took, 0.5),
        "p99_ms": percentile_ms(took, 0.99),
        "acknowledged_p50_ms": percentile_ms(acknowledged, 0.5),
        "acknowledged_p99_ms": percentile_ms(acknowledged, 0.99),
    }
