"""Whether an event costs the same whatever came before it: one worker reads a unit of events, each time behind a
longer history."""

from __future__ import annotations

from contextlib import ExitStack, closing
from itertools import islice
from typing import Any, NamedTuple

from producers.simulator import first
from projections.store.connection import connect
from shanzhi.bench.live import Show, drain, publish
from shanzhi.endpoints import Report, prepare, serve
from shanzhi.feeding import Fed
from shanzhi.settings import Settings

TIMES = (1, 10, 50)
_SIZES = (
    "select pg_database_size(current_database()), coalesce(sum(pg_total_relation_size(child.oid)), 0)::bigint "
    "from pg_inherits join pg_class child on child.oid = inhrelid where inhparent = 'shanzhi.event_index'::regclass"
)


class Stage(NamedTuple):
    """What the tables held (records, bytes of all and of the event index), and how fast a unit on top was read."""

    history: int
    events_per_second: int
    peak_mib: float
    database_bytes: int
    index_bytes: int


def bench_history(settings: Settings, unit: int, report: Report, show: Show) -> dict[str, Any]:
    """On new servers in the settings' folder. Each stage fills up to so many units, and measures one more."""
    with ExitStack() as servers:
        endpoints, _ = servers.enter_context(serve(settings, report))
        prepare(endpoints, settings.replicas)
        arrivals, fed, stages, is_exact = first(all_events(unit)), Fed(), [], True

        def read_on(events: int) -> dict[str, Any]:
            history = fed.records
            publish(settings, endpoints, islice(arrivals, events), show, fed)
            report(f"处理 · workers read {fed.records - history:,} behind {history:,}")
            return drain(settings, endpoints, 1, fed, report)

        for times in TIMES:
            filled, history = read_on(unit * times - fed.records), fed.records
            measured = read_on(unit)
            sizes = _sizes(endpoints.database_url)
            stages.append(Stage(history, measured["events_per_second"], measured["peak_mib"], *sizes))
            is_exact &= filled["exact"] and measured["exact"]
        return {
            "unit": unit,
            "stages": [one._asdict() for one in stages],
            "rate_to_first": [round(one.events_per_second / stages[0].events_per_second, 2) for one in stages],
            "exact": is_exact,
        }


def all_events(unit: int) -> int:
    """How many events the whole bench publishes."""
    return unit * (TIMES[-1] + 1)


def _sizes(database_url: str) -> tuple[int, int]:
    with closing(connect(database_url, "shanzhi bench")) as connection, connection, connection.cursor() as cursor:
        cursor.execute(_SIZES)
        database, index = cursor.fetchone()
        return database, index
