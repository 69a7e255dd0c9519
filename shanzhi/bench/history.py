"""Whether an event costs the same whatever came before it: one worker reads a unit of events, each time behind a
longer history."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import islice
from typing import Any, NamedTuple

from ledger.writer import Writer
from producers import Publisher
from producers.simulator import Arrival, first
from projections.store.connection import connect
from shanzhi.bench.live import Show, drain
from shanzhi.endpoints import Report, prepare, serve
from shanzhi.feeding import Fed, Feeder
from shanzhi.keys import vault_of
from shanzhi.settings import Settings
from shanzhi.stack import Endpoints

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
        for times in TIMES:
            for events, is_measured in ((unit * times - fed.records, False), (unit, True)):
                history = fed.records
                _publish(settings, endpoints, islice(arrivals, events), fed, show)
                report(f"处理 · workers read {fed.records - history:,} behind {history:,}")
                figures = drain(settings, endpoints, 1, fed, report)
                is_exact &= figures["exact"]
                if is_measured:
                    sizes = _sizes(endpoints.database_url)
                    stages.append(Stage(history, figures["events_per_second"], figures["peak_mib"], *sizes))
        return {
            "unit": unit,
            "stages": [one._asdict() for one in stages],
            "rate_to_first": [round(one.events_per_second / stages[0].events_per_second, 2) for one in stages],
            "exact": is_exact,
        }


def all_events(unit: int) -> int:
    """How many events the whole bench publishes."""
    return unit * (TIMES[-1] + 1)


def _publish(settings: Settings, endpoints: Endpoints, arrivals: Iterator[Arrival], fed: Fed, show: Show) -> None:
    vault = vault_of(settings, endpoints.database_url)
    with Publisher(endpoints.kafka_bootstrap, vault) as publisher, Writer(endpoints.kafka_bootstrap) as writer:
        feeder = Feeder(arrivals, publisher, writer)
        feeder.fed = fed
        feeder.run(show)


def _sizes(database_url: str) -> tuple[int, int]:
    with closing(connect(database_url, "shanzhi bench")) as connection, connection, connection.cursor() as cursor:
        cursor.execute(_SIZES)
        database, index = cursor.fetchone()
        return database, index
